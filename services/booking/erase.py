"""A patient is erased: that the visits happened is kept, with what was billed; what was felt, found and said is not."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis import audit, erased
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
            for table in ("measures", "note_versions", "day_checks", "session_notes")
        ),
        f"UPDATE sessions SET cancel_reason = NULL WHERE cancel_reason IS NOT NULL AND id IN ({_MINE})",
        "UPDATE series SET recommendation = NULL, follow_up = NULL"
        " FROM orders WHERE orders.id = order_id AND patient_id = :patient",
        "UPDATE waiting SET possible = NULL, first_on = NULL, last_on = NULL,"
        "  ended_at = coalesce(waiting.ended_at, :at),"
        "  status = CASE waiting.status WHEN 'waiting' THEN 'ended' ELSE waiting.status END"
        " FROM orders WHERE orders.id = order_id AND patient_id = :patient",
        "UPDATE orders SET care = NULL, condition_keys = '{}', pressure_ceiling = NULL, techniques = '{}',"
        "  equipment = '{}', home_visit = false WHERE patient_id = :patient",
        "DELETE FROM feeds USING resources WHERE resources.id = resource_id AND kind = 'patient'"
        " AND key = CAST(:patient AS text)",
    )
]


def patient_erased(session: Session, seal: Seal, event: PatientErased) -> None:
    for step in _STEPS:
        session.execute(step, {"patient": event.patient_id, "at": event.erased_at})
    erased.mark(session, [event.patient_id], event.erased_at)
    erased.forget(session, seal, [event.patient_id, *event.referral_ids])
    audit.record(session, "patient_erased", "patient", event.patient_id)
