"""A visit as pages show it, and what can be done with it now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

OPEN = frozenset({"booked", "confirmed", "arrived"})


@dataclass(frozen=True, kw_only=True)
class Visit:
    """`start`, `end` and `now` are local where the visit takes place."""

    id: str
    number: int
    status: str
    version: int
    start: datetime
    end: datetime
    therapist: str
    room: str
    now: datetime
    cancelled_by: str | None = None
    cancel_reason: str | None = None
    late: bool = False

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def has_begun(self) -> bool:
        return self.start <= self.now

    @property
    def can_arrive(self) -> bool:
        return self.status in ("booked", "confirmed") and self.start.date() == self.now.date()

    @property
    def can_be_confirmed(self) -> bool:
        return self.status == "booked" and self.now < self.end

    @property
    def can_be_missed(self) -> bool:
        return self.status in ("booked", "confirmed") and self.has_begun

    @property
    def can_be_restored(self) -> bool:
        return self.status in ("cancelled", "missed")

    @property
    def can_be_noted(self) -> bool:
        return self.is_open and self.has_begun


@dataclass(frozen=True)
class Scope:
    """What one choice of `scope` calls off; `late` visits are those that a patient would cancel late."""

    code: str
    visits: int
    late: int


def scopes(visit: Visit, series: Sequence[Visit], notice_hours: int) -> list[Scope]:
    """This visit, with those after it, with all that are to come; a choice that adds nothing is left out."""
    others = [one for one in series if one.id != visit.id and one.is_open and not one.has_begun]
    following = [one for one in others if one.start > visit.start]
    choices = [Scope("this", 1, _late([visit], notice_hours))]
    if following:
        choices.append(Scope("following", 1 + len(following), _late([visit, *following], notice_hours)))
    if len(others) > len(following):
        choices.append(Scope("all", 1 + len(others), _late([visit, *others], notice_hours)))
    return choices


def _late(visits: Sequence[Visit], notice_hours: int) -> int:
    return sum(one.start - one.now < timedelta(hours=notice_hours) for one in visits)
