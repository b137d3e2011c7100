"""The events of a referral, from the row that they tell of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from services.care.contraindications import Table
from services.chassis.vault import Vault
from services.contracts.referrals import (
    Care,
    Copy,
    Obstacle,
    OrderTerms,
    ReferralEvent,
    ReferralResumed,
    ReferralStalled,
)
from services.referrals.models import Referral
from services.referrals.review.gate import findings
from services.referrals.review.limits import limited, sites_left_out

E = TypeVar("E", bound=ReferralEvent)
T = TypeVar("T")


def of_referral(kind: type[E], referral: Referral, **more: Any) -> E:
    return kind(
        referral_id=referral.id,
        version=referral.version,
        reference=referral.reference,
        patient_id=referral.patient_id,
        physician_id=referral.physician_id,
        updates=referral.updates,
        copies=tuple(Copy(physician_id=copy.physician_id, updates=copy.updates) for copy in referral.copies),
        sent_by=referral.received_from,
        **more,
    )


def stalled(referral: Referral, about: Obstacle, now: datetime, task_id: UUID | None = None) -> ReferralStalled:
    """The desk's task; without an id of its own it is the referral's only one of this kind."""
    return ReferralStalled(
        task_id=task_id or referral.id,
        version=referral.version,
        about=about,
        referral_id=referral.id,
        patient_id=referral.patient_id,
        asked_at=now,
    )


def resumed(referral: Referral, about: Obstacle, now: datetime, task_id: UUID | None = None) -> ReferralResumed:
    return ReferralResumed(
        task_id=task_id or referral.id,
        version=referral.version,
        about=about,
        referral_id=referral.id,
        patient_id=referral.patient_id,
        resumed_at=now,
    )


def obstacles_raised(referral: Referral, now: datetime) -> list[ReferralStalled]:
    """The desk's tasks about a referral, as it stands."""
    return [stalled(referral, about, now) for about in _obstacles(referral)]


def obstacles_settled(referral: Referral, now: datetime) -> list[ReferralResumed]:
    """Those tasks, when nobody has to do them any more."""
    return [resumed(referral, about, now) for about in _obstacles(referral)]


def _obstacles(referral: Referral) -> Iterator[Obstacle]:
    if referral.status == "needs_information":
        yield "needs_information"
    if referral.cancel_asked_at is not None:
        yield "cancel_asked"


def authorised(referral: Referral, vault: Vault, table: Table) -> dict[str, Any]:
    """What booking may plan, for whom, and within which limits: the fields of accepted and amended."""
    clinical = vault.open(referral.clinical)
    review = vault.open(referral.review) if referral.review else {}
    found = findings(table, clinical, review)
    contact = vault.open(referral.patient.contact)
    permission = clinical.get("permission") or {}
    latitude, longitude = clinical.get("home_position") or (None, None)
    care = Care(
        conditions=tuple(dict.fromkeys(code[:3] for code in clinical["diagnoses"])),
        contraindications=tuple(one.code for one in (*found.blocked, *found.constraints)),
        born_on=date.fromisoformat(contact["born_on"]),
        language=contact["language"],
        therapist_sex=clinical.get("therapist_sex"),
        latitude=latitude,
        longitude=longitude,
        avoid=tuple(sites_left_out(clinical, review)),
        permitted_if=tuple(permission.get("conditions") or ()),
    )
    return {
        "terms": limited(terms_of(referral), review),
        "pressure_ceiling": str(found.pressure_ceiling) if found.pressure_ceiling else None,
        "care": json.dumps(asdict(care), default=date.isoformat),
    }


def terms_of(referral: Referral) -> OrderTerms:
    """What the physician ordered; only of a referral whose terms are known."""
    return OrderTerms(
        visits=_known(referral.visits),
        cadence_visits=_known(referral.frequency_visits),
        cadence_days=_known(referral.frequency_days),
        session_minutes=_known(referral.session_minutes),
        issued_on=_known(referral.issued_on),
        start_by=referral.start_by,
        valid_until=_known(referral.valid_until),
        techniques=tuple(referral.techniques),
        home_visit=referral.home_visit,
    )


def _known(value: T | None) -> T:
    """The database sees to it that a referral which can be reviewed has its terms."""
    assert value is not None
    return value
