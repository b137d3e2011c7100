"""A series gets more visits."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Series, Visit
from services.booking.practice.location import Practice
from services.booking.refusals import SeriesHeld
from services.booking.telling import tell
from services.booking.visits import shifting
from services.booking.visits.book import check, new_visits
from services.booking.visits.bookable import Wanted
from services.booking.visits.claiming import claim_visits
from services.chassis import audit
from services.chassis.outbox import Outbox
from services.chassis.refusals import Invalid


def extend(session: Session, outbox: Outbox, series_id: UUID, visits: Sequence[Wanted]) -> list[Visit]:
    """The new visits, in order of time; they take the lowest numbers that are free.

    Raises `NotFound`, `NoClinic`, `SeriesHeld`, `OrderEnded`, `NoVisitsLeft`, `Invalid`, `SlotTaken`.
    """
    order = reading.order_of_series(session, series_id)
    series = reading.series(session, series_id)
    if series.held_until:
        raise SeriesHeld
    practice = reading.practice(session, series.location_id)
    visits = sorted(visits, key=lambda one: one.start_at)
    check(session, order, practice, visits)

    new = _added(series, practice, visits)
    session.flush()
    claim_visits(session, order, practice, new)
    now = practice.now
    for visit in new:
        order.enter("reserved", visit.id, visit.version, now)
    tell(session, outbox, order.id, now, [*(visit.booked() for visit in new), series.settle(now)])
    audit.record_all(session, "session_booked", "session", [one.id for one in new], series=str(series.id))
    reading.places(session, new)
    return new


def _added(series: Series, practice: Practice, visits: Sequence[Wanted]) -> list[Visit]:
    numbers = series.free_numbers(len(visits))
    before = {one.number: one.starts_at for one in series.standing}
    after = before | {number: one.start_at for number, one in zip(numbers, visits, strict=True)}
    wrong = {
        str(numbers.index(number)): {field: [hint]}
        for number, (field, hint) in shifting.amiss(before, after, practice.zone)
    }
    if wrong:
        raise Invalid(visits=wrong)
    new = new_visits(series, visits, numbers, "booked")
    series.sessions.extend(new)
    series.visits = max(series.visits, *numbers)
    return new
