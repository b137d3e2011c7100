"""Which visits may be booked at all, before anybody asks whether their time is still free."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.booking.orders.ledger import Ledger
from services.booking.practice.availability import way
from services.booking.practice.location import Practice, Therapist
from services.booking.practice.needs import NO_NEEDS, Needs
from services.booking.practice.opening import is_open
from services.booking.practice.travel import Claims
from services.contracts.referrals import OrderTerms

GRID_MINUTES = 15


@dataclass(frozen=True, slots=True)
class Wanted:
    """A visit that somebody asks for; `room` is None at the patient's home."""

    start_at: datetime
    therapist: int
    room: int | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A resource and the time that a visit takes of it."""

    resource: int
    begins: datetime
    ends: datetime


Mistake = tuple[str, str]
"""The field, and what to do about it."""


def mistakes(
    visits: Sequence[Wanted], practice: Practice, terms: OrderTerms, ledger: Ledger, needs: Needs = NO_NEEDS
) -> dict[str, dict[str, list[str]]]:
    """What is wrong with each visit, under its place in the list, by field."""
    found: dict[str, dict[str, list[str]]] = {}
    for index, visit in enumerate(visits):
        of_visit = [*_of_place(visit, practice, terms), *_of_time(visit, practice, terms)]
        of_visit += _of_therapist(visit, practice, terms, needs)
        of_visit += _of_series(visits, index, practice, terms, ledger)
        for field, hint in of_visit:
            found.setdefault(str(index), {}).setdefault(field, []).append(hint)
    return found


def _of_place(visit: Wanted, practice: Practice, terms: OrderTerms) -> Iterator[Mistake]:
    if terms.home_visit and visit.room is not None:
        yield "room", "The order is for visits at home: leave the room out."
    if not terms.home_visit and visit.room not in practice.rooms:
        yield "room", "Choose one of the clinic's rooms."
    elif not terms.home_visit and visit.room not in practice.rooms_with(terms.equipment):
        yield "room", "Choose a room with the equipment that the order asks for."


def _of_time(visit: Wanted, practice: Practice, terms: OrderTerms) -> Iterator[Mistake]:
    begins = visit.start_at.astimezone(practice.zone)
    if begins.minute % GRID_MINUTES or begins.second or begins.microsecond:
        yield "start_at", "Begin on the quarter-hour."
    if visit.start_at <= practice.now:
        yield "start_at", "Choose a time that is still to come."
    elif visit.start_at <= practice.now + practice.policy.minimum_notice:
        yield "start_at", "That is too soon: the clinic needs some notice."
    if begins.date() > terms.valid_until:
        yield "start_at", "The order is not valid on that day any more."
    elif begins.date() > practice.horizon:
        yield "start_at", "The clinic does not book that far ahead yet."
    if terms.earliest_on and begins.date() < terms.earliest_on:
        yield "start_at", "The order asks for a later first visit."
    if practice.is_closed(begins.date()):
        yield "start_at", "The clinic is closed on that day."


def _of_therapist(visit: Wanted, practice: Practice, terms: OrderTerms, needs: Needs) -> Iterator[Mistake]:
    begins, ends = (at.astimezone(practice.zone) for at in (visit.start_at, visit.start_at + _length(terms)))
    therapist = practice.therapist(visit.therapist)
    if therapist is None or not therapist.knows(terms.techniques):
        yield "therapist", "Choose a therapist of the clinic who knows the techniques asked for."
        return
    if terms.home_visit and not therapist.home_visits:
        yield "therapist", "Choose a therapist who makes home visits."
    if not practice.is_licensed(therapist, begins.date()):
        yield "therapist", "The therapist's licence is not in force on that day."
    elif not practice.is_closed(begins.date()) and not _is_open(practice, therapist, begins, ends, terms, needs):
        yield "start_at", "The visit lies outside the therapist's hours."


def _is_open(
    practice: Practice, one: Therapist, begins: datetime, ends: datetime, terms: OrderTerms, needs: Needs
) -> bool:
    to_patient = way(practice, one, terms, needs)
    return is_open(practice, one, begins, ends, at_home=terms.home_visit, way=to_patient)


def _of_series(
    visits: Sequence[Wanted], index: int, practice: Practice, terms: OrderTerms, ledger: Ledger
) -> Iterator[Mistake]:
    day, before = (_day(visits[at], practice) for at in (index, index - 1))
    if index and visits[index].start_at < visits[index - 1].start_at:
        yield "start_at", "Put the visits in order of time."
    elif index and day == before:
        yield "start_at", "One visit a day: choose another day."
    if index == 0 and ledger.untouched and terms.start_by and day > terms.start_by:
        yield "start_at", "The order asks for an earlier first visit."


def claims_of(visit: Wanted, patient: int, buffer_minutes: int, terms: OrderTerms) -> list[Claimed]:
    """Therapist and room are taken for session and buffer, the patient for the session."""
    ends = visit.start_at + _length(terms)
    free_again = ends + timedelta(minutes=buffer_minutes)
    claimed = [Claimed(visit.therapist, visit.start_at, free_again), Claimed(patient, visit.start_at, ends)]
    return claimed if visit.room is None else [*claimed, Claimed(visit.room, visit.start_at, free_again)]


def is_taken(claimed: Sequence[Claimed], claims: Claims) -> bool:
    """Whether any of it is already somebody else's."""
    return any(_overlaps(one, claims) for one in claimed)


def _overlaps(claimed: Claimed, claims: Claims) -> bool:
    if claimed.resource not in claims:
        return False
    taken = claims[claimed.resource]
    begins, ends = (at.timestamp() / 60 for at in (claimed.begins, claimed.ends))
    return bool(((taken[:, 0] < ends) & (begins < taken[:, 1])).any())


def _day(visit: Wanted, practice: Practice) -> date:
    return visit.start_at.astimezone(practice.zone).date()


def _length(terms: OrderTerms) -> timedelta:
    return timedelta(minutes=terms.session_minutes)
