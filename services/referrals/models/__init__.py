"""Patients, physicians, their referrals, and what booking told of them and of the clinic."""

from services.referrals.models.base import Base, Decision, Standing, Verdict
from services.referrals.models.documents import Document, IntakeCode
from services.referrals.models.following import Clinic, Series, Visit, VisitKept
from services.referrals.models.people import (
    Patient,
    PatientKey,
    PatientMatch,
    Physician,
    PhysicianAccount,
    PhysicianProposal,
)
from services.referrals.models.referral import PlacerNumber, Referral, ReferralCopy, ReferralVersion

__all__ = [
    "Base",
    "Clinic",
    "Decision",
    "Document",
    "IntakeCode",
    "Patient",
    "PatientKey",
    "PatientMatch",
    "Physician",
    "PhysicianAccount",
    "PhysicianProposal",
    "PlacerNumber",
    "Referral",
    "ReferralCopy",
    "ReferralVersion",
    "Series",
    "Standing",
    "Verdict",
    "Visit",
    "VisitKept",
]
