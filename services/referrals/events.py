"""The events of a referral, from the row that they tell of."""

from __future__ import annotations

from typing import Any, TypeVar

from services.contracts.referrals import OrderTerms, ReferralEvent
from services.referrals.models import Referral

E = TypeVar("E", bound=ReferralEvent)


def of_referral(kind: type[E], referral: Referral, **more: Any) -> E:
    return kind(
        referral_id=referral.id,
        version=referral.version,
        reference=referral.reference,
        patient_id=referral.patient_id,
        physician_id=referral.physician_id,
        updates=referral.updates,
        **more,
    )


def terms_of(referral: Referral) -> OrderTerms:
    """What booking may plan."""
    return OrderTerms(
        visits=referral.visits,
        cadence_visits=referral.frequency_visits,
        cadence_days=referral.frequency_days,
        session_minutes=referral.session_minutes,
        issued_on=referral.issued_on,
        start_by=referral.start_by,
        valid_until=referral.valid_until,
        techniques=tuple(referral.techniques),
        home_visit=referral.home_visit,
    )
