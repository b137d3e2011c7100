"""One referral's whole round trip, told through the public door: intake, review, plan, series, texts,
e-mails, a reply, what goes otherwise than planned, the visits, the closing report."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from services.booking import clinic_file
from services.local.story import otherwise
from services.local.story.case import Case, instant
from services.local.story.client import Clock, Door, wait_for
from services.local.story.messages import Messages
from services.local.story.tally import FOR_WHO_CALLED_OFF, Tally, of_the_whole_story, tally
from services.local.story.telling import Teller

PAIN = ((8, 6), (7, 6), (7, 5), (6, 4), (5, 4), (5, 3), (4, 2), (3, 1))
"""Numeric pain rating (0–10) before and after each visit."""

AHEAD = timedelta(days=9)
"""The series begins late enough for an earlier time to become free, and for its first reminder."""


class Story:
    def __init__(self, door: Door, teller: Teller) -> None:
        self.door = door
        self.tell = teller
        self.clock = Clock(door)

    def run(self) -> Tally:
        self._open_the_clinic()
        self._referral_arrives()
        self._therapist_accepts()
        self._series_is_booked()
        otherwise.a_visit_is_moved(self.case, self.messages)
        otherwise.a_freed_time_finds_its_taker(self.case, self.other, self.messages)
        self.retimed = otherwise.a_therapist_is_ill(self.case, self.messages)
        self._time_goes_by()
        return self._count_everything()

    def _open_the_clinic(self) -> None:
        self.tell.chapter("The clinic")
        self.clock.reset()
        clinic = self.door.get("/api/booking/clinic") or load_example_clinic(self.door)
        self.tell.zone = ZoneInfo(clinic["timezone"])
        self.tell.fact(f"{clinic['name']}: {len(clinic['therapists'])} therapists, {len(clinic['rooms'])} rooms")
        today = self.clock.now().astimezone(self.tell.zone).date()
        self.case, self.other = Case(self.door, today), Case(self.door, today)
        self.messages = Messages(self.case, self.clock, self.tell)

    def _referral_arrives(self) -> None:
        self.tell.chapter("A physician's EHR sends a referral (FHIR R4 Bundle)")
        self.case.post()
        self.tell.fact(f"received as {self.case.reference}; sent again by mistake, it stays one")
        self.messages.see("referral_received")

    def _therapist_accepts(self) -> None:
        self.tell.chapter("The therapist reviews and accepts it")
        self.case.accept()
        terms = self.case.order["terms"]
        self.tell.fact(
            f"booking has the order: {terms['visits']} visits of {terms['session_minutes']} minutes,"
            f" {terms['cadence_visits']} in {terms['cadence_days']} days"
        )

    def _series_is_booked(self) -> None:
        self.tell.chapter("The series is planned and booked")
        earliest = (self.clock.now() + AHEAD).astimezone(self.tell.zone).date().isoformat()
        plan = self.case.book(earliest=earliest)
        self.visits = len(self.case.series["sessions"])
        self.tell.visits(self.case.series["sessions"], plan["cost"])
        self.messages.see("series_confirmation")
        self.messages.see("series_booked")

    def _time_goes_by(self) -> None:
        self.tell.chapter("Time goes by: reminders, visits, updates")
        confirmed = False
        while True:
            due, session = self.messages.next_due(), self._next_session()
            ends = instant(session["ends_at"]) if session else None
            if due and (ends is None or due <= ends):
                messages = self.messages.deliver(due)
                if not confirmed and any(m["kind"].startswith("reminder") for m in messages):
                    confirmed = self._patient_confirms()
            elif session and ends:
                self._visit_takes_place(session, ends)
            else:
                return

    def _next_session(self) -> dict[str, Any] | None:
        to_come = [each for each in self.case.sessions() if each["status"] in ("booked", "confirmed")]
        return min(to_come, key=lambda each: instant(each["starts_at"]), default=None)

    def _patient_confirms(self) -> bool:
        self.case.reply("C")
        self.tell.text_message("C", mine=True)
        wait_for("the confirmation", lambda: any(s["status"] == "confirmed" for s in self.case.sessions()))
        self.tell.fact("the visit is confirmed")
        return True

    def _visit_takes_place(self, session: dict[str, Any], ends: datetime) -> None:
        self.clock.move_to(ends)
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
        self._updates_follow(session)

    def _updates_follow(self, session: dict[str, Any]) -> None:
        def told() -> bool:
            kinds = {m["kind"] for m in self.case.messages() if m["session_id"] == session["id"]}
            return {"aftercare", "session_update"} <= kinds

        wait_for("the update after the visit", told)
        if session["number"] == self.visits:
            wait_for("the closing report", lambda: any(m["kind"] == "closing_report" for m in self.case.messages()))

    def _count_everything(self) -> Tally:
        self.tell.chapter("Every message, once")
        wholly = of_the_whole_story(self.visits, self.retimed)
        parts = [(self.case, wholly), (self.other, FOR_WHO_CALLED_OFF)]
        counts = [tally(case.messages(), kinds, len(case.texts()), len(case.emails())) for case, kinds in parts]
        for counted in counts:
            self.tell.messages(counted.messages)
        return counts[0] + counts[1]


def load_example_clinic(door: Door) -> Any:
    text = resources.files("services.booking").joinpath("example_clinic.yaml").read_text()
    return door.put("/api/booking/clinic", clinic_file.read(text))
