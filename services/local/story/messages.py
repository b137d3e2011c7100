"""The messages of one patient and their physician, waited for, shown once of each kind, and read as they would."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from services.local.story.case import Case, Rows, instant
from services.local.story.client import Clock, StoryError, wait_for
from services.local.story.telling import Teller

OVER = ("delivered", "superseded", "expired", "failed")


class Messages:
    def __init__(self, case: Case, clock: Clock, tell: Teller, shown: set[str] | None = None) -> None:
        self.case, self.clock, self.tell = case, clock, tell
        self._shown = set() if shown is None else shown

    def of(self, other: Case) -> Messages:
        return Messages(other, self.clock, self.tell, self._shown)

    def open(self) -> Rows:
        return [message for message in self.case.messages() if message["state"] not in OVER]

    def next_due(self) -> datetime | None:
        return min((instant(message["due_at"]) for message in self.open()), default=None)

    def deliver_until(self, moment: datetime) -> None:
        """Let time go by, message by message, so that none is late because we were in a hurry."""
        while (due := self.next_due()) and due <= moment:
            self.deliver(due)
        self.clock.move_to(moment)

    def deliver(self, due: datetime) -> Rows:
        """Those due at this instant."""
        messages = [message for message in self.open() if instant(message["due_at"]) <= due]
        self.clock.move_to(due)
        self._delivered({message["id"] for message in messages})
        self._show_first_of_each(messages)
        return messages

    def see(self, kind: str, times: int = 1) -> None:
        """Wait until this many of a kind are there, and delivered."""

        def enough() -> Rows | None:
            found = [m for m in self.case.messages() if m["kind"] == kind and m["state"] != "superseded"]
            return found if len(found) >= times else None

        found = wait_for(kind.replace("_", " "), enough)
        due = max(instant(message["due_at"]) for message in found)
        if due > self.clock.now():
            self.tell.fact(f"{kind.replace('_', ' ')} waits until {self.tell.local(due)}")
            self.clock.move_to(due)
        self._delivered({message["id"] for message in found})
        self._show_new(found)

    def _delivered(self, ids: set[str]) -> None:
        """Wait until these have reached their recipients, or never will."""
        wait_for(
            "delivery",
            lambda: ids <= {message["id"] for message in self.case.messages() if message["state"] in OVER},
            patience=240,
        )

    def _show_first_of_each(self, messages: Rows) -> None:
        for message in messages:
            if message["kind"] not in self._shown:
                self._show_new([message])

    def _show_new(self, messages: Rows) -> None:
        for message in messages:
            if message["id"] not in self._shown:
                self._shown |= {message["id"], message["kind"]}
                self._show(next(m for m in self.case.messages() if m["id"] == message["id"]))

    def _show(self, message: dict[str, Any]) -> None:
        for text in self.case.texts():
            if text["sid"] == message["provider_id"]:
                self.tell.text_message(text["body"])
        for email in self.case.emails():
            if email["id"] == message["provider_id"]:
                self.tell.email(email["subject"], email["text"])
                if message["kind"] == "closing_report":
                    self._open_the_report(email["text"])

    def _open_the_report(self, text: str) -> None:
        door = self.case.door
        link = re.search(r"https?://\S+/l/\S+", text)
        if not link:
            raise StoryError("the closing e-mail carries no link")
        page = door.page(door.url + "/l/" + link[0].rsplit("/l/", 1)[-1])
        if "Closing report" not in page:
            raise StoryError("the link in the closing e-mail does not open the closing report")
        self.tell.report(door.get(f"/api/booking/series/{self.case.series['series_id']}/report"))
