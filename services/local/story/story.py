"""One referral's whole round trip, told through the public door: intake, review, plan, series, texts,
e-mails, a reply, the visits, the closing report."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from services.booking import clinic_file
from services.local.story import referral
from services.local.story.client import Clock, Door, StoryError, wait_for
from services.local.story.tally import Tally, tally
from services.local.story.telling import Teller

PAIN = ((8, 6), (7, 6), (7, 5), (6, 4), (5, 4), (5, 3), (4, 2), (3, 1))
"""Numeric pain rating (0–10) before and after each visit."""

AHEAD = timedelta(days=4)
"""The series begins late enough for its first reminder."""


class Story:
    def __init__(self, door: Door, teller: Teller) -> None:
        self.door = door
        self.tell = teller
        self.clock = Clock(door)
        self._shown: set[str] = set()

    def run(self) -> Tally:
        self._open_the_clinic()
        self._referral_arrives()
        self._therapist_accepts()
        self._series_is_booked()
        self._time_goes_by()
        return self._count_everything()

    def _open_the_clinic(self) -> None:
        self.tell.chapter("The clinic")
        self.clock.reset()
        clinic = self.door.get("/api/booking/clinic") or load_example_clinic(self.door)
        self.tell.zone = self.zone = ZoneInfo(clinic["timezone"])
        self.tell.fact(f"{clinic['name']}: {len(clinic['therapists'])} therapists, {len(clinic['rooms'])} rooms")

    def _referral_arrives(self) -> None:
        self.tell.chapter("A physician's EHR sends a referral (FHIR R4 Bundle)")
        today = self.clock.now().astimezone(self.zone).date()
        self.posted = referral.fresh(today)
        task = self.door.post("/api/referrals/fhir", self.posted.bundle, type_="application/fhir+json")
        again = self.door.post("/api/referrals/fhir", self.posted.bundle, type_="application/fhir+json")
        if task["id"] != again["id"]:
            raise StoryError("the same referral, sent twice, made two")
        self.referral_id = task["focus"]["reference"].rsplit("/", 1)[-1]
        self.tell.fact(f"received as {task['identifier'][0]['value']}; sent again by mistake, it stays one")
        self._see("referral_received")

    def _therapist_accepts(self) -> None:
        self.tell.chapter("The therapist reviews and accepts it")
        self.door.post(f"/api/referrals/{self.referral_id}/accept", {})
        orders = wait_for("the order", lambda: self.door.get("/api/booking/orders", referral_id=self.referral_id))
        self.order = orders[0]
        terms = self.order["terms"]
        self.tell.fact(
            f"booking has the order: {terms['visits']} visits of {terms['session_minutes']} minutes,"
            f" {terms['cadence_visits']} in {terms['cadence_days']} days"
        )

    def _series_is_booked(self) -> None:
        self.tell.chapter("The series is planned and booked")
        earliest = (self.clock.now() + AHEAD).astimezone(self.zone).date().isoformat()
        plan = self.door.post("/api/booking/plans", {"order_id": self.order["id"], "earliest": earliest})
        if not plan["feasible"]:
            raise StoryError(f"only {plan['forecast']['visits']} visits fit")
        visits = [{"start_at": v["start_at"], "therapist": v["therapist"], "room": v["room"]} for v in plan["visits"]]
        self.series = self.door.post(
            "/api/booking/series", {"order_id": self.order["id"], "visits": visits}, key=str(uuid4())
        )
        self.visits = len(self.series["sessions"])
        self.tell.visits(self.series["sessions"], plan["cost"])
        self._see("series_confirmation")
        self._see("series_booked")

    def _time_goes_by(self) -> None:
        self.tell.chapter("Time goes by: reminders, visits, updates")
        confirmed = False
        while (step := self._next_step()) is not None:
            at, messages, session = step
            self.clock.move_to(at)
            if session:
                self._visit_takes_place(session)
                continue
            self._delivered({m["id"] for m in messages})
            self._show_first_of_each(messages)
            if not confirmed and any(m["kind"].startswith("reminder") for m in messages):
                self._patient_confirms()
                confirmed = True

    def _next_step(self) -> tuple[datetime, list[dict[str, Any]], dict[str, Any] | None] | None:
        """What comes first: the messages due next, or the end of the next visit; None when all is over."""
        planned = [m for m in self._messages() if m["state"] not in ("delivered", "superseded", "expired", "failed")]
        open_ = [s for s in self._sessions() if s["status"] in ("booked", "confirmed")]
        due = min((_instant(m["due_at"]) for m in planned), default=None)
        visit = min(open_, key=lambda s: s["number"], default=None)
        ends = _instant(visit["ends_at"]) if visit else None
        if due and (ends is None or due <= ends):
            return due, [m for m in planned if _instant(m["due_at"]) == due], None
        return (ends, [], visit) if ends else None

    def _patient_confirms(self) -> None:
        self.door.post(f"/sandbox/phones/{self.posted.phone}/reply", {"body": "C", "to": ""})
        self.tell.text_message("C", mine=True)
        wait_for("the confirmation", lambda: any(s["status"] == "confirmed" for s in self._sessions()))
        self.tell.fact("the visit is confirmed")

    def _visit_takes_place(self, session: dict[str, Any]) -> None:
        before, after = PAIN[(session["number"] - 1) % len(PAIN)]
        note = {
            "pain_before": before,
            "pain_after": after,
            "pressure": 2,
            "techniques": ["myofascial_release"],
            "note": "Tolerated well.",
        }
        self.door.post(f"/api/booking/sessions/{session['id']}/complete", note)
        self.tell.fact(
            f"{self.tell.local(session['starts_at'])}: visit {session['number']} of {self.visits},"
            f" pain {before} → {after}"
        )
        wait_for(
            "the update after the visit",
            lambda: (
                {"aftercare", "session_update"}
                <= {m["kind"] for m in self._messages() if m["session_id"] == session["id"]}
            ),
        )
        if session["number"] == self.visits:
            wait_for("the closing report", lambda: any(m["kind"] == "closing_report" for m in self._messages()))

    def _delivered(self, ids: set[str]) -> None:
        """Wait until these have reached their recipients, or never will."""
        wait_for(
            "delivery",
            lambda: ids <= {m["id"] for m in self._messages() if m["state"] in ("delivered", "failed", "expired")},
            patience=240,
        )

    def _see(self, kind: str) -> None:
        found = wait_for(kind, lambda: [m for m in self._messages() if m["kind"] == kind])
        due = max(_instant(m["due_at"]) for m in found)
        if due > self.clock.now():
            self.tell.fact(f"no texts at night: {kind.replace('_', ' ')} waits until {self.tell.local(due)}")
            self.clock.move_to(due)
        self._delivered({m["id"] for m in found})
        self._show_first_of_each(found)

    def _show_first_of_each(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            if message["kind"] not in self._shown:
                self._shown.add(message["kind"])
                self._show(self._reread(message))

    def _reread(self, message: dict[str, Any]) -> dict[str, Any]:
        return next(m for m in self._messages() if m["id"] == message["id"])

    def _show(self, message: dict[str, Any]) -> None:
        for text in self._texts():
            if text["sid"] == message["provider_id"]:
                self.tell.text_message(text["body"])
        for email in self._emails():
            if email["id"] == message["provider_id"]:
                self.tell.email(email["subject"], email["text"])
                if message["kind"] == "closing_report":
                    self._open_the_report(email["text"])

    def _open_the_report(self, text: str) -> None:
        link = re.search(r"https?://\S+/l/\S+", text)
        if not link:
            raise StoryError("the closing e-mail carries no link")
        page = self.door.page(self.door.url + "/l/" + link[0].rsplit("/l/", 1)[-1])
        if "Closing report" not in page:
            raise StoryError("the link in the closing e-mail does not open the closing report")
        self.tell.report(self.door.get(f"/api/booking/series/{self.series['series_id']}/report"))

    def _count_everything(self) -> Tally:
        self.tell.chapter("Every message, once")
        counted = tally(self._messages(), self.visits, len(self._texts()), len(self._emails()))
        self.tell.messages(counted.messages)
        return counted

    def _messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.door.get("/api/notify/messages", referral_id=self.referral_id)
        return found

    def _sessions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.door.get(f"/api/booking/series/{self.series['series_id']}")["sessions"]
        return found

    def _texts(self) -> list[dict[str, Any]]:
        found = self.door.get("/sandbox/messages.json", to=self.posted.phone)["messages"]
        return [text for text in found if text["direction"] != "inbound"]

    def _emails(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.door.get("/sandbox/emails.json", to=self.posted.physician_email)["emails"]
        return found


def load_example_clinic(door: Door) -> Any:
    text = resources.files("services.booking").joinpath("example_clinic.yaml").read_text()
    return door.put("/api/booking/clinic", clinic_file.read(text))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
