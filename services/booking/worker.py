"""Booking's worker: orders come in, patients answer, time goes by."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.booking.erase import patient_erased
from services.booking.orders.end_order import end_order
from services.booking.orders.renew import advise_renewals
from services.booking.orders.take_order import take_order
from services.booking.orders.uncovered import look_at_lapsed
from services.booking.settings import Settings, vault
from services.booking.visits import one_person
from services.booking.visits.choose import time_chosen
from services.booking.visits.confirm import patient_replied
from services.booking.visits.release_hold import release_expired
from services.booking.waitlist.answer import offer_answered
from services.booking.waitlist.offering import go_on
from services.chassis.entrypoints import every, reacts_to
from services.chassis.worker import Worker
from services.contracts.notify import OfferAnswered, PatientReplied, TimeChosen
from services.contracts.referrals import (
    PatientErased,
    PatientsMerged,
    PatientsSeparated,
    ReferralAccepted,
    ReferralAmended,
    ReferralEnded,
)


class BookingWorker(Worker):
    name = "booking"

    @reacts_to(ReferralAccepted)
    def referral_accepted(self, session: Session, event: ReferralAccepted) -> None:
        take_order(session, self.runtime.outbox, vault(self.runtime), event)

    @reacts_to(ReferralAmended)
    def referral_amended(self, session: Session, event: ReferralAmended) -> None:
        take_order(session, self.runtime.outbox, vault(self.runtime), event)

    @reacts_to(ReferralEnded)
    def referral_ended(self, session: Session, event: ReferralEnded) -> None:
        end_order(session, self.runtime.outbox, event)

    @reacts_to(PatientsMerged)
    def patients_merged(self, session: Session, event: PatientsMerged) -> None:
        one_person.merged(session, event)

    @reacts_to(PatientsSeparated)
    def patients_separated(self, session: Session, event: PatientsSeparated) -> None:
        one_person.separated(session, event)

    @reacts_to(PatientErased)
    def patient_erased(self, session: Session, event: PatientErased) -> None:
        patient_erased(session, self.runtime.outbox, self.runtime.seal, event)

    @reacts_to(PatientReplied)
    def patient_replied(self, session: Session, event: PatientReplied) -> None:
        patient_replied(session, self.runtime.outbox, event)

    @reacts_to(OfferAnswered)
    def offer_answered(self, session: Session, event: OfferAnswered) -> None:
        offer_answered(session, self.runtime.outbox, event)

    @reacts_to(TimeChosen)
    def time_chosen(self, session: Session, event: TimeChosen) -> None:
        time_chosen(session, self.runtime.outbox, event)

    @every(seconds=5)
    def release_holds(self) -> None:
        while release_expired(self.runtime):
            pass

    @every(seconds=1)
    def offer_freed(self) -> None:
        go_on(self.runtime.sessions, self.runtime.outbox)

    @every(seconds=60)
    def look_at_lapsed_orders(self) -> None:
        while look_at_lapsed(self.runtime):
            pass

    @every(seconds=60)
    def advise_renewals(self) -> None:
        advise_renewals(self.runtime)


worker = BookingWorker
settings_class = Settings
