"""What a therapist notes of a session: what was done, what was felt, what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from services.care.recommend import FollowUp
from services.care.units import units


@dataclass(frozen=True, slots=True, order=True)
class Score:
    """Of an outcome measure; `detail` is the joint and movement, or the activity, as a code."""

    measure: str
    detail: str
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Pain 0 to 10, pressure 1 to 5 (Walton)."""

    pain_before: int
    pain_after: int
    pressure: int
    techniques: Sequence[str] = ()
    areas: Sequence[str] = ()
    minutes: int | None = None
    """Hands on; None is the whole session."""
    cpt: str | None = None
    units: int | None = None
    """By the 8-minute rule; None is as many as the minutes make."""
    measures: tuple[Score, ...] = ()
    item_9: int | None = field(default=None, repr=False)
    """PHQ-9's last item, 0 to 3; above 0 somebody at the clinic has to look."""
    note: str = field(default="", repr=False)
    follow_up: FollowUp | None = None
    recommendation: str = field(default="", repr=False)

    def settled(self, session_minutes: int) -> Note:
        """With all that follows from the rest, so that the same note is equal however it was said."""
        minutes = session_minutes if self.minutes is None else self.minutes
        return replace(
            self,
            techniques=list(self.techniques),
            areas=list(self.areas),
            minutes=minutes,
            units=units(minutes),
            measures=tuple(sorted(self.measures)),
        )
