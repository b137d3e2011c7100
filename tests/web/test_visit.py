"""The page of a visit: what it tells, what can be done from it, and what it says when that is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.web.conftest import Browser

VISIT = "0190f3a0-0000-7000-8000-000000000001"
LATER = "0190f3a0-0000-7000-8000-000000000002"
SERIES = "0190f3a0-0000-7000-8000-00000000000a"
SHEET = f"api/booking/sessions/{VISIT}/sheet"
LEDGER = {"granted": 8, "reserved": 2, "consumed": 0, "forfeited": 0, "remaining": 6}
SAFETY = {"pressure_ceiling": 3, "avoid": [], "positions": [], "blocked": [], "constraints": []}

Told = dict[str, Any]


def visit(visit_id: str, start: str, end: str, **said: Any) -> Told:
    placed = {"therapist": {"id": 1, "name": "Ana Ortiz"}, "room": {"id": 9, "name": "Room 1"}}
    return {
        "id": visit_id, "number": 1, "status": "booked", "version": 3, "starts_at": start, "ends_at": end,
        **placed, **said,
    }  # fmt: skip


def today(**said: Any) -> Told:
    """At noon; now it is ten."""
    return visit(VISIT, "2027-03-09T17:00:00Z", "2027-03-09T17:45:00Z", **said)


NEXT_WEEK = visit(LATER, "2027-03-16T16:00:00Z", "2027-03-16T16:45:00Z", number=2, version=5)


@pytest.fixture
def told(behind: tuple[str, Told]) -> Told:
    """What the services answer."""
    return behind[1]


@pytest.fixture
def put(told: Told) -> Callable[..., None]:
    def place(session: Told, **more: Any) -> None:
        terms = {
            "visits": 8, "session_minutes": 45, "cadence_visits": 2, "cadence_days": 7, "valid_until": "2027-06-01",
            "techniques": ["myofascial_release"],
        }  # fmt: skip
        told[SHEET] = {
            "session": session, "series_id": SERIES, "of": 8, "referral_id": "r1", "reference": "R-1",
            "patient_id": "p1", "terms": terms, "ledger": LEDGER, **more,
        }  # fmt: skip
        told[f"api/booking/series/{SERIES}"] = {
            "series_id": SERIES, "order_id": "o1", "patient_id": "p1", "sessions": [session, NEXT_WEEK],
            "ledger": LEDGER,
        }  # fmt: skip
        told["api/referrals/r1"] = {"goals": ["Sleep"], "areas": ["neck"], "precautions": "No oil."}

    return place


@pytest.fixture
def at_table(sign_in: Callable[..., Browser]) -> Browser:
    return sign_in("therapist")


def asked(told: Told, name: str) -> list[Told]:
    return [kept for reached, kept in told["asked"] if reached == name]


def refuse(told: Told, act: str, status: int, code: str, **facts: Any) -> None:
    message = "This is why not."
    told[f"POST api/booking/sessions/{VISIT}/{act}"] = (status, {"code": code, "message": message, "errors": facts})


def test_the_page_tells_who_when_where_and_which_visit(at_desk: Browser, put: Callable[..., None]) -> None:
    put(today())
    page = at_desk.get(f"/visit/{VISIT}").text
    for fact in ("Grace Hopper", "Tue 9 Mar 2027, 12:00–12:45", "Ana Ortiz · Room 1", "Visit 1 of 8", "booked"):
        assert fact in page


def test_what_the_physician_wrote_is_asked_for_only_for_a_therapist(
    at_desk: Browser, at_table: Browser, told: Told, put: Callable[..., None]
) -> None:
    put(today(), safety=SAFETY, measures=[])
    assert "No oil." not in at_desk.get(f"/visit/{VISIT}").text
    assert not asked(told, "GET api/referrals/r1")
    page = at_table.get(f"/visit/{VISIT}").text
    assert "No oil." in page
    assert "at most <strong>3</strong> of 5" in page


def test_a_therapist_is_not_offered_what_the_desk_does(at_table: Browser, put: Callable[..., None]) -> None:
    put(today())
    page = at_table.get(f"/visit/{VISIT}").text
    assert ">Arrived<" in page
    assert "Cancel it" not in page
    assert "Move …" not in page


@pytest.mark.parametrize(
    ("form", "act", "done"),
    [
        ("arrive", "POST api/booking/sessions/{}/arrive", "has arrived"),
        ("not-arrived", "DELETE api/booking/sessions/{}/arrive", "Not arrived"),
        ("confirm", "POST api/booking/sessions/{}/confirm", "Confirmed"),
        ("miss", "POST api/booking/sessions/{}/miss", "missed"),
        ("restore", "POST api/booking/sessions/{}/restore", "Booked again"),
    ],
)
def test_an_act_is_done_to_the_version_that_the_page_was_made_from(
    at_desk: Browser, told: Told, put: Callable[..., None], form: str, act: str, done: str
) -> None:
    put(today())
    told[act.format(VISIT)] = {}
    assert done in at_desk.flashed(f"/visit/{VISIT}/{form}", {"version": "3"})
    (done_once,) = asked(told, act.format(VISIT))
    assert done_once["headers"]["If-Match"] == '"3"'


def test_arriving_from_the_day_leads_back_to_the_day(at_desk: Browser, put: Callable[..., None]) -> None:
    put(today())
    answer = at_desk.submit(f"/visit/{VISIT}/arrive", {"version": "3", "day": "2027-03-09"})
    assert answer.location == "/day?on=2027-03-09"


def test_what_somebody_else_changed_meanwhile_is_not_done_and_said_so(
    at_desk: Browser, told: Told, put: Callable[..., None]
) -> None:
    put(today())
    refuse(told, "confirm", 412, "stale_version", version=4)
    assert "Somebody else changed this" in at_desk.flashed(f"/visit/{VISIT}/confirm", {"version": "3"})


def test_a_refusal_is_told_in_the_services_words(at_desk: Browser, told: Told, put: Callable[..., None]) -> None:
    put(today())
    refuse(told, "miss", 409, "session_not_begun", starts_at="2027-03-09T17:00:00Z")
    page = at_desk.flashed(f"/visit/{VISIT}/miss", {"version": "3"})
    assert "This is why not. Wait until it begins." in page


def test_an_act_whose_service_is_away_asks_to_try_again(at_desk: Browser, told: Told) -> None:
    refuse(told, "confirm", 503, "unavailable")
    answer = at_desk.submit(f"/visit/{VISIT}/confirm", {"version": "3"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_before_cancelling_the_page_says_that_the_patient_would_lose_a_visit(
    at_desk: Browser, put: Callable[..., None]
) -> None:
    put(today())
    page = at_desk.get(f"/visit/{VISIT}").text
    assert "late: 1 visit used up (less than 24 hours before)" in " ".join(page.split())
    assert "This and all after it: 2 visits" in page


def test_in_time_the_page_says_that_nothing_is_lost(at_desk: Browser, put: Callable[..., None]) -> None:
    put({**today(), "starts_at": "2027-03-12T17:00:00Z", "ends_at": "2027-03-12T17:45:00Z"})
    assert "in time, no visit is used up" in at_desk.get(f"/visit/{VISIT}").text


def test_cancelling_says_who_why_and_how_many(at_desk: Browser, told: Told, put: Callable[..., None]) -> None:
    put(today())
    wanted = {"by": "patient", "reason": "patient_ill", "scope": "following"}
    at_desk.flashed(f"/visit/{VISIT}/cancel", {**wanted, "version": "3"})
    (done,) = asked(told, f"POST api/booking/sessions/{VISIT}/cancel")
    assert done["body"] == wanted


def other(start_at: str, **said: Any) -> Told:
    return {"start_at": start_at, "therapist": 2, "room": 9, "cost": 4, "difference": 1, **said}


def test_other_times_are_choices_and_the_present_one_is_none_of_them(
    at_desk: Browser, told: Told, put: Callable[..., None]
) -> None:
    put(today())
    now = other("2027-03-09T17:00:00+00:00", therapist=1)
    told[f"POST api/booking/sessions/{VISIT}/alternatives"] = {
        "now": now, "in_rhythm": True, "relaxations": [], "alternatives": [now, other("2027-03-10T18:00:00+00:00")],
    }  # fmt: skip
    page = at_desk.get(f"/visit/{VISIT}/move?earliest=2027-03-10&therapist=2").text
    assert 'value="2027-03-10T18:00:00+00:00|2|9"' in page
    assert "Wed 10 Mar 2027, 13:00</strong> · Ben Kim · Room 1" in page
    assert "2027-03-09T17:00:00+00:00|" not in page
    (asking,) = asked(told, f"POST api/booking/sessions/{VISIT}/alternatives")
    assert asking["body"] == {"earliest": "2027-03-10", "therapist": 2, "limit": 30}


def test_a_choice_is_sent_as_it_was_offered(at_desk: Browser, told: Told, put: Callable[..., None]) -> None:
    put(today())
    place = {"place": "2027-03-10T18:00:00+00:00|2|9", "scope": "this", "by": "patient", "version": "3"}
    at_desk.flashed(f"/visit/{VISIT}/move", place)
    (done,) = asked(told, f"POST api/booking/sessions/{VISIT}/move")
    assert done["body"] == {
        "start_at": "2027-03-10T18:00:00+00:00", "therapist": 2, "room": 9, "scope": "this", "by": "patient",
    }  # fmt: skip


def taken(session_id: str | None) -> Told:
    instead = [{"start_at": "2027-03-11T18:00:00+00:00", "therapist": 1, "room": None, "cost": 3}]
    named = {"session_id": session_id} if session_id else {}
    return {"visit": 2, **named, "start_at": "2027-03-10T18:00:00+00:00", "instead": instead}


def test_where_the_time_is_taken_the_alternatives_are_buttons(
    at_desk: Browser, told: Told, put: Callable[..., None]
) -> None:
    """Of another visit of the series too, each with the version that the page was made from."""
    put(today())
    refuse(told, "move", 409, "slot_taken", alternatives=[taken(LATER)])
    place = {"place": "2027-03-10T18:00:00+00:00|2|9", "scope": "following", "version": "3"}
    answer = at_desk.submit(f"/visit/{VISIT}/move", place)
    assert answer.status_code == 409
    assert f'action="/visit/{LATER}/move"' in answer.text
    assert 'name="version" value="5"' in answer.text
    assert 'value="2027-03-11T18:00:00+00:00|1|"' in answer.text
    assert "Thu 11 Mar 2027, 13:00 · Ana Ortiz · Home visit" in answer.text


def test_what_cannot_be_restored_can_be_booked_elsewhere_once(
    at_desk: Browser, told: Told, put: Callable[..., None]
) -> None:
    put(today(status="cancelled"))
    refuse(told, "restore", 409, "slot_taken", alternatives=[taken(VISIT)])
    page = at_desk.submit(f"/visit/{VISIT}/restore", {"version": "3"}).text
    assert f'action="/series/{SERIES}/visits"' in page
    told[f"POST api/booking/series/{SERIES}/visits"] = {}
    answer = at_desk.submit(f"/series/{SERIES}/visits", {"place": "2027-03-11T18:00:00+00:00|1|", "key": "k1"})
    assert answer.location == f"/series/{SERIES}"
    (done,) = asked(told, f"POST api/booking/series/{SERIES}/visits")
    assert done["headers"]["Idempotency-Key"] == "k1"
    assert done["body"] == {"visits": [{"start_at": "2027-03-11T18:00:00+00:00", "therapist": 1, "room": None}]}


NOTE = {
    "version": "3", "pain_before": "7", "pain_after": "5", "pressure": "3", "techniques": "myofascial_release",
    "other_techniques": "cupping, stretching", "note": "Tolerated well.",
    "measure-1": "odi", "value-1": "140", "measure-2": "ndi",
}  # fmt: skip


def begun(**said: Any) -> Told:
    return visit(VISIT, "2027-03-09T14:30:00Z", "2027-03-09T15:15:00Z", **said)


def test_a_note_is_sent_as_booking_takes_it(at_table: Browser, told: Told, put: Callable[..., None]) -> None:
    """A measure without a value was not taken."""
    put(begun(), safety=SAFETY, measures=[])
    at_table.flashed(f"/visit/{VISIT}/note", NOTE)
    (done,) = asked(told, f"POST api/booking/sessions/{VISIT}/complete")
    assert done["headers"]["If-Match"] == '"3"'
    assert done["body"] == {
        "pain_before": 7, "pain_after": 5, "pressure": 3, "note": "Tolerated well.", "areas": [],
        "techniques": ["myofascial_release", "cupping", "stretching"],
        "measures": [{"measure": "odi", "detail": "", "value": 140}],
    }  # fmt: skip


def test_what_is_wrong_with_a_note_stands_beside_its_fields_and_nothing_is_lost(
    at_table: Browser, told: Told, put: Callable[..., None]
) -> None:
    put(begun(), safety=SAFETY, measures=[])
    wrong = {"pain_before": ["Give 0 to 10."], "measures": {"0": {"value": ["Oswestry is 0 to 100 %."]}}}
    refuse(told, "complete", 422, "unprocessable_entity", **wrong)
    answer = at_table.submit(f"/visit/{VISIT}/note", NOTE)
    assert answer.status_code == 422
    assert 'id="pain_before-mistake">Give 0 to 10.' in answer.text
    assert 'id="measure-1-mistake">Oswestry is 0 to 100 %.' in answer.text
    assert 'value="140"' in answer.text
    assert "Tolerated well." in answer.text
    assert 'value="cupping, stretching"' in answer.text


def test_a_pressure_above_the_ceiling_says_the_ceiling(at_table: Browser, told: Told, put: Callable[..., None]) -> None:
    put(begun(), safety=SAFETY, measures=[])
    refuse(told, "complete", 422, "pressure_above_ceiling", ceiling=3, pressure=5)
    assert "At most 3 for this patient." in at_table.submit(f"/visit/{VISIT}/note", NOTE).text


def test_a_note_of_a_visit_that_changed_meanwhile_keeps_its_words(
    at_table: Browser, told: Told, put: Callable[..., None]
) -> None:
    put(begun(version=4), safety=SAFETY, measures=[])
    refuse(told, "complete", 412, "stale_version", version=4)
    answer = at_table.submit(f"/visit/{VISIT}/note", NOTE)
    assert answer.status_code == 412
    assert "Somebody else changed this" in answer.text
    assert "Tolerated well." in answer.text
    assert 'name="version" value="4"' in answer.text


def test_a_written_note_is_corrected_by_its_own_version(
    at_table: Browser, told: Told, put: Callable[..., None]
) -> None:
    put(begun(status="completed", version=9), safety=SAFETY, measures=[])
    written = {
        "pain_before": 7, "pain_after": 5, "pressure": 3, "techniques": [], "areas": [], "minutes": 45, "cpt": None,
        "units": 3, "measures": [{"measure": "phq9", "detail": "", "value": 6.0}], "item_9": 1, "note": "Fine.",
        "follow_up": None, "recommendation": "",
    }  # fmt: skip
    told[f"api/booking/sessions/{VISIT}/note"] = {"note": written, "version": 2}
    page = at_table.get(f"/visit/{VISIT}").text
    assert 'name="version" value="2"' in page
    assert 'placeholder="item 9" value="1"' in page
    at_table.flashed(f"/visit/{VISIT}/note/correct", {**NOTE, "version": "2"})
    (done,) = asked(told, f"PUT api/booking/sessions/{VISIT}/note")
    assert done["headers"]["If-Match"] == '"2"'


def test_no_patient_is_named_in_an_address_or_in_a_cookie(
    at_desk: Browser, told: Told, put: Callable[..., None]
) -> None:
    put(today())
    answer = at_desk.submit(f"/visit/{VISIT}/confirm", {"version": "3"})
    assert "Hopper" not in str(answer.headers)
    at_desk.get(f"/visit/{VISIT}")
    assert not [name for name, kept in told["asked"] if "Hopper" in name or "Hopper" in str(kept["query"])]
