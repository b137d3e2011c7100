"""A worker that tells, and hears what patients answer."""

from sqlalchemy import text

from services.chassis.entrypoints import reacts_to
from services.chassis.settings import ServiceSettings
from services.chassis.worker import Worker
from services.contracts import notify, referrals


class BookingWorker(Worker):
    name = "booking"

    @reacts_to(referrals.ReferralAccepted)
    def referral_accepted(self, session, event):
        """Nothing of interest here."""

    @reacts_to(notify.PatientReplied)
    def patient_replied(self, session, event):
        session.execute(text("INSERT INTO effects (session_id, number) VALUES (:id, 0)"), {"id": event.session_id})


worker = BookingWorker
settings_class = ServiceSettings
