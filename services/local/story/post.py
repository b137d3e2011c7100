"""All the mail of the story: waited for, and shown as its readers get it, the first of each kind in its words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from services.local.story.case import Case, Rows, instant
from services.local.story.client import Clock, wait_for
from services.local.story.telling import Teller

Waiting = list[tuple[Case, dict[str, Any]]]
OVER = ("delivered", "superseded", "expired", "failed")
HANDED = (*OVER, "sent")
MINUTES = timedelta(minutes=5)
"""Not worth a word, nor a stop: the grace for slips of the desk."""
RECOVERY = 240.0
"""Seconds: a killed worker's message is looked for before it is sent again."""


class Post:
    def __init__(self, cases: Sequence[Case], clock: Clock, tell: Teller) -> None:
        self.cases, self.clock, self.tell = cases, clock, tell
        self._shown: set[Any] = set()
        self.explained: list[str] = []
        """The messages of which it was told why."""

    def waiting(self) -> Waiting:
        """What was not handed over yet."""
        return [(case, message) for case in self.cases for message in case.messages() if message["state"] not in HANDED]

    def deliver(self, waiting: Waiting, due: datetime) -> Waiting:
        """Those due at this instant or soon after, handed over."""
        found = [(case, message) for case, message in waiting if _due(message) <= due + MINUTES]
        self.clock.move_to(max(_due(message) for _, message in found))
        for case in self.cases:
            if messages := [message for whose, message in found if whose is case]:
                wait_until(case, messages, HANDED)
                self._show([message for message in messages if _sort(message) not in self._shown], case)
        return found

    def see(self, case: Case, kind: str, channel: str | None = None, times: int = 1) -> Rows:
        """Wait until so many of a kind have arrived, or were given up; shows those that were not shown yet."""

        def enough() -> Rows | None:
            found = [m for m in case.messages() if m["kind"] == kind and m["channel"] == (channel or m["channel"])]
            found = [m for m in found if m["state"] != "superseded"]
            return found if len(found) >= times else None

        found = wait_for(kind.replace("_", " "), enough)
        due = max(_due(message) for message in found)
        if due > self.clock.now() + MINUTES:
            self.tell.fact(f"{found[0]['title'].lower()}: waits until {self.tell.local(due)}")
        self.clock.move_to(due)
        wait_until(case, found, OVER)
        self._show([message for message in found if message["id"] not in self._shown], case)
        return found

    def write(self, case: Case, body: str) -> None:
        """A text from the patient's phone."""
        self.tell.reply(self.clock.now(), case.patient.given, body)
        case.reply(body)

    def why(self, case: Case, message_id: str) -> None:
        """When it has arrived."""
        wait_until(case, [m for m in case.messages() if m["id"] == message_id], OVER)
        self.explained.append(message_id)
        self.tell.why(case.door.get(f"/api/notify/messages/{message_id}"))

    def arrived(self) -> None:
        """Everything that was handed over."""
        for case in self.cases:
            wait_until(case, [m for m in case.messages() if m["state"] != "planned"], OVER)

    def _show(self, messages: Rows, case: Case) -> None:
        self._shown |= {_sort(message) for message in messages} | {message["id"] for message in messages}
        ids = {message["id"] for message in messages}
        for message in [m for m in case.messages() if m["id"] in ids] if ids else []:
            at = message["sent_at"] or message["due_at"]
            for text in case.texts() if message["channel"] == "text" else ():
                if text["sid"] == message["provider_id"]:
                    self.tell.text(at, case.patient.given, text["body"], failed=message["state"] == "failed")
            for person, email in case.emails() if message["channel"] == "email" else ():
                if email["id"] == message["provider_id"]:
                    self.tell.email(at, person.called, email["subject"], email["text"])


def wait_until(case: Case, messages: Rows, states: Sequence[str]) -> None:
    """What is the desk's to tell waits for nobody."""
    ids = {message["id"] for message in messages if message["channel"] != "desk"}
    wait_for("delivery", lambda: ids <= {m["id"] for m in case.messages() if m["state"] in states}, patience=RECOVERY)


def _due(message: dict[str, Any]) -> datetime:
    return instant(message["due_at"])


def _sort(message: dict[str, Any]) -> tuple[str, str]:
    return message["kind"], message["channel"]
