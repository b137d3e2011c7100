"""A practice, its people and one referral, as the other services' events tell them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from services.chassis.ids import new_id
from services.contracts import booking, referrals
from services.contracts.event import Event

ZONE = "America/New_York"
NOW = datetime(2027, 3, 2, 15, 0, tzinfo=UTC)
"""Tuesday, 10:00 in New York."""

PATIENT_NAME, PATIENT_PHONE, PATIENT_EMAIL = "Quirina Zzyzxworth", "+12025550117", "quirina.zzyzx@patient.example"
PHYSICIAN_NAME, PHYSICIAN_EMAIL = "Dr. Ottokar Xylander", "ottokar.xylander@ortho.example"
CLINIC_NUMBER = "+15005550006"


@dataclass
class Story:
    """One referral with a series of visits; every method is an event."""

    patient_id: UUID = field(default_factory=new_id)
    physician_id: UUID = field(default_factory=new_id)
    referral_id: UUID = field(default_factory=new_id)
    series_id: UUID = field(default_factory=new_id)
    clinic_id: UUID = field(default_factory=new_id)
    updates: referrals.Updates = "every_visit"
    starts: tuple[datetime, ...] = tuple(NOW + timedelta(days=5 + 7 * n) for n in range(3))
    sessions: list[UUID] = field(default_factory=lambda: [new_id() for _ in range(30)])

    def clinic(self, version: int = 1, **changes: object) -> Event:
        told: dict[str, object] = {
            "name": "Harbor Massage", "timezone": ZONE, "phone": "+12125550100", "email": "desk@harbor.example",
            "address": "1 Pier", "reminder_minutes": (2880, 120),
        }  # fmt: skip
        return booking.ClinicChanged(version=version, clinic_id=self.clinic_id, **(told | changes))  # type: ignore[arg-type]

    def patient(self, version: int = 1, **changes: object) -> Event:
        told: dict[str, object] = {
            "name": PATIENT_NAME, "phone": PATIENT_PHONE, "email": PATIENT_EMAIL,
            "text_consent": True, "email_consent": True,
        }  # fmt: skip
        return referrals.PatientContactChanged(version=version, patient_id=self.patient_id, **(told | changes))  # type: ignore[arg-type]

    def physician(self, version: int = 1, email: str | None = PHYSICIAN_EMAIL) -> Event:
        return referrals.PhysicianContactChanged(
            version=version, physician_id=self.physician_id, name=PHYSICIAN_NAME, email=email, fax="+12125550199"
        )

    def received(self, at: datetime = NOW) -> Event:
        return referrals.ReferralReceived(**self._referral(1), received_at=at)

    def accepted(self) -> Event:
        terms = referrals.OrderTerms(
            visits=8, cadence_visits=1, cadence_days=7, session_minutes=30,
            issued_on=date(2027, 3, 1), valid_until=date(2027, 6, 1),
        )  # fmt: skip
        return referrals.ReferralAccepted(**self._referral(2), accepted_at=NOW, terms=terms)

    def declined(self) -> Event:
        return referrals.ReferralDeclined(**self._referral(2), declined_at=NOW)

    def booked(self, number: int = 1, version: int = 1, starts_at: datetime | None = None) -> Event:
        return booking.SessionBooked(**self._session(number, version, "booked", starts_at))

    def confirmed(self, number: int = 1, version: int = 2) -> Event:
        return booking.SessionConfirmed(**self._session(number, version, "confirmed"))

    def completed(self, number: int = 1, version: int = 3, at: datetime | None = None) -> Event:
        ended = at or self.starts[number - 1] + timedelta(minutes=30)
        return booking.SessionCompleted(**self._session(number, version, "completed"), completed_at=ended)

    def series_booked(self, at: datetime = NOW) -> Event:
        return booking.SeriesBooked(**self._series(1, 0), booked_at=at)

    def series_completed(self, at: datetime | None = None) -> Event:
        return booking.SeriesCompleted(
            **self._series(2, len(self.starts)), completed_at=at or self.starts[-1] + timedelta(minutes=30)
        )

    def people(self) -> list[Event]:
        return [self.clinic(), self.patient(), self.physician()]

    def booking(self) -> list[Event]:
        return [*(self.booked(n) for n in range(1, len(self.starts) + 1)), self.series_booked()]

    def all_booked(self) -> list[Event]:
        return [*self.people(), self.received(), self.accepted(), *self.booking()]

    def _referral(self, version: int) -> dict[str, object]:
        return {
            "version": version, "referral_id": self.referral_id, "reference": "R-2027-0042",
            "patient_id": self.patient_id, "physician_id": self.physician_id, "updates": self.updates,
        }  # fmt: skip

    def _session(self, number: int, version: int, status: str, starts_at: datetime | None = None) -> dict[str, object]:
        start = starts_at or self.starts[number - 1]
        return {
            "version": version, "session_id": self.sessions[number - 1], "series_id": self.series_id,
            "referral_id": self.referral_id, "patient_id": self.patient_id, "number": number,
            "of": len(self.starts), "status": status, "starts_at": start, "ends_at": start + timedelta(minutes=30),
        }  # fmt: skip

    def _series(self, version: int, completed: int) -> dict[str, object]:
        return {
            "version": version, "series_id": self.series_id, "referral_id": self.referral_id,
            "patient_id": self.patient_id, "visits": len(self.starts), "completed": completed,
            "first_at": self.starts[0], "last_at": self.starts[-1],
        }  # fmt: skip
