"""What referrals tells the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from services.contracts.event import Event, SealedText, announce

Updates = Literal["every_visit", "midpoint_and_end", "end", "exceptions", "none"]
"""How often the physician asked to hear from the practice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTerms:
    """What a referral authorises; the clinical wording stays with referrals."""

    visits: int
    cadence_visits: int
    cadence_days: int
    session_minutes: int
    issued_on: date
    start_by: date | None = None
    valid_until: date
    techniques: tuple[str, ...] = ()
    home_visit: bool = False
    earliest_on: date | None = None
    """No visit before this date."""
    equipment: tuple[str, ...] = ()
    """Codes of what the room must have, such as `adjustable_table`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A further physician who hears of a referral, and how often."""

    physician_id: UUID
    updates: Updates


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralEvent(Event):
    subject: ClassVar[str] = "referral_id"

    referral_id: UUID
    reference: str
    """The practice's own number of the referral, safe to show in an e-mail's subject."""
    patient_id: UUID
    physician_id: UUID
    updates: Updates
    copies: tuple[Copy, ...] = ()
    sent_by: str | None = None
    """The account that sent it, which may follow what becomes of it."""


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralReceived(ReferralEvent):
    """A referral came in and waits for the therapist's review."""

    received_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralAccepted(ReferralEvent):
    """The therapist's review accepted it: booking may plan the series."""

    accepted_at: datetime
    renews: UUID | None = None
    """The referral that it continues."""
    terms: OrderTerms
    pressure_ceiling: SealedText | None = None
    """Walton scale 1 to 5, as text because it travels sealed."""
    care: SealedText | None = None
    """A JSON object, as text because it travels sealed; see `Care`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """What matching and the safety gate need to know of a patient, in codes, and what the physician's permission asks
    of the therapist, in the physician's words. Travels sealed."""

    conditions: tuple[str, ...] = ()
    """ICD-10-CM categories, the three characters before the dot."""
    contraindications: tuple[str, ...] = ()
    """Codes of the clinic's table."""
    born_on: date | None = None
    language: str | None = None
    """ISO 639-1."""
    therapist_sex: Literal["female", "male"] | None = None
    """Only where the patient asks."""
    latitude: float | None = None
    """Of the patient's home, in degrees, for home visits."""
    longitude: float | None = None
    avoid: tuple[str, ...] = ()
    """Sites that the permission, or the therapist's review, leaves out."""
    permitted_if: tuple[str, ...] = ()
    """Its conditions."""


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralAmended(ReferralEvent):
    """The physician changed what the referral authorises; the whole of it as it is now."""

    amended_at: datetime
    terms: OrderTerms
    pressure_ceiling: SealedText | None = None
    care: SealedText | None = None


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralEnded(ReferralEvent):
    """The referral authorises nothing any more."""

    ended_at: datetime
    how: Literal["withdrawn", "expired", "closed"]


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralDeclined(ReferralEvent):
    """The therapist's review declined it; the reason is fetched from referrals, it never travels."""

    declined_at: datetime


Obstacle = Literal["needs_information", "same_patient", "physician_contact", "cancel_asked", "no_activity"]
"""`same_patient`: a new record may be of a known person; `physician_contact`: another one than the known was sent."""


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralStalled(Event):
    """Somebody at the clinic has to look at a referral; what it is about stays with referrals."""

    subject: ClassVar[str] = "task_id"

    task_id: UUID
    about: Obstacle
    referral_id: UUID
    patient_id: UUID
    asked_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralResumed(Event):
    """What the clinic had to look at is dealt with."""

    subject: ClassVar[str] = "task_id"

    task_id: UUID
    about: Obstacle
    referral_id: UUID
    patient_id: UUID
    resumed_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOverlooked(Event):
    """A scan came in, and for some days nobody typed in what it says."""

    subject: ClassVar[str] = "document_id"

    document_id: UUID
    overlooked_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class ScanSettled(Event):
    """It was typed in, or thrown away."""

    subject: ClassVar[str] = "document_id"

    document_id: UUID
    settled_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class PatientContactChanged(Event):
    """How a patient is reached, and what they agreed to."""

    subject: ClassVar[str] = "patient_id"

    patient_id: UUID
    name: SealedText
    phone: SealedText | None = None
    """E.164."""
    email: SealedText | None = None
    language: str = "en"
    text_consent: bool = False
    email_consent: bool = False
    consented_at: datetime | None = None
    """When they said so."""
    timezone: str | None = None
    """IANA zone of where they live, where it is known."""


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicianContactChanged(Event):
    """How a physician's practice is reached."""

    subject: ClassVar[str] = "physician_id"

    physician_id: UUID
    name: SealedText
    practice: SealedText | None = None
    phone: SealedText | None = None
    fax: SealedText | None = None
    email: SealedText | None = None
    delivery: Literal["email", "fax"] = "email"
    """How they want to hear from the practice."""


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class PatientsMerged(Event):
    """Two records were one person: what is known under the second counts for the first."""

    subject: ClassVar[str] = "patient_id"

    patient_id: UUID
    merged_id: UUID
    merged_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class PatientsSeparated(Event):
    """They were two after all."""

    subject: ClassVar[str] = "patient_id"

    patient_id: UUID
    separated_id: UUID
    separated_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class PatientErased(Event):
    """Nothing that tells who the patient was, or about their health, is kept any longer."""

    subject: ClassVar[str] = "patient_id"

    patient_id: UUID
    referral_ids: tuple[UUID, ...]
    erased_at: datetime
