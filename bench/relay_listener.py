"""A worker that takes each event and, by committing, tells the bench that it did."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis.entrypoints import reacts_to
from services.chassis.settings import ServiceSettings
from services.chassis.worker import Worker
from services.contracts import booking


class Listener(Worker):
    name = "notify"

    @reacts_to(booking.SessionBooked)
    def session_booked(self, session: Session, event: Any) -> None:
        session.execute(text("NOTIFY consumed"))


worker = Listener
settings_class = ServiceSettings
