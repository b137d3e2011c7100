"""A patient is erased: that the visits happened is kept, with what was billed; what was felt, found and said is not.
Nobody comes any more: what was booked or held in the same moment is called off."""

from __future__ import annotations

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.booking.models import Order, Series, Visit
from services.booking.models.visit import TO_COME
from services.booking.visits.cancel import cancel_all
from services.booking.visits.release_hold import release_hold
from services.chassis import audit, erased
from services.chassis.outbox import Outbox
from services.chassis.seal import Seal
from services.contracts.referrals import PatientErased

_MINE = (
    "SELECT sessions.id FROM sessions JOIN series ON series.id = sessions.series_id"
    " JOIN orders ON orders.id = series.order_id WHERE orders.patient_id = :patient"
)
_STEPS = [
    text(step)
    for step in (
        # whoever says this may write tables that only grow
        "SET LOCAL fascia.rewriting = 'on'",
        "INSERT INTO kept_acts (session_id, cpt, units, minutes, written_at, written_by)"
        " SELECT session_id, cpt, units, minutes, written_at, written_by FROM session_notes"
        f" WHERE session_id IN ({_MINE}) ON CONFLICT DO NOTHING",
        *(
            f"DELETE FROM {table} WHERE session_id IN ({_MINE})"
            for table in ("note_versions", "day_checks", "session_notes")
        ),
        f"UPDATE sessions SET cancel_reason = NULL WHERE cancel_reason IS NOT NULL AND id IN ({_MINE})",
        "UPDATE series SET recommendation = NULL, follow_up = NULL"
        " FROM orders WHERE orders.id = order_id AND patient_id = :patient",
        "UPDATE waiting SET possible = NULL, first_on = NULL, last_on = NULL,"
        "  ended_at = coalesce(waiting.ended_at, :at),"
        "  status = CASE waiting.status WHEN 'waiting' THEN 'ended' ELSE waiting.status END"
        " FROM orders WHERE orders.id = order_id AND patient_id = :patient",
        "UPDATE orders SET care = NULL, condition_keys = '{}', pressure_ceiling = NULL, techniques = '{}',"
        "  equipment = '{}', home_visit = false,"
        "  ended_at = coalesce(ended_at, :at), ended_how = coalesce(ended_how, 'closed') WHERE patient_id = :patient",
        "DELETE FROM feeds USING resources WHERE resources.id = resource_id AND kind = 'patient'"
        " AND key = CAST(:patient AS text)",
    )
]


def patient_erased(session: Session, outbox: Outbox, seal: Seal, event: PatientErased) -> None:
    mine = select(Order).where(Order.patient_id == event.patient_id).order_by(Order.id)
    orders = session.scalars(mine.with_for_update()).all()
    for order in orders:
        _call_off(session, outbox, order)
    session.flush()
    for step in _STEPS:
        session.execute(step, {"patient": event.patient_id, "at": event.erased_at})
    erased.mark(session, [event.patient_id], event.erased_at)
    erased.forget(session, seal, [event.patient_id, *event.referral_ids])
    audit.record(session, "patient_erased", "patient", event.patient_id)


def _call_off(session: Session, outbox: Outbox, order: Order) -> None:
    """Referrals refuses to erase whose visits it knows to be still to come: these it could not know yet."""
    held = select(Series.id).where(Series.order_id == order.id, Series.held_until.is_not(None))
    for series_id in session.scalars(held).all():
        release_hold(session, series_id)
    to_come = select(Visit.series_id, func.array_agg(Visit.id)).join(Series).group_by(Visit.series_id)
    to_come = to_come.where(Series.order_id == order.id, Visit.status.in_(TO_COME), Visit.ends_at > func.fascia_now())
    for series_id, ids in session.execute(to_come).all():
        cancel_all(session, outbox, series_id, set(ids), by="clinic", reason="treatment_ended")
