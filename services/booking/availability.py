"""When the practice is open and when it is busy, and the planning problem that follows for an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from services.booking.ledger import Ledger
from services.booking.planning import parts
from services.booking.planning.checks import MOST_DAYS
from services.booking.planning.parts import Cadence, GapDays, Kept, Weights, Window
from services.booking.planning.problem import Problem
from services.booking.planning.spans import NO_SPANS, Spans
from services.booking.planning.wallclock import DAY, QUARTER, Minutes, WallClock, midnight
from services.booking.practice import Closure, Practice, Therapist
from services.contracts.referrals import OrderTerms

Claims = Mapping[int, Minutes]
"""What each resource is taken for: (n, 2) minutes of UTC since 1970-01-01T00:00."""

WEIGHTS = Weights(spacing=10, switch=40, preferred=25, drift=1, wait=4, therapist=15)
LOOK_AHEAD = timedelta(days=28)
"""How far beyond the last date asked for a relaxation may look."""
FURTHEST = timedelta(days=MOST_DAYS)
"""An order may be valid for longer; its visits are planned within this time."""
_THURSDAY = 3  # 1970-01-01


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the desk asks of a plan; what is None follows from the order."""

    visits: int | None = None
    earliest: date | None = None
    latest: date | None = None
    possible: tuple[Window, ...] | None = None
    preferred: tuple[Window, ...] = ()
    therapist: int | None = None
    gap_days: GapDays | None = None
    weights: Weights = WEIGHTS
    alternatives: int = 20
    kept: Mapping[int, Kept] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Period:
    """The local dates between which a series may lie, and how far to look for relaxations."""

    earliest: date
    first_by: date | None
    latest: date
    horizon: date


def period(practice: Practice, terms: OrderTerms, ledger: Ledger, wish: Wish) -> Period:
    """No date in the past, none after the order's end, none further off than the planner looks; the order's
    `start_by` binds until a visit is booked."""
    earliest = max(wish.earliest or practice.today, practice.today)
    latest = min(wish.latest or terms.valid_until, terms.valid_until, _furthest(earliest))
    return Period(earliest, terms.start_by if ledger.untouched else None, latest, latest + LOOK_AHEAD)


def _furthest(earliest: date) -> date:
    return min(earliest, date.max - LOOK_AHEAD - FURTHEST) + FURTHEST


def usual_gap(terms: OrderTerms) -> GapDays:
    """Around the order's own rhythm: two a week, 3.5 days apart, may be 2 to 6 days apart."""
    days, visits = terms.cadence_days, terms.cadence_visits
    return GapDays(max(1, days * 3 // (visits * 5)), max(1, -(days * 8 // -(visits * 5))))


def problem(
    practice: Practice, terms: OrderTerms, when: Period, visits: int, patient: int, claims: Claims, wish: Wish
) -> Problem:
    """Raises `ProblemError` where wish and order contradict each other."""
    dates = _open_dates(practice.closures, when.earliest, when.horizon)
    busy = Busy(practice.zone, claims, when.earliest, when.horizon)
    now = practice.now.astimezone(practice.zone)
    minute = midnight(now.date()) + now.hour * 60 + now.minute + 1
    return Problem(
        timezone=practice.timezone,
        earliest=when.earliest,
        first_by=when.first_by,
        latest=when.latest,
        visits=visits,
        session_minutes=terms.session_minutes,
        cadence=Cadence(terms.cadence_visits, terms.cadence_days),
        gap_days=wish.gap_days or usual_gap(terms),
        therapists=tuple(
            parts.Therapist(one.id, one.buffer_minutes, open_spans(one, dates, minute), busy.of(one.id), one.name)
            for one in practice.who_may_treat(terms.techniques)
        ),
        rooms=None if terms.home_visit else tuple(parts.Room(room, busy.of(room)) for room in practice.rooms),
        patient=parts.Patient(busy.of(patient), wish.possible, wish.preferred, wish.therapist),
        weights=wish.weights,
        alternatives=wish.alternatives,
        kept=wish.kept,
    )


def open_spans(therapist: Therapist, dates: Minutes, not_before: int = 0) -> Spans:
    """Weekly hours on those of the dates (counted from 1970-01-01) that the licence covers.

    What lies before the wall-clock minute `not_before` is cut off.
    """
    dates = dates[dates * DAY <= midnight(therapist.licensed_until)]
    spans = [NO_SPANS.minutes]
    for opening in therapist.openings:
        midnights = dates[(dates + _THURSDAY) % 7 == opening.weekday] * DAY
        hours = [at.hour * 60 + at.minute for at in (opening.opens, opening.closes)]
        spans.append(midnights[:, None] + np.array(hours, np.int64))
    minutes = np.maximum(np.concatenate(spans), not_before)
    return Spans(minutes[minutes[:, 0] < minutes[:, 1]])


def _open_dates(closures: Sequence[Closure], first: date, last: date) -> Minutes:
    dates = np.arange(midnight(first) // DAY, midnight(last) // DAY + 1, dtype=np.int64)
    for closure in closures:
        begin, end = midnight(closure.first_on) // DAY, midnight(closure.last_on) // DAY
        dates = dates[(dates < begin) | (dates > end)]
    return dates


class Busy:
    """Claims as the wall clock shows them, between two dates.

    An end inside a doubled hour is read as that hour's second end, because local time cannot say
    which of the two is meant: rather busy too long than too short.
    """

    def __init__(self, zone: ZoneInfo, claims: Claims, first: date, last: date) -> None:
        days = (last - first).days + 2
        starts = WallClock(zone, first, first + timedelta(days)).starts(first, days)
        self._claims = claims
        self._at = starts.at
        self._wall = midnight(first) + starts.day * DAY + starts.quarter * QUARTER
        doubled = np.isin(self._wall, self._wall[starts.again])
        after = np.where(doubled, len(doubled) - 1, np.arange(len(doubled)))
        self._settled = np.minimum.accumulate(after[::-1])[::-1]
        self._doubled = doubled

    def of(self, resource: int) -> Spans:
        claims = self._claims.get(resource, NO_SPANS.minutes)
        claims = np.clip(claims, self._at[0], self._at[-1] + QUARTER)
        cell = np.searchsorted(self._at, claims, "right") - 1
        wall = self._wall[cell] + claims - self._at[cell]
        ends = cell[:, 1]
        wall[:, 1] = np.where(self._doubled[ends], self._wall[self._settled[ends]], wall[:, 1])
        return Spans(wall)
