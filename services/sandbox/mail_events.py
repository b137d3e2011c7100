"""SendGrid's event webhook: what became of an e-mail, as a signed JSON array.

A non-2xx answer or none is tried again with growing pauses, the event ids changing each time:
for 24 hours by the real one, for about five minutes here.
"""

import json
import secrets
import time
from typing import Any

from .courier import Courier
from .knobs import Knobs
from .messages import Email
from .signing import EventKey
from .store import Store

PAUSES = (0.5, 1, 2, 4, 8, 15, 30, 30, 30, 60, 60, 60)
ENDS: dict[str, dict[str, Any]] = {
    "delivered": {"response": "250 OK"},
    "bounce": {"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 The email account does not exist"},
    "dropped": {"status": "5.0.0", "reason": "Bounced Address"},
    "deferred": {"response": "421 try again later", "attempt": "1"},
    "spamreport": {},
}
COURSES = {
    "delivered": ("processed", "delivered"),
    "bounce": ("processed", "bounce"),
    "deferred": ("processed", "deferred", "delivered"),
    "dropped": ("dropped",),
    "spamreport": ("processed", "delivered", "spamreport"),
    "unsubscribe": ("processed", "delivered", "unsubscribe"),
    "accepted": (),
    "processed": ("processed",),
}


class MailEvents:
    """Tells the clinic what became of each e-mail, one event every ``step_ms``."""

    def __init__(self, url: str, key: EventKey, store: Store, knobs: Knobs, courier: Courier) -> None:
        self._url, self._key, self._store, self._knobs, self._courier = url, key, store, knobs, courier

    def start(self, email: Email) -> None:
        for recipient in email.recipients:
            course = list(COURSES[self._outcome(recipient)])
            if self._knobs.happens("sendgrid", "callbacks.reordered"):
                course.reverse()
            self._go_on(email, recipient, course)

    def _outcome(self, address: str) -> str:
        """By knob, else by address: ``bounce@…`` and ``…@bounce.example`` bounce, and so on."""
        told = self._knobs.get("sendgrid", "outcomes").get(address)
        name, _, domain = address.lower().partition("@")
        guesses = (told, name, domain.removesuffix(".example"))
        return next((str(guess) for guess in guesses if guess in COURSES), "delivered")

    def _go_on(self, email: Email, recipient: str, course: list[str]) -> None:
        if not course:
            return

        def happen() -> None:
            if self._store.change_email(email.key, course[0]) is None:
                return
            for _ in range(self._times(email, course[0])):
                self._post(email, recipient, course[0], int(time.time()), 0)
            self._go_on(email, recipient, course[1:])

        pause = self._knobs.get("sendgrid", "step_ms") + self._knobs.get("sendgrid", "callbacks.delay_ms")
        self._courier.later(pause / 1000, happen)

    def _times(self, email: Email, kind: str) -> int:
        if not self._url:
            return 0
        if not self._knobs.get("sendgrid", "callbacks.on") or self._knobs.happens("sendgrid", "callbacks.lost"):
            self._store.note_callback(email.key, kind, "lost")
            return 0
        return 2 if self._knobs.happens("sendgrid", "callbacks.duplicated") else 1

    def _post(self, email: Email, recipient: str, kind: str, happened: int, attempt: int) -> None:
        body = json.dumps([event(email, recipient, kind, happened)]).encode()
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json;charset=utf-8",
            "User-Agent": "SendGrid Event API",
            "X-Twilio-Email-Event-Webhook-Signature": self._key.sign(timestamp, body),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }
        answer = self._courier.post(self._url, body, headers, connect=5, read=15)
        self._store.note_callback(email.key, kind, answer.short)
        told = self._knobs.get("sendgrid", "callbacks.retries")
        if not answer.accepted and attempt < (len(PAUSES) if told is None else told):
            again = PAUSES[min(attempt, len(PAUSES) - 1)]
            self._courier.later(again, lambda: self._post(email, recipient, kind, happened, attempt + 1))


def event(email: Email, recipient: str, kind: str, happened: int) -> dict[str, Any]:
    """One entry of the array; custom arguments come back flat and cannot hide SendGrid's own fields."""
    own = {
        "email": recipient,
        "timestamp": happened,
        "smtp-id": f"<{email.id}@geopod-ismtpd-1>",
        "event": kind,
        "sg_event_id": secrets.token_urlsafe(36),
        "sg_message_id": f"{email.id}.recvd-5d8f7c9b6-{email.key[-5:]}-1-{happened:08X}-1.0",
    }
    if email.categories:
        own["category"] = email.categories[0] if len(email.categories) == 1 else list(email.categories)
    return {**email.custom_args, **own, **ENDS.get(kind, {})}
