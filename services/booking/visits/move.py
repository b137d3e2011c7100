"""Visits get another time, therapist or room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Series, Visit
from services.booking.orders.ledger import Ledger
from services.booking.practice.location import Practice
from services.booking.practice.taken import needs_of
from services.booking.refusals import TooLateToMove
from services.booking.telling import tell
from services.booking.visits import shifting
from services.booking.visits.bookable import Mistake, Wanted, mistakes
from services.booking.visits.cancelling import moved_until
from services.booking.visits.claiming import claim_visits, release
from services.booking.visits.freeing import Gone, note_freed
from services.booking.visits.shifting import Change, NoSuchTime, Scope
from services.chassis import audit
from services.chassis.outbox import Outbox
from services.chassis.refusals import Invalid, NotFound
from services.contracts.booking import Who

Moves = Mapping[UUID, Wanted]


def move(
    session: Session,
    outbox: Outbox,
    visit_id: UUID,
    change: Wanted | Change,
    *,
    by: Who,
    scope: Scope = "this",
    expected: int | None = None,
    unasked: bool = False,
) -> list[Visit]:
    """One visit, and with it as the scope says those after it or all that are to come: by the same difference of
    wall-clock time, whole or not at all. Moved to where it is, nothing changes. `unasked`: the patient does it
    without asking anybody at the clinic, and so not within its notice.

    Raises `NotFound`, `StaleVersion`, `SessionNotOpen`, `SessionBegun`, `TooLateToMove`, `OrderEnded`, `Invalid`,
    `SlotTaken`.
    """
    series, visit = reading.series_of(session, visit_id)
    visit.expect(expected)
    practice = reading.practice(session, series.location_id)
    moves = _moves(series, visit, change, scope, practice)
    if unasked:
        _must_be_in_time(series, moves, practice)
    return _move(session, outbox, series, practice, moves, by)


def move_all(
    session: Session,
    outbox: Outbox,
    series_id: UUID,
    moves: Sequence[tuple[UUID, Wanted]],
    *,
    by: Who,
    reason: str = "",
) -> list[Visit]:
    """Several visits of one series, each to its own place, whole or not at all. Raises as `move`."""
    series = reading.series(session, series_id)
    practice = reading.practice(session, series.location_id)
    return _move(session, outbox, series, practice, dict(moves), by, reason)


def moves_of(session: Session, visit_id: UUID, change: Wanted | Change, scope: Scope) -> tuple[UUID, Moves]:
    """The series, and where its visits would be moved to; asked when a move was refused."""
    series, visit = reading.series_of(session, visit_id)
    practice = reading.practice(session, series.location_id)
    return series.id, _moves(series, visit, change, scope, practice)


def _must_be_in_time(series: Series, moves: Moves, practice: Practice) -> None:
    """Of what is to come and is moved. Raises `TooLateToMove`."""
    for visit in (_known(series, visit_id) for visit_id in moves):
        until = moved_until(visit.starts_at, practice.policy)
        stays = visit.is_as(moves[visit.id], series.order.session_minutes)
        if visit.is_to_come and not stays and until < practice.now < visit.starts_at:
            raise TooLateToMove(until=until.isoformat())


def _moves(series: Series, visit: Visit, change: Wanted | Change, scope: Scope, practice: Practice) -> Moves:
    before = _place(visit)
    after = change if isinstance(change, Wanted) else change.of(before)
    others = _in_scope(series, visit, scope, practice)
    try:
        shifted = {one.id: shifting.alike(before, after, _place(one), practice.zone) for one in others}
    except NoSuchTime:
        raise Invalid(start_at=["On one of the days the clocks skip this time."]) from None
    return {visit.id: after, **shifted}


def _in_scope(series: Series, visit: Visit, scope: Scope, practice: Practice) -> list[Visit]:
    others = [one for one in series.to_come if one is not visit and one.starts_at > practice.now]
    if scope == "all":
        return others
    return [one for one in others if one.starts_at > visit.starts_at] if scope == "following" else []


def _move(
    session: Session, outbox: Outbox, series: Series, practice: Practice, moves: Moves, by: Who, reason: str = ""
) -> list[Visit]:
    now, minutes = practice.now, series.order.session_minutes
    visits = [_known(series, visit_id) for visit_id in moves]
    were = {one.id: Gone(one.therapist_id, series.location_id, one.starts_at, one.ends_at) for one in visits}
    elsewhere = [one for one in visits if not one.is_as(moves[one.id], minutes)]
    events = [one.move(moves[one.id], minutes, by, now) for one in visits]
    if not elsewhere:
        return visits
    _check(session, series, practice, were, elsewhere)

    _take_time(session, series, practice, elsewhere)
    note_freed(session, [were[one.id] for one in elsewhere], now)
    tell(session, outbox, series.order_id, now, [*events, series.settle(now)])
    why = {"reason": reason} if reason else {}
    audit.record_all(session, "session_moved", "session", [one.id for one in elsewhere], by=by, **why)
    reading.places(session, elsewhere)
    return visits


def _known(series: Series, visit_id: UUID) -> Visit:
    visit = next((one for one in series.sessions if one.id == visit_id), None)
    if visit is None:
        raise NotFound(session_id=str(visit_id))
    return visit


def _take_time(session: Session, series: Series, practice: Practice, visits: Sequence[Visit]) -> None:
    """All of it is given back before any of it is claimed, because visits may change places."""
    wanted = [resource for one in visits for resource in (one.therapist_id, one.room_id) if resource is not None]
    release(session, [one.id for one in visits], also=wanted)
    session.flush()
    claim_visits(session, series.order, practice, visits)


def _check(
    session: Session, series: Series, practice: Practice, were: Mapping[UUID, Gone], moved: Sequence[Visit]
) -> None:
    order = series.order
    needs = needs_of(session, order)
    order.must_be_in_force()
    found: dict[UUID, dict[str, list[str]]] = {}
    for visit in moved:
        ledger = _ledger(series, visit)
        found[visit.id] = mistakes([_place(visit)], practice, order.terms, ledger, needs).get("0", {})
    for number, (field, hint) in _among(series, practice, were):
        visit = next(one for one in moved if one.number == number)
        found[visit.id].setdefault(field, []).append(hint)
    if wrong := {str(visit_id): hints for visit_id, hints in found.items() if hints}:
        raise Invalid(**next(iter(wrong.values()))) if len(were) == 1 else Invalid(visits=wrong)


def _among(series: Series, practice: Practice, were: Mapping[UUID, Gone]) -> list[tuple[int, Mistake]]:
    after = {one.number: one.starts_at for one in series.standing}
    before = {one.number: were[one.id].starts_at if one.id in were else one.starts_at for one in series.standing}
    return list(shifting.amiss(before, after, practice.zone))


def _ledger(series: Series, visit: Visit) -> Ledger:
    """The first visit of an order is bound by the date that it asks for; it is the first as long as none is used."""
    order = series.order
    if order.start_by is None:
        return Ledger(order.visits, 1, 0, 0)
    ledger = order.ledger
    unused = not (ledger.consumed or ledger.forfeited) and ledger.reserved == len(series.to_come)
    first = unused and visit is series.standing[0]
    return Ledger(order.visits, 0 if first else 1, 0, 0)


def _place(visit: Visit) -> Wanted:
    return Wanted(visit.starts_at, visit.therapist_id, visit.room_id)
