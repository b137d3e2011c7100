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
        progress.series_stands(session, event, completed=False)

    @reacts_to(booking.SessionCompleted)
    def session_completed(self, session: Session, event: booking.SessionCompleted) -> None:
        progress.visit_kept(session, event)

    @reacts_to(booking.SeriesCompleted)
    def series_completed(self, session: Session, event: booking.SeriesCompleted) -> None:
        progress.series_stands(session, event, completed=True)


worker = ReferralsWorker
settings_class = Settings
