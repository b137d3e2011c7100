"""A text on its way: queued, sent, delivered or not, and the status callbacks about it."""

from datetime import UTC, datetime
from typing import Any

from .courier import Answer, Courier
from .knobs import Knobs
from .messages import Text
from .store import Store
from .texts import NOBODY, NOBODYS, POOL_SENDER
from .twilio_hooks import TwilioHooks

Change = dict[str, Any]
NEVER_LEFT = {30001, 30002, 30022, 30034, 30035, 30610}
"""Failures before the carrier: the text is ``failed``, every other one leaves it ``undelivered``."""


class Delivery:
    """Moves each accepted text through its statuses, one step every ``step_ms``."""

    def __init__(self, account_sid: str, store: Store, knobs: Knobs, courier: Courier, hooks: TwilioHooks) -> None:
        self._account_sid, self._store, self._knobs = account_sid, store, knobs
        self._courier, self._hooks = courier, hooks

    def start(self, text: Text) -> None:
        steps = self._steps(text)
        reports = [[step] for step in steps]
        if self._knobs.happens("twilio", "callbacks.reordered"):
            reports = [[] for _ in steps[1:]] + [steps[::-1]]
        self._go_on(text, list(zip(steps, reports, strict=False)))

    def _go_on(self, text: Text, course: list[tuple[Change, list[Change]]]) -> None:
        """Plan the next step; the one after it is planned when this one's callbacks have been posted."""
        if not course:
            return

        def step() -> None:
            moved = self._move(text, course[0][0])
            if moved:
                self._report_all(moved, course[0][1])
                self._go_on(text, course[1:])

        self._courier.later(self._knobs.get("twilio", "step_ms") / 1000, step)

    def _move(self, text: Text, change: Change) -> Text | None:
        sent = {"sent_at": datetime.now(UTC)} if change["status"] in ("sent", "failed") else {}
        return self._store.change_text(text.sid, **change, **sent)

    def _steps(self, text: Text) -> list[Change]:
        """Every change after creation. No callback is ever sent for the initial status."""
        outcome = self._knobs.get("twilio", "outcomes").get(text.to, NOBODY if NOBODYS.fullmatch(text.to) else None)
        queued = [{"status": "queued", "sender": text.sender or POOL_SENDER}] if text.messaging_service_sid else []
        if isinstance(outcome, int) and outcome in NEVER_LEFT:
            return [*queued, {"status": "failed", "error_code": outcome}]
        if isinstance(outcome, int):
            return [*queued, {"status": "sent"}, {"status": "undelivered", "error_code": outcome}]
        steps = [*queued, {"status": "sent"}, {"status": "delivered"}]
        statuses = [step["status"] for step in steps]
        return steps[: statuses.index(outcome) + 1] if outcome in statuses else steps if outcome is None else []

    def _report_all(self, text: Text, changes: list[Change]) -> None:
        for change in changes if text.status_callback else []:
            self._report(text, change)

    def _report(self, text: Text, change: Change) -> None:
        if not self._knobs.get("twilio", "callbacks.on") or self._knobs.happens("twilio", "callbacks.lost"):
            self._store.note_callback(text.sid, change["status"], "lost")
            return
        times = 2 if self._knobs.happens("twilio", "callbacks.duplicated") else 1
        delay = self._knobs.get("twilio", "callbacks.delay_ms") / 1000
        for _ in range(times):
            if delay:
                self._courier.later(delay, lambda: self._post(text, change))
            else:
                self._post(text, change)

    def _post(self, text: Text, change: Change) -> None:
        def answered(answer: Answer) -> None:
            self._store.note_callback(text.sid, change["status"], answer.short)

        retries = self._knobs.get("twilio", "callbacks.retries")
        self._hooks.send(str(text.status_callback), self._fields(text, change), answered, retries)

    def _fields(self, text: Text, change: Change) -> dict[str, str]:
        fields = {
            "AccountSid": self._account_sid,
            "ApiVersion": "2010-04-01",
            "From": text.sender or "",
            "MessageSid": text.sid,
            "MessageStatus": change["status"],
            "SmsSid": text.sid,
            "SmsStatus": change["status"],
            "To": text.to,
        }
        if text.messaging_service_sid:
            fields["MessagingServiceSid"] = text.messaging_service_sid
        if "error_code" in change:
            fields["ErrorCode"] = str(change["error_code"])
        return fields
