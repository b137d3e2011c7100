"""Whoever was erased: nothing is written of them any more."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.chassis.refusals import Refusal
from services.referrals.models import Patient


class PatientGone(Refusal):
    status = 410
    message = "This patient was erased."


def must_be_there(session: Session, patient_id: UUID) -> None:
    """Raises `PatientGone`."""
    if session.scalar(select(Patient.erased_at).where(Patient.id == patient_id)):
        raise PatientGone
