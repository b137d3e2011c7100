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
    order_id: UUID = field(default_factory=new_id)
    offer_id: UUID = field(default_factory=new_id)
    updates: referrals.Updates = "every_visit"
    copies: tuple[referrals.Copy, ...] = ()
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

    def physician(
        self, version: int = 1, email: str | None = PHYSICIAN_EMAIL, id_: UUID | None = None, **changes: object
    ) -> Event:
        told: dict[str, object] = {"name": PHYSICIAN_NAME, "email": email, "fax": "+12125550199"}
        return referrals.PhysicianContactChanged(
            version=version, physician_id=id_ or self.physician_id, **(told | changes)
        )  # type: ignore[arg-type]  # fmt: skip

    def received(self, at: datetime = NOW) -> Event:
        return referrals.ReferralReceived(**self._referral(1), received_at=at)

    def accepted(self, at: datetime = NOW) -> Event:
        terms = referrals.OrderTerms(
            visits=8, cadence_visits=1, cadence_days=7, session_minutes=30,
            issued_on=date(2027, 3, 1), valid_until=date(2027, 6, 1),
        )  # fmt: skip
        return referrals.ReferralAccepted(**self._referral(2), accepted_at=at, terms=terms)

    def amended(
        self, version: int = 3, updates: referrals.Updates | None = None,
        copies: tuple[referrals.Copy, ...] | None = None,
    ) -> Event:  # fmt: skip
        terms = referrals.OrderTerms(
            visits=9, cadence_visits=1, cadence_days=7, session_minutes=30,
            issued_on=date(2027, 3, 1), valid_until=date(2027, 7, 1),
        )  # fmt: skip
        told = self._referral(version) | ({"updates": updates} if updates else {})
        told |= {"copies": copies} if copies is not None else {}
        return referrals.ReferralAmended(**told, amended_at=NOW, terms=terms)

    def ended(self, version: int = 4, at: datetime = NOW) -> Event:
        return referrals.ReferralEnded(**self._referral(version), ended_at=at, how="withdrawn")

    def declined(self) -> Event:
        return referrals.ReferralDeclined(**self._referral(2), declined_at=NOW)

    def booked(self, number: int = 1, version: int = 1, starts_at: datetime | None = None) -> Event:
        return booking.SessionBooked(**self._session(number, version, "booked", starts_at))

    def confirmed(self, number: int = 1, version: int = 2, starts_at: datetime | None = None) -> Event:
        return booking.SessionConfirmed(**self._session(number, version, "confirmed", starts_at))

    def moved(
        self, number: int = 1, version: int = 2, to: datetime | None = None, at: datetime = NOW,
        by: booking.Who = "clinic", was: datetime | None = None, **place: object,
    ) -> Event:  # fmt: skip
        start = to or self.starts[number - 1] + timedelta(days=1)
        told = self._session(number, version, "booked", start) | place
        return booking.SessionMoved(**told, moved_at=at, moved_from=was or self.starts[number - 1], by=by)

    def arrived(self, number: int = 1, version: int = 3) -> Event:
        return booking.SessionArrived(
            **self._session(number, version, "arrived"), arrived_at=self.starts[number - 1] - timedelta(minutes=5)
        )

    def cancelled(
        self, number: int = 1, version: int = 2, at: datetime = NOW, by: booking.Who = "clinic",
        starts_at: datetime | None = None,
    ) -> Event:  # fmt: skip
        told = self._session(number, version, "cancelled", starts_at)
        return booking.SessionCancelled(**told, cancelled_at=at, by=by, late=False, visit="returned")

    def missed(
        self, number: int = 1, version: int = 2, at: datetime | None = None, starts_at: datetime | None = None
    ) -> Event:
        missed_at = at or self.starts[number - 1] + timedelta(minutes=20)
        told = self._session(number, version, "missed", starts_at)
        return booking.SessionMissed(**told, missed_at=missed_at, visit="forfeited")

    def restored(
        self, number: int = 1, version: int = 3, at: datetime = NOW, starts_at: datetime | None = None
    ) -> Event:
        return booking.SessionRestored(**self._session(number, version, "booked", starts_at), restored_at=at)

    def completed(
        self, number: int = 1, version: int = 3, at: datetime | None = None, starts_at: datetime | None = None
    ) -> Event:
        ended = at or self.starts[number - 1] + timedelta(minutes=30)
        return booking.SessionCompleted(**self._session(number, version, "completed", starts_at), completed_at=ended)

    def series_booked(self, at: datetime = NOW) -> Event:
        return booking.SeriesBooked(**self._series(1, 0), booked_at=at)

    def series_completed(self, at: datetime | None = None, version: int = 2, completed: int | None = None) -> Event:
        done = len(self.starts) if completed is None else completed
        ended = at or self.starts[-1] + timedelta(minutes=30)
        return booking.SeriesCompleted(**self._series(version, done), completed_at=ended)

    def series_changed(self, version: int = 2, at: datetime = NOW, visits: int | None = None) -> Event:
        told = self._series(version, 0)
        return booking.SeriesChanged(**told | {"visits": visits or told["visits"]}, changed_at=at)

    def series_cancelled(self, version: int = 2, at: datetime = NOW) -> Event:
        return booking.SeriesCancelled(**self._series(version, 0), cancelled_at=at)

    def renewal(self, version: int = 1, at: datetime = NOW, reason: str = "few_visits") -> Event:
        return booking.RenewalAdvised(
            version=version, order_id=self.order_id, referral_id=self.referral_id, patient_id=self.patient_id,
            reason=reason, remaining=2, valid_until=date(2027, 6, 1), advised_at=at,
        )  # type: ignore[arg-type]  # fmt: skip

    def offered(self, version: int = 1, at: datetime = NOW, **changes: object) -> Event:
        return booking.WaitlistOffered(**self._offer(version) | changes, offered_at=at)  # type: ignore[arg-type]

    def offer_ended(self, how: str, version: int = 2, at: datetime | None = None, **changes: object) -> Event:
        ended_at = at or NOW + timedelta(minutes=10)
        return booking.OfferEnded(**self._offer(version) | changes, how=how, ended_at=ended_at)  # type: ignore[arg-type]

    def desk_asked(self, about: str = "uncovered_visits", task_id: UUID | None = None) -> Event:
        return booking.DeskAsked(
            version=1, task_id=task_id or new_id(), about=about, referral_id=self.referral_id,
            patient_id=self.patient_id, asked_at=NOW,
        )  # type: ignore[arg-type]  # fmt: skip

    def merged(self, other: UUID, at: datetime = NOW, version: int = 5) -> Event:
        return referrals.PatientsMerged(version=version, patient_id=self.patient_id, merged_id=other, merged_at=at)

    def separated(self, other: UUID, at: datetime = NOW, version: int = 6) -> Event:
        told = {"patient_id": self.patient_id, "separated_id": other, "separated_at": at}
        return referrals.PatientsSeparated(version=version, **told)  # type: ignore[arg-type]

    def policy(self, version: int = 2, reminder_minutes: tuple[int, ...] = (2880, 120), **changes: object) -> Event:
        """The clinic's, for messages."""
        usual: dict[str, object] = {
            "texts_from": "08:00", "texts_until": "21:00", "texts_a_day": 3, "grace_minutes": 3, "invite": True,
            "full_content": False,
        }  # fmt: skip
        messages = booking.MessagePolicy(**(usual | changes))  # type: ignore[arg-type]
        return self.clinic(version, messages=messages, reminder_minutes=reminder_minutes)

    def people(self) -> list[Event]:
        return [self.clinic(), self.patient(), self.physician()]

    def booking(self) -> list[Event]:
        return [*(self.booked(n) for n in range(1, len(self.starts) + 1)), self.series_booked()]

    def all_booked(self) -> list[Event]:
        return [*self.people(), self.received(), self.accepted(), *self.booking()]

    def _offer(self, version: int) -> dict[str, object]:
        freed = NOW + timedelta(days=3)
        return {
            "version": version, "offer_id": self.offer_id, "referral_id": self.referral_id,
            "patient_id": self.patient_id, "session_id": self.sessions[0], "starts_at": freed,
            "ends_at": freed + timedelta(minutes=30), "answer_by": NOW + timedelta(hours=2),
        }  # fmt: skip

    def _referral(self, version: int) -> dict[str, object]:
        return {
            "version": version, "referral_id": self.referral_id, "reference": "R-2027-0042",
            "patient_id": self.patient_id, "physician_id": self.physician_id, "updates": self.updates,
            "copies": self.copies,
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
