"""What a patient writes back: C to the first reminder; R to a later one, and then the number of another time."""

from __future__ import annotations

from typing import Any

from services.local.story.case import Case
from services.local.story.client import wait_for
from services.local.story.post import Post


class Answers:
    """Called with every message that was delivered."""

    def __init__(self, case: Case, post: Post) -> None:
        self._case, self._post = case, post
        self._confirmed = self._chose = False

    def __call__(self, case: Case, message: dict[str, Any]) -> None:
        if case is not self._case or not message["kind"].startswith("reminder_"):
            return
        if not self._confirmed:
            self._confirm(message["session_id"])
        elif not self._chose and message["kind"] == "reminder_2880":
            self._choose_another_time(message["session_id"])

    def _confirm(self, visit_id: str) -> None:
        self._confirmed = True
        self._write("C")
        wait_for("the confirmation", lambda: self._visit(visit_id)["status"] == "confirmed")
        self._post.tell.fact("the visit is confirmed")

    def _choose_another_time(self, visit_id: str) -> None:
        self._chose = True
        tell, was = self._post.tell, self._visit(visit_id)
        tell.chapter(f"{self._case.patient.given} would like another time: R, and the number of one of three")
        self._write("R")
        [offer] = self._post.see(self._case, "other_times")
        digit = "2" if "2: " in self._body(offer) else "1"
        moves = len([m for m in self._case.messages() if m["kind"] == "moved" and m["state"] == "delivered"])
        self._write(digit)
        now = wait_for("the new time", lambda: _if_elsewhen(self._visit(visit_id), was))
        self._case.note(self._post.clock.now())
        tell.fact(
            f"visit {now['number']} is on {tell.local(now['starts_at'])} instead of {tell.local(was['starts_at'])}"
        )
        self._post.see(self._case, "moved", times=moves + 1)
        tell.chapter("Time goes on")

    def _write(self, body: str) -> None:
        self._post.write(self._case, body)

    def _visit(self, visit_id: str) -> dict[str, Any]:
        return next(visit for visit in self._case.sessions() if visit["id"] == visit_id)

    def _body(self, message: dict[str, Any]) -> str:
        sid = next(m["provider_id"] for m in self._case.messages() if m["id"] == message["id"])
        return str(next(text["body"] for text in self._case.texts() if text["sid"] == sid))


def _if_elsewhen(visit: dict[str, Any], was: dict[str, Any]) -> dict[str, Any] | None:
    return visit if visit["starts_at"] != was["starts_at"] else None
