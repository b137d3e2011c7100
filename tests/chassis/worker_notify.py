"""A worker that notes each visit it hears of and answers with an event of its own."""

import time

from services.chassis.entrypoints import reacts_to
from services.chassis.ids import new_id
from services.chassis.settings import ServiceSettings
from services.chassis.worker import Worker
from services.contracts import booking, notify
from tests.chassis.facts import NOON, POISON, SLOW, SLOW_SECONDS, take_effect


class NotifyWorker(Worker):
    name = "notify"

    @reacts_to(booking.SessionBooked)
    def session_booked(self, session, event):
        take_effect(session, event)
        if event.number == POISON:
            raise ValueError(f"canary {event.session_id}")
        if event.number == SLOW:
            time.sleep(SLOW_SECONDS)
        reply = {"reply_id": new_id(), "patient_id": event.patient_id, "session_id": event.session_id}
        self.runtime.outbox.record(
            session, notify.PatientReplied(version=1, intent="confirm", replied_at=NOON, **reply)
        )


worker = NotifyWorker
settings_class = ServiceSettings
