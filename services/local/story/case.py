"""One patient's referral, as the story looks at it from outside."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import uuid4

from services.local.story import referral
from services.local.story.client import Door, StoryError, wait_for

Rows = list[dict[str, Any]]


class Case:
    """Posted, accepted, planned and booked, each when it is asked to."""

    def __init__(self, door: Door, today: date) -> None:
        self.door = door
        self.posted = referral.fresh(today)
        self.reference = ""
        self.referral_id = ""
        self.order: dict[str, Any] = {}
        self.series: dict[str, Any] = {}

    def post(self) -> None:
        """Twice, as an impatient sender would."""
        task, again = (
            self.door.post("/api/referrals/fhir", self.posted.bundle, type_="application/fhir+json") for _ in range(2)
        )
        if task["id"] != again["id"]:
            raise StoryError("the same referral, sent twice, made two")
        self.reference = task["identifier"][0]["value"]
        self.referral_id = task["focus"]["reference"].rsplit("/", 1)[-1]

    def accept(self) -> None:
        self.door.post(f"/api/referrals/{self.referral_id}/accept", {})
        orders = wait_for("the order", lambda: self.door.get("/api/booking/orders", referral_id=self.referral_id))
        self.order = orders[0]

    def book(self, **wish: Any) -> dict[str, Any]:
        """The best series there is; its plan."""
        plan: dict[str, Any] = self.door.post("/api/booking/plans", {"order_id": self.order["id"], **wish})
        if not plan["feasible"]:
            raise StoryError(f"only {plan['forecast']['visits']} visits fit")
        visits = [{name: visit[name] for name in ("start_at", "therapist", "room")} for visit in plan["visits"]]
        booking = {"order_id": self.order["id"], "visits": visits}
        self.series = self.door.post("/api/booking/series", booking, key=str(uuid4()))
        return plan

    def messages(self) -> Rows:
        found: Rows = self.door.get("/api/notify/messages", referral_id=self.referral_id)
        return found

    def sessions(self) -> Rows:
        found: Rows = self.door.get(f"/api/booking/series/{self.series['series_id']}")["sessions"]
        return found

    def visit(self, number: int) -> dict[str, Any]:
        return next(session for session in self.sessions() if session["number"] == number)

    def texts(self) -> Rows:
        """Those that the patient's phone received."""
        found: Rows = self.door.get("/sandbox/messages.json", to=self.posted.phone)["messages"]
        return [text for text in found if text["direction"] != "inbound"]

    def emails(self) -> Rows:
        found: Rows = self.door.get("/sandbox/emails.json", to=self.posted.physician_email)["emails"]
        return found

    def reply(self, body: str) -> None:
        self.door.post(f"/sandbox/phones/{self.posted.phone}/reply", {"body": body, "to": ""})


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
