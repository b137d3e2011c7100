"""Time goes by for everybody, from one message or visit to the next, so that none is late because we hurry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.local.story.case import Case, instant
from services.local.story.client import wait_for
from services.local.story.post import Post

PAIN = ((8, 6), (7, 6), (7, 5), (6, 4), (5, 4), (5, 3), (4, 2), (3, 1))
"""Numeric pain rating (0–10) before and after each visit."""
TO_COME = ("booked", "confirmed")
Delivered = Callable[[Case, dict[str, Any]], None]


class Days:
    """`on_delivery` is told of every message, when it was handed over."""

    def __init__(self, post: Post, on_delivery: Delivered) -> None:
        self._post, self._on_delivery = post, on_delivery

    def until(self, moment: datetime) -> None:
        while self._one_thing(moment):
            pass
        self._post.clock.move_to(moment)

    def to_the_end(self) -> None:
        while self._one_thing(None):
            pass

    def _one_thing(self, before: datetime | None) -> bool:
        """The next message or visit; False when there is none before that moment."""
        waiting = self._post.waiting()
        due = min((instant(message["due_at"]) for _, message in waiting), default=None)
        case, visit = self._next_visit()
        ends = instant(visit["ends_at"]) if visit else None
        at = min((one for one in (due, ends) if one), default=None)
        if at is None or (before and at > before):
            return False
        if due == at:
            for delivered in self._post.deliver(waiting, at):
                self._on_delivery(*delivered)
        elif case and visit:
            self._takes_place(case, visit, at)
        return True

    def _next_visit(self) -> tuple[Case | None, dict[str, Any] | None]:
        to_come = [
            (case, visit)
            for case in self._post.cases
            if case.takes_place
            for visit in case.known
            if visit["status"] in TO_COME
        ]
        return min(to_come, key=lambda one: instant(one[1]["ends_at"]), default=(None, None))

    def _takes_place(self, case: Case, visit: dict[str, Any], ends: datetime) -> None:
        self._post.clock.move_to(ends)
        before, after = PAIN[(visit["number"] - 1) % len(PAIN)]
        note = {
            "pain_before": before, "pain_after": after, "pressure": 2, "techniques": ["myofascial_release"],
            "note": "Tolerated well.",
        }  # fmt: skip
        case.door.post(f"/api/booking/sessions/{visit['id']}/complete", note)
        case.note(self._post.clock.now())
        which = f"{case.patient.given}'s visit {visit['number']} of {len(case.spans)}"
        self._post.tell.fact(f"{self._post.tell.local(visit['starts_at'])}  {which}, pain {before} → {after}")
        self._is_told(case, visit)

    def _is_told(self, case: Case, visit: dict[str, Any]) -> None:
        """What follows from the visit is planned, before time goes on."""
        follow = {"series_finished", "closing_report"} if visit["number"] == len(case.spans) else {"aftercare"}

        def told() -> bool:
            about = [m for m in case.messages() if m["session_id"] == visit["id"] or m["kind"] != "aftercare"]
            return follow <= {message["kind"] for message in about}

        wait_for("what follows from the visit", told)
