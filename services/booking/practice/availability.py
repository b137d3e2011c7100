"""When the practice is open and when it is busy, and the planning problem that follows for an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from services.booking.orders.ledger import Ledger
from services.booking.planning import parts
from services.booking.planning.checks import MOST_DAYS
from services.booking.planning.parts import Before, Cadence, GapDays, Kept, Weights, Window
from services.booking.planning.problem import Problem
from services.booking.planning.spans import NO_SPANS, Spans
from services.booking.planning.wallclock import DAY, QUARTER, Minutes, WallClock, midnight
from services.booking.practice import travel
from services.booking.practice.location import Practice, Therapist
from services.booking.practice.matching import who_may_treat
from services.booking.practice.needs import NO_NEEDS, Needs
from services.booking.practice.night import apart_at_night
from services.booking.practice.opening import open_dates, open_spans
from services.booking.practice.travel import Claims
from services.contracts.referrals import OrderTerms

WEIGHTS = Weights(spacing=10, switch=40, preferred=25, drift=1, wait=4, therapist=15)
LOOK_AHEAD = timedelta(days=28)
"""How far beyond the last date asked for a relaxation may look."""
FURTHEST = timedelta(days=MOST_DAYS)
"""An order may be valid for longer; its visits are planned within this time."""


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
    before: Before | None = None
    """The visit just before the first, already held."""
    location: int | None = None
    """None is where the series is best."""
    therapist_sex: str | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """The local dates between which a series may lie, and how far to look for relaxations."""

    earliest: date
    first_by: date | None
    latest: date
    horizon: date


def period(practice: Practice, terms: OrderTerms, ledger: Ledger, wish: Wish) -> Period:
    """No date in the past, none outside the order or beyond the clinic's horizon, none further off than the planner
    looks; the order's `start_by` binds until a visit is booked."""
    earliest = max(wish.earliest or practice.today, practice.today, terms.earliest_on or practice.today)
    latest = min(wish.latest or terms.valid_until, terms.valid_until, practice.horizon, _furthest(earliest))
    looked_at = max(latest, min(latest + LOOK_AHEAD, practice.horizon))
    return Period(earliest, terms.start_by if ledger.untouched else None, latest, looked_at)


def _furthest(earliest: date) -> date:
    return min(earliest, date.max - LOOK_AHEAD - FURTHEST) + FURTHEST


def before(practice: Practice, when: Period, gap: GapDays, at: datetime, therapist: int) -> Before | None:
    """An earlier visit, as the one that a series of that period goes on from; None where the gap forbids it."""
    held = at.astimezone(practice.zone)
    fits = held.date() + timedelta(gap.max) >= when.earliest and held.date() + timedelta(gap.min) <= when.latest
    return Before(held.date(), held.time(), therapist) if fits else None


def usual_gap(terms: OrderTerms) -> GapDays:
    """Around the order's own rhythm: two a week, 3.5 days apart, may be 2 to 6 days apart."""
    days, visits = terms.cadence_days, terms.cadence_visits
    return GapDays(max(1, days * 3 // (visits * 5)), max(1, -(days * 8 // -(visits * 5))))


def problem(
    practice: Practice,
    terms: OrderTerms,
    when: Period,
    visits: int,
    patient: int,
    claims: Claims,
    wish: Wish,
    needs: Needs = NO_NEEDS,
) -> Problem:
    """Raises `ProblemError` where wish and order contradict each other."""
    busy = Busy(practice.zone, claims, when.earliest, when.horizon)
    therapists, gap = _therapists(practice, terms, when, busy, needs), wish.gap_days or usual_gap(terms)
    return Problem(
        timezone=practice.timezone,
        earliest=when.earliest,
        first_by=when.first_by,
        latest=when.latest,
        visits=visits,
        session_minutes=terms.session_minutes,
        cadence=Cadence(terms.cadence_visits, terms.cadence_days),
        gap_days=gap,
        therapists=apart_at_night(therapists) if visits > 1 and gap.min == 1 else therapists,
        rooms=None
        if terms.home_visit
        else tuple(parts.Room(room, busy.of(room)) for room in practice.rooms_with(terms.equipment)),
        patient=parts.Patient(busy.of(patient), wish.possible, wish.preferred, wish.therapist),
        weights=wish.weights,
        alternatives=wish.alternatives,
        kept=wish.kept,
        before=wish.before,
    )


def _therapists(
    practice: Practice, terms: OrderTerms, when: Period, busy: Busy, needs: Needs
) -> tuple[parts.Therapist, ...]:
    dates = open_dates(practice, when.earliest, when.horizon)
    return tuple(
        parts.Therapist(
            id=one.id,
            name=one.name,
            buffer_minutes=practice.policy.buffer(one.buffer_minutes, terms.session_minutes),
            open=_open(practice, one, dates, terms, needs),
            busy=busy.of(one.id),
        )
        for one in who_may_treat(practice, terms, needs)
    )


def _open(practice: Practice, one: Therapist, dates: Minutes, terms: OrderTerms, needs: Needs) -> Spans:
    spans = open_spans(practice, one, dates, at_home=terms.home_visit, way=way(practice, one, terms, needs))
    minutes = np.maximum(spans.minutes, first_minute(practice))
    return Spans(minutes[minutes[:, 0] < minutes[:, 1]])


def way(practice: Practice, one: Therapist, terms: OrderTerms, needs: Needs) -> int:
    """Minutes from a therapist's base to the patient's home; none at the clinic."""
    return travel.minutes(one.base, needs.home, practice.policy) if terms.home_visit else 0


def first_minute(practice: Practice) -> int:
    """The first wall-clock minute at which a visit can still be booked."""
    soonest = (practice.now + practice.policy.minimum_notice).astimezone(practice.zone)
    return midnight(soonest.date()) + soonest.hour * 60 + soonest.minute + 1


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
