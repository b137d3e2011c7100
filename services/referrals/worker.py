"""The nameko service of referrals: it follows what booking tells about its referrals."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.chassis.entrypoints import reacts_to
from services.chassis.worker import Worker
from services.contracts import booking
from services.referrals import progress
from services.referrals.settings import Settings


class ReferralsWorker(Worker):
    name = "referrals"

    @reacts_to(booking.SeriesBooked)
    def series_booked(self, session: Session, event: booking.SeriesBooked) -> None:
        progress.series_stands(session, event, "open")

    @reacts_to(booking.SeriesChanged)
    def series_changed(self, session: Session, event: booking.SeriesChanged) -> None:
        progress.series_stands(session, event, "open")

    @reacts_to(booking.SessionCompleted)
    def session_completed(self, session: Session, event: booking.SessionCompleted) -> None:
        progress.visit_kept(session, event)

    @reacts_to(booking.SeriesCompleted)
    def series_completed(self, session: Session, event: booking.SeriesCompleted) -> None:
        progress.series_stands(session, event, "completed")

    @reacts_to(booking.SeriesCancelled)
    def series_cancelled(self, session: Session, event: booking.SeriesCancelled) -> None:
        progress.series_stands(session, event, "cancelled")


worker = ReferralsWorker
settings_class = Settings
