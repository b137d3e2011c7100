"""Three patients' referrals, told through the public door: intake, review, plan, series, texts, e-mails, replies,
what goes otherwise than planned, who is hard to reach, the visits, the closing reports."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from services.booking.clinic import file as clinic_file
from services.local.story import hard_to_reach, otherwise
from services.local.story.answers import Answers
from services.local.story.case import Case
from services.local.story.client import Clock, Door, StoryError, link_in
from services.local.story.days import Days
from services.local.story.expected import Expected, of_a_series_that_goes_otherwise, of_a_stop, of_a_wrong_number
from services.local.story.post import Post
from services.local.story.referral import from_ehr, nobodys_phone, patient, physician, typed_in
from services.local.story.tally import Tally, tally
from services.local.story.telling import Teller

BEGINS = time(10)
"""Of the clinic's day, so that the story is the same whenever it is told."""
AHEAD = timedelta(days=9)
"""The series begins late enough for an earlier time to become free, and for its first reminder."""


class Story:
    """Marisol's series goes otherwise than planned, Mateo's number is wrong, Ingrid wants no more texts."""

    def __init__(self, door: Door, teller: Teller, begins_in: timedelta = timedelta(0)) -> None:
        self.door = door
        self.tell = teller
        self.clock = Clock(door)
        self._begins_in = begins_in

    def run(self) -> Tally:
        self._open_the_clinic()
        self._referral_arrives()
        self._series_is_booked()
        otherwise.a_visit_is_moved(self.marisol, self.post)
        hard_to_reach.a_wrong_number(self.mateo, self.marisol, self.post)
        hard_to_reach.a_night(self.ingrid, self.post, self.days)
        self.stopped_at = hard_to_reach.a_stop(self.ingrid, self.post, self.days)
        otherwise.a_freed_time_finds_its_taker(self.marisol, self.mateo, self.post, self.days)
        otherwise.a_therapist_is_ill(self.marisol, self.post)
        self._time_goes_by()
        return self._count_everything()

    def _open_the_clinic(self) -> None:
        self.tell.chapter("The clinic")
        self.clock.reset()
        clinic = self.door.get("/api/booking/clinic") or load_example_clinic(self.door)
        self.tell.zone = ZoneInfo(clinic["timezone"])
        self.clock.move_to(self._beginning())
        self.tell.fact(f"{clinic['name']}: {len(clinic['therapists'])} therapists, {len(clinic['rooms'])} rooms")
        self.tell.fact(f"the demo's clock is moved on; it begins on {self.tell.local(self.clock.now())}")
        self._people_come()

    def _beginning(self) -> datetime:
        earliest = (self.clock.now() + self._begins_in).astimezone(self.tell.zone)
        begins = datetime.combine(earliest.date(), BEGINS, self.tell.zone)
        return begins if begins >= earliest else begins + timedelta(days=1)

    def _people_come(self) -> None:
        today = self.clock.now().astimezone(self.tell.zone).date()
        spanish = patient("Mateo", language="es", phone=nobodys_phone())
        orders = (
            from_ehr(today, patient("Marisol"), physician("Okafor")),
            from_ehr(today, spanish, physician("Haddad")),
            typed_in(today, patient("Ingrid"), physician("Lehtonen"), copy_to=physician("Amadi")),
        )
        self.cases = self.marisol, self.mateo, self.ingrid = [Case(self.door, order) for order in orders]
        self.post = Post(self.cases, self.clock, self.tell)
        self.days = Days(self.post, Answers(self.marisol, self.post))

    def _referral_arrives(self) -> None:
        self.tell.chapter("A physician's EHR sends Marisol's referral (FHIR R4 Bundle)")
        self.marisol.post()
        self.tell.fact(f"received as {self.marisol.reference}; sent again by mistake, it stays one")
        self.post.see(self.marisol, "referral_received")

    def _series_is_booked(self) -> None:
        self.tell.chapter("The therapist accepts it; the desk plans the series and books it")
        self.marisol.accept()
        terms = self.marisol.order["terms"]
        often = f"{terms['cadence_visits']} in {terms['cadence_days']} days"
        self.tell.fact(
            f"booking has the order: {terms['visits']} visits of {terms['session_minutes']} minutes, {often}"
        )
        earliest = (self.clock.now() + AHEAD).astimezone(self.tell.zone).date().isoformat()
        plan = self.marisol.book(earliest=earliest)
        self.marisol.note(self.clock.now())
        self.tell.visits(self.marisol.sessions(), plan["cost"])
        for kind in ("series_booked", "series_confirmation"):
            self.post.see(self.marisol, kind)

    def _time_goes_by(self) -> None:
        self.tell.chapter("Time goes by: reminders, visits, updates")
        self.days.to_the_end()
        self.post.arrived()
        [report] = self.post.see(self.marisol, "closing_report")
        self._open_the_report(report)

    def _open_the_report(self, message: dict[str, Any]) -> None:
        [body] = [mail["text"] for _, mail in self.marisol.emails() if mail["id"] == message["provider_id"]]
        if "Closing report" not in self.door.page(link_in(body)):
            raise StoryError("the link in the closing e-mail does not open the closing report")
        self.tell.report(self.door.get(f"/api/booking/series/{self.marisol.series_id}/report"))

    def _count_everything(self) -> Tally:
        self.tell.chapter("Every message, once")
        counts = [self._count(case, should) for case, should in zip(self.cases, self.expected(), strict=True)]
        for case, counted in zip(self.cases, counts, strict=True):
            self.tell.messages(counted.every, case.readers())
        whole = counts[0] + counts[1] + counts[2]
        if whole.given_up:
            self.tell.fact(f"in red: {len(whole.given_up)} text to a number that is nobody's; an e-mail told the same")
        return whole

    def expected(self) -> tuple[Expected, ...]:
        """For each of the cases."""
        return (
            of_a_series_that_goes_otherwise(self.marisol.spans, self.tell.zone),
            of_a_wrong_number(self.mateo.spans, self.tell.zone),
            of_a_stop(self.ingrid.spans, self.tell.zone, self.stopped_at),
        )

    def _count(self, case: Case, should: Expected) -> Tally:
        tasks = [task["kind"] for task in case.tasks() if task["message_id"]]
        return tally(case.messages(), should, len(case.texts()), len(case.emails()), tasks)


def load_example_clinic(door: Door) -> Any:
    text = resources.files("services.booking").joinpath("example_clinic.yaml").read_text()
    return door.put("/api/booking/clinic", clinic_file.read(text))
