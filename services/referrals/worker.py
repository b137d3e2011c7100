"""The nameko service of referrals: it follows what booking tells about its referrals."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.chassis.entrypoints import every, reacts_to
from services.chassis.worker import Worker
from services.contracts import booking, notify
from services.referrals.course import progress
from services.referrals.course.expire import expire_some, remind_some
from services.referrals.forms.practice import clinic_changed
from services.referrals.paper.shelf import look_after_some
from services.referrals.people.consent import consent_changed
from services.referrals.settings import Settings, vault


class ReferralsWorker(Worker):
    name = "referrals"

    @reacts_to(booking.SeriesBooked)
    def series_booked(self, session: Session, event: booking.SeriesBooked) -> None:
        progress.series_stands(session, self._desk(), event, "open")

    @reacts_to(booking.SeriesChanged)
    def series_changed(self, session: Session, event: booking.SeriesChanged) -> None:
        progress.series_stands(session, self._desk(), event, "open")

    @reacts_to(booking.SessionBooked)
    def session_booked(self, session: Session, event: booking.SessionBooked) -> None:
        progress.visit_stands(session, event)

    @reacts_to(booking.SessionConfirmed)
    def session_confirmed(self, session: Session, event: booking.SessionConfirmed) -> None:
        progress.visit_stands(session, event)

    @reacts_to(booking.SessionMoved)
    def session_moved(self, session: Session, event: booking.SessionMoved) -> None:
        progress.visit_stands(session, event)

    @reacts_to(booking.SessionArrived)
    def session_arrived(self, session: Session, event: booking.SessionArrived) -> None:
        progress.visit_stands(session, event)

    @reacts_to(booking.SessionCancelled)
    def session_cancelled(self, session: Session, event: booking.SessionCancelled) -> None:
        progress.visit_stands(session, event)

    @reacts_to(booking.SessionMissed)
    def session_missed(self, session: Session, event: booking.SessionMissed) -> None:
        progress.visit_stands(session, event)

    @reacts_to(booking.SessionRestored)
    def session_restored(self, session: Session, event: booking.SessionRestored) -> None:
        progress.visit_stands(session, event)

    @reacts_to(booking.SessionCompleted)
    def session_completed(self, session: Session, event: booking.SessionCompleted) -> None:
        progress.visit_stands(session, event)
        progress.visit_kept(session, self._desk(), event)

    @reacts_to(booking.SeriesCompleted)
    def series_completed(self, session: Session, event: booking.SeriesCompleted) -> None:
        progress.series_stands(session, self._desk(), event, "completed")

    @reacts_to(notify.ConsentChanged)
    def consent_changed(self, session: Session, event: notify.ConsentChanged) -> None:
        consent_changed(session, self.runtime.outbox, vault(self.runtime), event)

    @reacts_to(booking.ClinicChanged)
    def clinic_changed(self, session: Session, event: booking.ClinicChanged) -> None:
        clinic_changed(session, event)

    @reacts_to(booking.SeriesCancelled)
    def series_cancelled(self, session: Session, event: booking.SeriesCancelled) -> None:
        progress.series_stands(session, self._desk(), event, "cancelled")

    def _desk(self) -> progress.Desk:
        chosen = self.runtime.settings
        assert isinstance(chosen, Settings)
        return progress.Desk(self.runtime.outbox, vault(self.runtime), chosen.contraindications)

    @every(seconds=60)
    def expire(self) -> None:
        while expire_some(self.runtime):
            pass

    @every(seconds=60)
    def remind(self) -> None:
        while remind_some(self.runtime):
            pass

    @every(seconds=60)
    def look_after_scans(self) -> None:
        while look_after_some(self.runtime):
            pass


worker = ReferralsWorker
settings_class = Settings
