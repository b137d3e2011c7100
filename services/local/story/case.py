"""One patient's referral, as the story looks at it from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from services.local.story.client import Door, StoryError, wait_for
from services.local.story.expected import Span
from services.local.story.referral import Person, Posted

Rows = list[dict[str, Any]]


class Case:
    """Posted, accepted, planned and booked, each when it is asked to. `spans` are the times its visits had so far."""

    def __init__(self, door: Door, posted: Posted) -> None:
        self.door, self.posted, self.patient = door, posted, posted.patient
        self.reference = self.referral_id = self.series_id = ""
        self.order: dict[str, Any] = {}
        self.spans: dict[int, list[Span]] = {}
        self.known: Rows = []
        """The visits, as they were looked at last."""
        self.takes_place = True

    def post(self) -> None:
        """Twice, as an impatient sender would."""
        first, again = (self.door.post(self.posted.path, self.posted.body, type_=self.posted.type_) for _ in range(2))
        if first["id"] != again["id"]:
            raise StoryError("the same referral, sent twice, made two")
        self.referral_id = first["id"]
        self.reference = self.door.get(f"/api/referrals/{self.referral_id}")["reference"]

    def accept(self) -> None:
        self.door.post(f"/api/referrals/{self.referral_id}/accept", {})
        self.order = wait_for("the order", self._orders)[0]

    def book(self, **wish: Any) -> dict[str, Any]:
        """The best series there is; its plan."""
        plan: dict[str, Any] = self.door.post("/api/booking/plans", {"order_id": self.order["id"], **wish})
        if not plan["feasible"]:
            raise StoryError(f"only {plan['forecast']['visits']} visits fit")
        visits = [{name: visit[name] for name in ("start_at", "therapist", "room")} for visit in plan["visits"]]
        booking = {"order_id": self.order["id"], "visits": visits}
        self.series_id = self.door.post("/api/booking/series", booking, key=str(uuid4()))["series_id"]
        return plan

    def find_series(self) -> None:
        """That somebody else booked."""
        [self.series_id] = self._orders()[0]["series"]

    def note(self, now: datetime) -> None:
        """What has become of the visits' times: to be asked after every act that may change one."""
        self.known = self.sessions()
        for session in self.known:
            spans = self.spans.setdefault(session["number"], [])
            starts_at = instant(session["starts_at"]) if session["status"] not in ("cancelled", "missed") else None
            if spans and spans[-1].until is None and spans[-1].starts_at != starts_at:
                spans[-1] = Span(spans[-1].starts_at, spans[-1].since, now)
            if starts_at and (not spans or spans[-1].until):
                spans.append(Span(starts_at, now))

    def messages(self) -> Rows:
        found: Rows = self.door.get("/api/notify/messages", referral_id=self.referral_id)
        return found

    def tasks(self) -> Rows:
        """What the desk was asked to do about the patient."""
        found: Rows = self.door.get("/api/notify/tasks", patient_id=self.order["patient_id"])
        return found

    def can_be_texted(self) -> bool:
        told = self.door.get(f"/api/notify/people/{self.order['patient_id']}/preferences")
        return bool(told["text"]["open"])

    def sessions(self) -> Rows:
        found: Rows = self.door.get(f"/api/booking/series/{self.series_id}")["sessions"] if self.series_id else []
        return found

    def visit(self, number: int) -> dict[str, Any]:
        return next(session for session in self.sessions() if session["number"] == number)

    def texts(self) -> Rows:
        """Those that the provider took for the patient's phone."""
        return [text for text in self._phone() if text["direction"] == "outbound-api"]

    def answers_of_twilio(self) -> list[str]:
        return [text["body"] for text in self._phone() if text["direction"] == "outbound-reply"]

    def emails(self) -> list[tuple[Person, dict[str, Any]]]:
        """With who got them."""
        people = (self.patient, *self.posted.physicians)
        got = [(one, self.door.get("/sandbox/emails.json", to=one.email)["emails"]) for one in people]
        return [(one, email) for one, emails in got for email in emails]

    def readers(self) -> dict[str, str]:
        """Who got what, by its provider id."""
        texts = {text["sid"]: self.patient.called for text in self.texts()}
        return texts | {email["id"]: person.called for person, email in self.emails()}

    def reply(self, body: str) -> None:
        self.door.post(f"/sandbox/phones/{self.patient.phone}/reply", {"body": body, "to": ""})

    def _orders(self) -> Rows:
        found: Rows = self.door.get("/api/booking/orders", referral_id=self.referral_id)
        return found

    def _phone(self) -> Rows:
        found: Rows = self.door.get("/sandbox/messages.json", to=self.patient.phone)["messages"]
        return found


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
