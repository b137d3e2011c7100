"""Booking's worker: orders come in, patients answer."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.booking.confirm import patient_replied
from services.booking.settings import Settings
from services.booking.take_order import take_order
from services.chassis.entrypoints import reacts_to
from services.chassis.worker import Worker
from services.contracts.notify import PatientReplied
from services.contracts.referrals import ReferralAccepted


class BookingWorker(Worker):
    name = "booking"

    @reacts_to(ReferralAccepted)
    def referral_accepted(self, session: Session, event: ReferralAccepted) -> None:
        take_order(session, event)

    @reacts_to(PatientReplied)
    def patient_replied(self, session: Session, event: PatientReplied) -> None:
        patient_replied(session, self.runtime.outbox, event)


worker = BookingWorker
settings_class = Settings
