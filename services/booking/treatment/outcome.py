"""What became of pain and of each other measure over a series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from services.care.measures import MEASURES, Measure
from services.care.recommend import Draft, FollowUp, draft
from services.care.trend import Status, Trend, trend

PAIN = MEASURES["nprs"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`change` is negative when there is less pain; all are None before the first visit was kept."""

    first_pain: int | None = None
    last_pain: int | None = None
    change: int | None = None
    status: Status | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What one visit that took place shows; `scores` are (measure, detail, value)."""

    number: int
    starts_at: datetime
    ends_at: datetime
    pain_before: int
    pain_after: int
    scores: Sequence[tuple[str, str, Decimal]] = ()
    follow_up: FollowUp | None = None
    """What its therapist suggests."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A score, and the visit at which it was taken."""

    number: int
    at: datetime
    value: Decimal


@dataclass(frozen=True, slots=True)
class Course:
    """One measure over a series; `detail` is the joint and movement, or the activity."""

    measure: Measure
    detail: str
    taken: tuple[Taken, ...]
    trend: Trend

    @property
    def label(self) -> str:
        return f"{self.measure.code}_{self.detail}".rstrip("_")


def judge(pains: Sequence[tuple[int, int]]) -> Outcome:
    """From (before, after) of each visit kept, in order: before each visit, and after the last."""
    judged = trend(PAIN, _pains(pains))
    if judged is None:
        return Outcome()
    return Outcome(int(judged.first), int(judged.last), int(judged.change), judged.status)


def courses(noted: Sequence[Noted]) -> list[Course]:
    """Pain first, then by the table of measures; one that is no longer in it is left out. Visits in order of time."""
    return list(_courses(noted))


def drafted(noted: Sequence[Noted], planned: int) -> Draft:
    """The follow-up of the newest note; where it gives none, the one that the measures suggest."""
    said = noted[-1].follow_up if noted else None
    return Draft(said, ()) if said else _suggested(noted, planned)


def is_signed(signed_at: datetime | None, noted: Sequence[Noted]) -> bool:
    """Whether a signature counts: until another visit takes place."""
    return signed_at is not None and all(one.starts_at <= signed_at for one in noted)


def _suggested(noted: Sequence[Noted], planned: int) -> Draft:
    return draft({one.label: (one.measure, one.trend) for one in courses(noted)}, len(noted), planned)


def _courses(noted: Sequence[Noted]) -> Iterator[Course]:
    found: dict[tuple[str, str], list[Taken]] = {(PAIN.code, ""): _pain_taken(noted)}
    for one in noted:
        for measure, detail, value in one.scores:
            found.setdefault((measure, detail), []).append(Taken(one.number, one.starts_at, value))
    order = list(MEASURES)
    for code, detail in sorted(
        (key for key in found if key[0] in MEASURES), key=lambda key: (order.index(key[0]), key)
    ):
        taken = found[code, detail]
        judged = trend(MEASURES[code], [each.value for each in taken])
        if judged:
            yield Course(MEASURES[code], detail, tuple(taken), judged)


def _pain_taken(noted: Sequence[Noted]) -> list[Taken]:
    """As it was before each visit, and after the last: what the series did, not what one session does."""
    taken = [Taken(one.number, one.starts_at, Decimal(one.pain_before)) for one in noted]
    return taken + [Taken(one.number, one.ends_at, Decimal(one.pain_after)) for one in noted[-1:]]


def _pains(pains: Sequence[tuple[int, int]]) -> list[Decimal]:
    return [Decimal(before) for before, _ in pains] + [Decimal(after) for _, after in pains[-1:]]
