"""A referral was accepted: what it authorises becomes an order."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.booking.models import Order, Resource
from services.chassis import audit
from services.chassis.ids import new_id
from services.contracts.referrals import ReferralAccepted


def take_order(session: Session, accepted: ReferralAccepted) -> None:
    """Insert or bring up to date; what is older than the order that is known has no effect."""
    row = _row(accepted, _patient_resource(session, str(accepted.patient_id)))
    put = insert(Order).values(id=new_id(), **row)
    newer = put.on_conflict_do_update(
        index_elements=[Order.referral_id],
        set_={name: put.excluded[name] for name in row},
        where=put.excluded.version > Order.version,
    )
    order_id = session.scalar(newer.returning(Order.id))
    if order_id:
        audit.record(session, "order_taken", "order", order_id, version=accepted.version)


def _patient_resource(session: Session, key: str) -> int:
    put = insert(Resource).values(kind="patient", key=key)
    # an update that changes nothing, because only then is the id of a row that exists returned
    known = put.on_conflict_do_update(constraint="resources_kind_key", set_={"key": put.excluded.key})
    return session.scalars(known.returning(Resource.id)).one()


def _row(accepted: ReferralAccepted, patient_resource_id: int) -> dict[str, Any]:
    terms = asdict(accepted.terms)
    return {
        **terms,
        "techniques": list(accepted.terms.techniques),
        "equipment": list(accepted.terms.equipment),
        "condition_keys": [],
        "referral_id": accepted.referral_id,
        "reference": accepted.reference,
        "patient_id": accepted.patient_id,
        "patient_resource_id": patient_resource_id,
        "version": accepted.version,
        "pressure_ceiling": int(accepted.pressure_ceiling) if accepted.pressure_ceiling else None,
        "accepted_at": accepted.accepted_at,
    }
