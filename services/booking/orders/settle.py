"""Visits that an order does not cover any more are cancelled, or moved to where it does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Series, Visit
from services.booking.orders.uncovered import uncovered, visits_to_come
from services.booking.refusals import StillCovered
from services.booking.visits.bookable import Wanted
from services.booking.visits.cancel import cancel_all
from services.booking.visits.move import move_all
from services.chassis import clock
from services.chassis.outbox import Outbox
from services.chassis.refusals import NotFound


def settle(
    session: Session, outbox: Outbox, order_id: UUID, cancel: Collection[UUID], moves: Mapping[UUID, Wanted]
) -> None:
    """Whole or not at all, on behalf of the physician: no visit is lost to the patient. What is cancelled already
    stays as it is.

    Raises `NotFound`, `NoClinic`, `StillCovered`, `Invalid`, `SlotTaken`.
    """
    order = reading.order(session, order_id, lock=True)
    known = _known(session, order_id, [*cancel, *moves])
    found = uncovered(order, visits_to_come(session, order_id), clock.now(session))
    covered = [one for one, (_, status) in known.items() if status != "cancelled" and one not in found]
    if covered:
        raise StillCovered(sessions=sorted(map(str, covered)))

    for series_id, ids in _by_series(known, cancel).items():
        cancel_all(session, outbox, series_id, ids, by="physician", reason="order_changed")
    for series_id, ids in _by_series(known, moves).items():
        move_all(session, outbox, series_id, [(one, moves[one]) for one in ids], by="physician")


def _known(session: Session, order_id: UUID, ids: Collection[UUID]) -> dict[UUID, tuple[UUID, str]]:
    """The series and the status of each session. Raises `NotFound` for what is not the order's."""
    found = select(Visit.id, Visit.series_id, Visit.status).join(Series).where(Series.order_id == order_id)
    known = {row.id: (row.series_id, row.status) for row in session.execute(found.where(Visit.id.in_(ids)))}
    for one in ids:
        if one not in known:
            raise NotFound(session_id=str(one))
    return known


def _by_series(known: Mapping[UUID, tuple[UUID, str]], ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """In the order of the series' ids, so that two who settle at once lock them alike."""
    grouped: dict[UUID, list[UUID]] = defaultdict(list)
    for one in ids:
        grouped[known[one][0]].append(one)
    return dict(sorted(grouped.items()))
