"""The notify worker: everything it reacts to, and what it does by itself."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from nameko.extensions import DependencyProvider
from sqlalchemy.orm import Session

from services.chassis import context
from services.chassis.entrypoints import every, reacts_to
from services.chassis.worker import Worker
from services.contracts import booking, referrals
from services.notify import desk
from services.notify.people import one_person
from services.notify.people.addresses import book_of
from services.notify.people.erase import patient_erased
from services.notify.planning import learn, obstacles, replan
from services.notify.planning.learn import Act
from services.notify.sending import following, resolve, unreported
from services.notify.sending.dispatch import MYSELF, dispatch_for
from services.notify.settings import Settings, settings_of
from services.notify.talk import choosing
from services.notify.transports import Transport, transports

BUSY_FOR = 2.0
"""Seconds of work in one go."""
SENDING_FOR = 5.0
"""Seconds of sending in one go: less than a worker that is to stop has time for."""


class Transports(DependencyProvider):  # type: ignore[misc]
    """The ways out, made once for the process."""

    def setup(self) -> None:
        self.made = transports(settings_of(self.container.config["runtime"]))

    def get_dependency(self, worker_ctx: Any) -> Mapping[str, Transport]:
        return self.made


class NotifyWorker(Worker):
    name = "notify"
    transports: Mapping[str, Transport] = Transports()

    @reacts_to(referrals.PatientContactChanged)
    def patient_contact_changed(self, session: Session, event: referrals.PatientContactChanged) -> None:
        learn.patient(session, book_of(self.runtime), event)

    @reacts_to(referrals.PhysicianContactChanged)
    def physician_contact_changed(self, session: Session, event: referrals.PhysicianContactChanged) -> None:
        learn.physician(session, book_of(self.runtime), event)

    @reacts_to(referrals.ReferralReceived)
    def referral_received(self, session: Session, event: referrals.ReferralReceived) -> None:
        learn.referral(session, event, received_at=event.received_at)

    @reacts_to(referrals.ReferralAccepted)
    def referral_accepted(self, session: Session, event: referrals.ReferralAccepted) -> None:
        learn.referral(session, event, accepted_at=event.accepted_at)

    @reacts_to(referrals.ReferralDeclined)
    def referral_declined(self, session: Session, event: referrals.ReferralDeclined) -> None:
        learn.referral(session, event)

    @reacts_to(referrals.ReferralAmended)
    def referral_amended(self, session: Session, event: referrals.ReferralAmended) -> None:
        learn.referral(session, event)

    @reacts_to(referrals.ReferralEnded)
    def referral_ended(self, session: Session, event: referrals.ReferralEnded) -> None:
        learn.referral(session, event)

    @reacts_to(referrals.ReferralStalled)
    def referral_stalled(self, session: Session, event: referrals.ReferralStalled) -> None:
        obstacles.stalled(session, event)

    @reacts_to(referrals.ReferralResumed)
    def referral_resumed(self, session: Session, event: referrals.ReferralResumed) -> None:
        obstacles.resumed(session, event)

    @reacts_to(referrals.ScanOverlooked)
    def scan_overlooked(self, session: Session, event: referrals.ScanOverlooked) -> None:
        obstacles.scan_overlooked(session, event)

    @reacts_to(referrals.ScanSettled)
    def scan_settled(self, session: Session, event: referrals.ScanSettled) -> None:
        obstacles.scan_settled(session, event)

    @reacts_to(referrals.PatientErased)
    def patient_erased(self, session: Session, event: referrals.PatientErased) -> None:
        patient_erased(session, book_of(self.runtime), event)

    @reacts_to(referrals.PatientsMerged)
    def patients_merged(self, session: Session, event: referrals.PatientsMerged) -> None:
        one_person.merged(session, event)

    @reacts_to(referrals.PatientsSeparated)
    def patients_separated(self, session: Session, event: referrals.PatientsSeparated) -> None:
        one_person.separated(session, event)

    @reacts_to(booking.ClinicChanged)
    def clinic_changed(self, session: Session, event: booking.ClinicChanged) -> None:
        learn.clinic(session, event)

    @reacts_to(booking.SeriesBooked)
    def series_booked(self, session: Session, event: booking.SeriesBooked) -> None:
        learn.series(session, event, event.booked_at, booked_at=event.booked_at)

    @reacts_to(booking.SeriesChanged)
    def series_changed(self, session: Session, event: booking.SeriesChanged) -> None:
        learn.series(session, event, event.changed_at)

    @reacts_to(booking.SeriesCompleted)
    def series_completed(self, session: Session, event: booking.SeriesCompleted) -> None:
        learn.series(session, event, event.completed_at)

    @reacts_to(booking.SeriesCancelled)
    def series_cancelled(self, session: Session, event: booking.SeriesCancelled) -> None:
        learn.series(session, event, event.cancelled_at)

    @reacts_to(booking.SessionBooked)
    def session_booked(self, session: Session, event: booking.SessionBooked) -> None:
        learn.visit(session, event, Act("booked"))

    @reacts_to(booking.SessionConfirmed)
    def session_confirmed(self, session: Session, event: booking.SessionConfirmed) -> None:
        learn.visit(session, event)

    @reacts_to(booking.SessionMoved)
    def session_moved(self, session: Session, event: booking.SessionMoved) -> None:
        learn.visit(session, event, Act("moved", event.moved_at, event.by, event.moved_from))

    @reacts_to(booking.SessionArrived)
    def session_arrived(self, session: Session, event: booking.SessionArrived) -> None:
        learn.visit(session, event)

    @reacts_to(booking.SessionCompleted)
    def session_completed(self, session: Session, event: booking.SessionCompleted) -> None:
        learn.visit(session, event, completed_at=event.completed_at)

    @reacts_to(booking.SessionCancelled)
    def session_cancelled(self, session: Session, event: booking.SessionCancelled) -> None:
        learn.visit(session, event, Act("cancelled", event.cancelled_at, event.by))

    @reacts_to(booking.SessionMissed)
    def session_missed(self, session: Session, event: booking.SessionMissed) -> None:
        learn.visit(session, event, Act("missed", event.missed_at))

    @reacts_to(booking.SessionRestored)
    def session_restored(self, session: Session, event: booking.SessionRestored) -> None:
        learn.visit(session, event, Act("restored", event.restored_at))

    @reacts_to(booking.RenewalAdvised)
    def renewal_advised(self, session: Session, event: booking.RenewalAdvised) -> None:
        learn.renewal(session, event)

    @reacts_to(booking.WaitlistOffered)
    def waitlist_offered(self, session: Session, event: booking.WaitlistOffered) -> None:
        learn.offer(session, event, offered_at=event.offered_at)

    @reacts_to(booking.OfferEnded)
    def offer_ended(self, session: Session, event: booking.OfferEnded) -> None:
        learn.offer(session, event, ended_at=event.ended_at, how=event.how)

    @reacts_to(booking.ChoiceRefused)
    def choice_refused(self, session: Session, event: booking.ChoiceRefused) -> None:
        choosing.refused(session, event)

    @reacts_to(booking.DeskAsked)
    def desk_asked(self, session: Session, event: booking.DeskAsked) -> None:
        desk.asked(session, event)

    @every(seconds=0.5)
    def dispatch(self) -> None:
        """As long as there is something due, but so that the worker can be stopped in between."""
        context.actor.set(MYSELF)
        dispatch_for(self.runtime, self.transports, SENDING_FOR)

    @every(seconds=1)
    def find_times(self) -> None:
        """Of which patients who asked for another time may choose."""
        context.actor.set(MYSELF)
        choosing.find(self.runtime)

    @every(seconds=1)
    def follow(self) -> None:
        """What providers told that did not go well."""
        until = time.monotonic() + BUSY_FOR
        while following.some(self.runtime) and time.monotonic() < until:
            pass

    @every(seconds=10)
    def ask_about_texts(self) -> None:
        """What became of texts whose report is missing."""
        context.actor.set(MYSELF)
        until = time.monotonic() + BUSY_FOR
        while unreported.ask_due(self.runtime, self.transports) and time.monotonic() < until:
            pass

    @every(seconds=1)
    def plan_anew(self) -> None:
        """What a new policy of the clinic changes, a few referrals at a time."""
        context.actor.set(MYSELF)
        until = time.monotonic() + BUSY_FOR
        while replan.some(self.runtime) and time.monotonic() < until:
            pass

    @every(seconds=2)
    def look_after(self) -> None:
        """Close what is past its time, and find out what became of what is unknown."""
        context.actor.set(MYSELF)
        resolve.expire(self.runtime)
        resolve.sweep(self.runtime)
        until = time.monotonic() + BUSY_FOR
        while resolve.resolve_due(self.runtime, self.transports) and time.monotonic() < until:
            pass


worker = NotifyWorker
settings_class = Settings
