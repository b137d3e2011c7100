"""Every stage in the physician's terms, how long each step took, and what the practice sees of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from services.chassis.ids import new_id
from services.contracts.booking import SessionCancelled, SessionMissed, SessionMoved, SessionRestored
from services.contracts.notify import ConsentChanged
from services.referrals.models import Referral
from tests.referrals.house import Caller, House, a_referral
from tests.referrals.test_physicians import _NUMBERS, doctor
from tests.referrals.test_progress import NOW, Booking


@pytest.fixture
def accepted(desk: Caller, therapist: Caller) -> dict[str, Any]:
    made = desk.post("", a_referral(visits=4)).json
    answer: dict[str, Any] = therapist.post(f"/{made['id']}/accept").json
    return answer


def happened(booking: Booking, kind: Any, hours: int, **facts: Any) -> Any:
    kept = booking.kept(1)
    names = {name: getattr(kept, name) for name in ("series_id", "referral_id", "patient_id", "number", "of")}
    status = {SessionMissed: "missed", SessionCancelled: "cancelled"}.get(kind, "booked")
    when = {SessionMissed: "missed_at", SessionCancelled: "cancelled_at", SessionMoved: "moved_at"}
    at = {when.get(kind, "restored_at"): NOW + timedelta(hours=hours)}
    times = {"starts_at": NOW, "ends_at": NOW + timedelta(minutes=45)}
    return kind(session_id=new_id(), version=2, status=status, **names, **times, **at, **facts)


def news(desk: Caller, referral: dict[str, Any]) -> str:
    return str(desk.get(f"/{referral['id']}").json["business_status"])


def test_the_latest_that_happened_to_a_visit_is_the_business_status(
    house: House, desk: Caller, accepted: dict[str, Any]
) -> None:
    booking = Booking(house, accepted)
    booking.tell(booking.booked())
    assert news(desk, accepted) == "5.1.1"
    booking.tell(happened(booking, SessionMissed, 1, visit="forfeited"))
    assert news(desk, accepted) == "5.1.2"
    booking.tell(happened(booking, SessionCancelled, 2, by="patient", late=False, visit="returned"))
    assert news(desk, accepted) == "5.1.3"
    booking.tell(happened(booking, SessionRestored, 3))
    assert news(desk, accepted) == "5.1.1"
    booking.tell(replace(booking.kept(2), completed_at=NOW + timedelta(hours=4)))
    assert news(desk, accepted) == "5.1.4"


def test_the_order_in_which_they_are_told_does_not_matter(house: House, desk: Caller, therapist: Caller) -> None:
    for order in permutations(range(3)):
        referral = desk.post("", a_referral(visits=4)).json
        therapist.post(f"/{referral['id']}/accept")
        booking = Booking(house, referral)
        events = [
            booking.booked(),
            happened(booking, SessionMissed, 2, visit="forfeited"),
            happened(booking, SessionMoved, 1, moved_from=NOW),
        ]
        booking.tell(*(events[place] for place in order))
        assert news(desk, referral) == "5.1.2", order


def test_first_contact_first_visit_and_completion_are_measured(
    house: House, desk: Caller, accepted: dict[str, Any]
) -> None:
    booking = Booking(house, accepted)
    later = replace(booking.kept(2), completed_at=NOW + timedelta(days=3))
    booking.tell(later, booking.booked(), booking.kept(1), booking.completed())
    shown = desk.get(f"/{accepted['id']}").json
    at = NOW.isoformat()
    assert [shown[name] for name in ("contacted_at", "first_visit_at", "completed_at")] == [at, at, at]
    booking.tell(booking.changed(3))
    assert desk.get(f"/{accepted['id']}").json["completed_at"] is None


def test_what_is_open_is_counted_by_stage_and_age(house: House, desk: Caller) -> None:
    before = {row["stage"]: row for row in desk.get("/reports/open").json}
    made = desk.post("", a_referral()).json
    desk.post("?incomplete=true", a_referral(visits=None))
    with house.running.sessions.begin() as session:
        session.get_one(Referral, made["id"]).received_at -= timedelta(days=10)
    after = {row["stage"]: row for row in desk.get("/reports/open").json}
    assert after["received"]["by_age"]["under_15_days"] == before["received"]["by_age"]["under_15_days"] + 1
    assert after["received"]["oldest_days"] >= 10
    assert after["needs_information"]["count"] == before["needs_information"]["count"] + 1


def test_no_shows_are_counted_with_what_became_of_the_visits(
    house: House, desk: Caller, accepted: dict[str, Any]
) -> None:
    booking = Booking(house, accepted)
    booking.tell(booking.booked(), booking.kept(1))
    booking.tell(
        happened(booking, SessionMissed, 1, visit="forfeited"), happened(booking, SessionMissed, 2, visit="returned")
    )
    report = desk.get("/reports/no-shows?since=2027-03-01&until=2027-03-31").json
    [mine] = [row for row in report["referrals"] if row["referral_id"] == accepted["id"]]
    assert (mine["missed"], mine["forfeited"], mine["kept"]) == (2, 1, 1)
    assert desk.get("/reports/no-shows?since=2020-01-01&until=2020-02-01").json["rate"] is None


def test_practices_are_listed_with_what_became_of_their_referrals(
    house: House, desk: Caller, therapist: Caller
) -> None:
    practice = {"practice": f"Practice {new_id()}"}
    doctors = [doctor(next(_NUMBERS), **practice), doctor(next(_NUMBERS), **practice)]
    made = [desk.post("", a_referral(physician=one)).json for one in (*doctors, doctors[0])]
    therapist.post(f"/{made[0]['id']}/accept")
    therapist.post(f"/{made[1]['id']}/decline", {"reason": "No"})
    desk.post(f"/{made[2]['id']}/contacted")
    [mine] = [row for row in desk.get("/reports/practices").json if row["practice"] == practice["practice"]]
    assert (mine["received"], mine["by_stage"]) == (3, {"accepted": 1, "declined": 1, "received": 1})
    assert mine["median_days"]["to_first_contact"] is not None
    assert mine["median_days"]["to_first_visit"] is None


@pytest.mark.parametrize("report", ["no-shows", "practices"])
@pytest.mark.parametrize(
    "span", ["since=yesterday", "since=2027-02-01&until=2027-01-01", "since=0001-01-01", "until=9999-12-31"]
)
def test_a_span_that_is_none_is_refused(desk: Caller, report: str, span: str) -> None:
    assert desk.get(f"/reports/{report}?{span}").status_code == 422


@pytest.mark.parametrize("report", ["open", "no-shows", "practices"])
def test_reports_are_the_practices_own(house: House, report: str) -> None:
    assert house.caller("physician").get(f"/reports/{report}").status_code == 403


def test_what_is_measured_is_among_the_metrics(house: House, desk: Caller, accepted: dict[str, Any]) -> None:
    desk.post(f"/{accepted['id']}/contacted")
    shown = house.app.test_client().get("/metrics").text
    for line in (
        'fascia_referrals{state="accepted"}',
        'fascia_referrals_oldest_days{state="accepted"}',
        'fascia_referrals_median_hours{state="first_contact"}',
    ):
        assert line in shown


def consent(house: House, referral: dict[str, Any], agreed: bool, hours: int, at: datetime | None = None) -> None:
    event = ConsentChanged(
        person_id=referral["patient_id"], version=hours, channel="text", agreed=agreed, source="reply",
        changed_at=at or NOW + timedelta(hours=hours),
    )  # fmt: skip
    Booking(house, referral).tell(event)


def contacts(house: House, referral: dict[str, Any]) -> list[dict[str, Any]]:
    return house.told("patient_contact_changed", patient_id=referral["patient_id"])


def test_what_patients_say_of_texts_is_kept_with_its_source_and_time(
    house: House, desk: Caller, accepted: dict[str, Any]
) -> None:
    consent(house, accepted, False, 1)
    told = contacts(house, accepted)[-1]
    assert (told["text_consent"], told["consented_at"]) == (False, (NOW + timedelta(hours=1)).isoformat())
    shown = desk.get(f"/patients/{accepted['patient_id']}").json
    assert shown["consents"]["text"]["source"] == "reply"


def test_a_later_word_counts_whatever_comes_first(house: House, accepted: dict[str, Any]) -> None:
    consent(house, accepted, True, 5)
    consent(house, accepted, False, 3)
    assert contacts(house, accepted)[-1]["text_consent"] is True
    consent(house, accepted, False, 7)
    assert contacts(house, accepted)[-1]["text_consent"] is False


def test_a_referral_does_not_speak_for_a_patient_who_said_no(
    house: House, desk: Caller, accepted: dict[str, Any]
) -> None:
    consent(house, accepted, False, 1, at=datetime.now(UTC))
    said = {name: value for name, value in accepted["patient"].items() if value is not None}
    again = desk.post("", a_referral(patient={**said, "text_consent": True}, issued_on=accepted["issued_on"])).json
    assert again["patient_id"] == accepted["patient_id"]
    assert contacts(house, accepted)[-1]["text_consent"] is False


def test_their_word_counts_under_every_record_of_theirs(house: House, desk: Caller) -> None:
    first, second = (desk.post("", a_referral(patient__email=None)).json for _ in range(2))
    desk.post("/patients/merge", {"keep_id": first["patient_id"], "other_id": second["patient_id"]})
    consent(house, second, False, 1)
    consent(house, second, True, 2)
    for referral in (first, second):
        assert contacts(house, referral)[-1]["text_consent"] is True


def test_nobody_is_nobody(house: House, accepted: dict[str, Any]) -> None:
    before = house.counts()["outbox"]
    consent(house, {**accepted, "patient_id": accepted["physician_id"]}, False, 1)
    assert house.counts()["outbox"] == before
