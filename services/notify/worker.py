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
from services.notify import learn, resolve
from services.notify.addresses import book_of
from services.notify.dispatch import MYSELF, dispatch_due
from services.notify.settings import Settings, settings_of
from services.notify.transports import Transport, transports

BUSY_FOR = 2.0
"""Seconds of dispatching in one go."""


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
        learn.referral(session, event, declined_at=event.declined_at)

    @reacts_to(booking.ClinicChanged)
    def clinic_changed(self, session: Session, event: booking.ClinicChanged) -> None:
        learn.clinic(session, event)

    @reacts_to(booking.SeriesBooked)
    def series_booked(self, session: Session, event: booking.SeriesBooked) -> None:
        learn.series(session, event, booked_at=event.booked_at)

    @reacts_to(booking.SeriesCompleted)
    def series_completed(self, session: Session, event: booking.SeriesCompleted) -> None:
        learn.series(session, event, completed_at=event.completed_at)

    @reacts_to(booking.SessionBooked)
    def session_booked(self, session: Session, event: booking.SessionBooked) -> None:
        learn.visit(session, event)

    @reacts_to(booking.SessionConfirmed)
    def session_confirmed(self, session: Session, event: booking.SessionConfirmed) -> None:
        learn.visit(session, event)

    @reacts_to(booking.SessionCompleted)
    def session_completed(self, session: Session, event: booking.SessionCompleted) -> None:
        learn.visit(session, event, completed_at=event.completed_at)

    @every(seconds=0.5)
    def dispatch(self) -> None:
        """As long as there is something due, but so that the worker can be stopped in between."""
        context.actor.set(MYSELF)
        until = time.monotonic() + BUSY_FOR
        while dispatch_due(self.runtime, self.transports) and time.monotonic() < until:
            pass

    @every(seconds=2)
    def look_after(self) -> None:
        """Close what is past its time, and find out what became of what is unknown."""
        context.actor.set(MYSELF)
        resolve.expire(self.runtime)
        resolve.sweep(self.runtime)
        resolve.resolve_due(self.runtime, self.transports)


worker = NotifyWorker
settings_class = Settings
