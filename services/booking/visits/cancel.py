"""Visits are called off."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Series, Visit
from services.booking.orders.renew import advise_renewal
from services.booking.reading import Rules
from services.booking.telling import tell
from services.booking.visits.cancelling import REASONS
from services.booking.visits.claiming import release
from services.booking.visits.freeing import Gone, note_freed
from services.booking.visits.shifting import Scope
from services.chassis import audit
from services.chassis.outbox import Outbox
from services.chassis.refusals import NotFound
from services.contracts.booking import Who

__all__ = ["REASONS", "cancel", "cancel_all"]


def cancel(
    session: Session,
    outbox: Outbox,
    visit_id: UUID,
    *,
    by: Who,
    reason: str,
    scope: Scope = "this",
    expected: int | None = None,
    patient_id: UUID | None = None,
) -> list[Visit]:
    """One visit, and with it as the scope says those after it or all that are to come. Their time is free again, and
    their visits of the order are returned or forfeited. `patient_id` is who says so, if not the clinic.

    What is cancelled stays as it is. Raises `NotFound`, `NoClinic`, `StaleVersion`, `SessionNotOpen`, `SessionBegun`.
    """
    series, visit = reading.series_of(session, visit_id)
    if patient_id not in (None, series.order.patient_id):
        raise NotFound(session_id=str(visit_id))
    visit.expect(expected)
    rules = reading.rules(session)
    visits = [visit, *_others(series, visit, scope, rules)]
    _cancel(session, outbox, series, [one for one in visits if one.status != "cancelled"], by, reason, rules)
    return visits


def cancel_all(
    session: Session, outbox: Outbox, series_id: UUID, visit_ids: Collection[UUID], *, by: Who, reason: str
) -> None:
    """Some visits of one series, together. Raises as `cancel`."""
    series = reading.series(session, series_id)
    visits = [one for one in series.sessions if one.id in visit_ids and one.status != "cancelled"]
    _cancel(session, outbox, series, visits, by, reason, reading.rules(session))


def _others(series: Series, visit: Visit, scope: Scope, rules: Rules) -> list[Visit]:
    others = [one for one in series.to_come if one is not visit and one.starts_at > rules.now]
    if scope == "all":
        return others
    return [one for one in others if one.starts_at > visit.starts_at] if scope == "following" else []


def _cancel(
    session: Session, outbox: Outbox, series: Series, visits: Sequence[Visit], by: Who, reason: str, rules: Rules
) -> None:
    if not visits:
        return
    now = rules.now
    events = [event for one in visits if (event := one.cancel(by, reason, rules.policy, now))]
    for event in events:
        series.order.enter(event.visit, event.session_id, event.version, now)

    release(session, [one.id for one in visits])
    note_freed(session, [Gone(one.therapist_id, series.location_id, one.starts_at, one.ends_at) for one in visits], now)
    tell(session, outbox, series.order_id, now, [*events, series.settle(now)])
    if any(event.visit == "forfeited" for event in events):
        advise_renewal(session, outbox, series.order_id)
    for late in {event.late for event in events}:
        ids = [event.session_id for event in events if event.late is late]
        audit.record_all(session, "session_cancelled", "session", ids, by=by, reason=reason, late=late)
