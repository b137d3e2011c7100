"""The pages of a series, of absences and of the waitlist."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from tests.web.conftest import Browser
from tests.web.test_visit import NEXT_WEEK, SERIES, VISIT, asked, today

Told = dict[str, Any]
LEDGER = {"granted": 8, "reserved": 2, "consumed": 1, "forfeited": 1, "remaining": 4}
AWAY = "0190f3a0-0000-7000-8000-0000000000aa"
WAITING = "0190f3a0-0000-7000-8000-0000000000bb"
OFFER = "0190f3a0-0000-7000-8000-0000000000cc"
NOW = {"start_at": "2027-03-16T16:00:00+00:00", "therapist": 1, "room": 9}
NEW = {"start_at": "2027-03-17T16:00:00+00:00", "therapist": 2, "room": None}
PROPOSAL = {
    "series_id": SERIES, "moves": [{"session_id": NEXT_WEEK["id"], "number": 2, "now": NOW, "to": NEW}],
    "unplaced": [None], "cost_now": 12, "cost": 7, "in_rhythm": True, "relaxations": [],
}  # fmt: skip


@pytest.fixture
def told(behind: tuple[str, Told]) -> Told:
    answers = behind[1]
    answers[f"GET api/booking/series/{SERIES}"] = {
        "series_id": SERIES, "sessions": [today(), NEXT_WEEK], "ledger": LEDGER, "order_id": "o1", "patient_id": "p1",
        "reference": "R-1", "referral_id": "0190f3a0-0000-7000-8000-0000000000dd", "visits": 8, "completed": 1,
        "completed_at": None, "cancelled_at": None,
    }  # fmt: skip
    answers[f"GET api/booking/series/{SERIES}/recommendation"] = {
        "kept": 1, "planned": 8, "signed": None,
        "drafted": {"follow_up": "modify", "reasons": [{"code": "x", "sentence": "It gets worse."}]},
    }  # fmt: skip
    answers["GET api/booking/feeds"] = []
    answers["GET api/booking/absences"] = []
    answers["GET api/booking/waitlist"] = []
    return answers


def refuse(told: Told, name: str, status: int, code: str, **facts: Any) -> None:
    told[name] = (status, {"code": code, "message": "This is why not.", "errors": facts})


def test_a_series_shows_its_visits_and_what_is_left_of_the_order(at_desk: Browser, told: Told) -> None:
    page = at_desk.get(f"/series/{SERIES}").text
    assert "Of 8 visits: 1 used, 2 booked, 1 forfeited, 4 left" in page
    assert f'href="/visit/{VISIT}"' in page
    assert "It gets worse." not in page


def test_a_therapist_sees_the_draft_and_signs(sign_in: Callable[..., Browser], told: Told) -> None:
    therapist = sign_in("therapist")
    page = therapist.get(f"/series/{SERIES}").text
    assert "It gets worse." in page
    assert "Make a calendar link" not in page
    name = f"POST api/booking/series/{SERIES}/recommendation"
    told[name] = {}
    assert "Signed." in therapist.flashed(f"/series/{SERIES}/recommendation", {"follow_up": "modify"})
    assert asked(told, name)[0]["body"] == {"follow_up": "modify"}


def test_the_address_of_a_calendar_is_shown_once(at_desk: Browser, told: Told) -> None:
    told["POST api/booking/feeds"] = {"url": "https://clinic.example/api/booking/feeds/AAAA.ics"}
    answer = at_desk.submit(f"/series/{SERIES}/calendar")
    assert "feeds/AAAA.ics" in answer.text
    assert "AAAA" not in str(answer.headers)
    assert "AAAA" not in at_desk.get(f"/series/{SERIES}").text
    assert asked(told, "POST api/booking/feeds")[0]["body"] == {"kind": "patient", "id": "p1"}


def test_what_planning_anew_would_change_is_shown_before_it_is_done(at_desk: Browser, told: Told) -> None:
    told[f"POST api/booking/series/{SERIES}/replan"] = PROPOSAL
    page = at_desk.get(f"/series/{SERIES}/replan?from=2027-03-15&without_therapist=1").text
    assert "Tue 16 Mar 2027, 12:00 · Ana Ortiz · Room 1" in page
    assert "Wed 17 Mar 2027, 12:00 · Ben Kim · Home visit" in page
    assert "12 now, <strong>7</strong> after it" in page
    assert "1 visit found no place" in page
    wishes = asked(told, f"POST api/booking/series/{SERIES}/replan")[0]["body"]
    assert wishes == {"from": "2027-03-15", "therapist": None, "without_therapist": 1}
    assert not asked(told, f"POST api/booking/series/{SERIES}/replan/apply")


def test_exactly_what_was_shown_is_done(at_desk: Browser, told: Told) -> None:
    told[f"POST api/booking/series/{SERIES}/replan"] = PROPOSAL
    page = at_desk.get(f"/series/{SERIES}/replan").text
    moves = unescape(page.split('name="moves" value="')[1].split('"')[0])
    told[f"POST api/booking/series/{SERIES}/replan/apply"] = {}
    at_desk.flashed(f"/series/{SERIES}/replan", {"moves": moves})
    done = asked(told, f"POST api/booking/series/{SERIES}/replan/apply")[0]["body"]
    assert done == {"moves": [{"session_id": NEXT_WEEK["id"], "to": NEW}]}


def test_a_proposal_that_is_no_longer_free_is_made_anew(at_desk: Browser, told: Told) -> None:
    told[f"POST api/booking/series/{SERIES}/replan"] = PROPOSAL
    refuse(told, f"POST api/booking/series/{SERIES}/replan/apply", 409, "slot_taken", alternatives=[])
    page = at_desk.flashed(f"/series/{SERIES}/replan", {"moves": json.dumps([]), "from": "2027-03-15"})
    assert "This is the best as of now" in page
    assert asked(told, f"POST api/booking/series/{SERIES}/replan")[0]["body"]["from"] == "2027-03-15"


def test_moves_that_are_no_json_are_a_bad_request(at_desk: Browser, told: Told) -> None:
    assert at_desk.submit(f"/series/{SERIES}/replan", {"moves": "{"}).status_code == 400


def absence(**said: Any) -> Told:
    return {
        "id": AWAY, "therapist": 1, "from": "2027-03-16T04:00:00+00:00", "to": "2027-03-17T04:00:00+00:00",
        "reason": "vacation", "withdrawn_at": None, **said,
    }  # fmt: skip


def test_an_absence_is_entered_in_local_dates_or_times(at_desk: Browser, told: Told) -> None:
    told["POST api/booking/absences"] = (201, absence())
    whole = {"who": "therapist:1", "from": "2027-03-16", "to": "2027-03-16", "reason": "vacation"}
    assert at_desk.submit("/absences", whole).location == f"/absences/{AWAY}"
    at_desk.submit("/absences", {**whole, "who": "room:9", "from_time": "09:00"})
    days, times = (kept["body"] for kept in asked(told, "POST api/booking/absences"))
    assert days == {"therapist": 1, "from": "2027-03-16", "to": "2027-03-16", "reason": "vacation"}
    assert (times["room"], times["from"], times["to"]) == (9, "2027-03-16T09:00:00-04:00", "2027-03-16")


def test_an_absence_that_is_wrong_says_what_and_keeps_what_was_filled_in(at_desk: Browser, told: Told) -> None:
    refuse(told, "POST api/booking/absences", 422, "invalid", to=["Choose a time that is still to come."])
    filled = {"who": "therapist:2", "from": "2027-03-01", "to": "2027-03-02", "reason": "vacation"}
    answer = at_desk.submit("/absences", filled)
    assert answer.status_code == 422
    assert "To: Choose a time that is still to come." in answer.text
    assert 'value="2027-03-02"' in answer.text


def test_an_absence_shows_whom_it_hits_and_where_they_could_go(at_desk: Browser, told: Told) -> None:
    hit = {"series_id": SERIES, "order_id": "o1", "sessions": [NEXT_WEEK["id"]], "proposal": PROPOSAL}
    told[f"GET api/booking/absences/{AWAY}"] = absence(hits=[hit])
    told["api/booking/sessions"] = [{**NEXT_WEEK, "patient_id": "p1"}]
    page = at_desk.get(f"/absences/{AWAY}").text
    assert "<p>Tue 16 Mar 2027</p>" in page
    assert "Grace Hopper" in page
    assert "Wed 17 Mar 2027, 12:00 · Ben Kim" in page
    query = asked(told, "GET api/booking/sessions")[-1]["query"]
    assert query == {"therapist": "1", "from": "2027-03-16", "to": "2027-03-17", "limit": "200"}


def test_moving_them_all_says_how_many_and_that_some_could_not(at_desk: Browser, told: Told) -> None:
    told[f"GET api/booking/absences/{AWAY}"] = absence(hits=[])
    told[f"POST api/booking/absences/{AWAY}/replan"] = [
        {"series_id": SERIES, "moves": PROPOSAL["moves"], "unplaced": [], "why": None},
        {"series_id": SERIES, "moves": [], "unplaced": [], "why": "no_place"},
    ]
    page = at_desk.flashed(f"/absences/{AWAY}/move")
    assert "1 visit moved" in page
    assert "Some could not be moved" in page


def test_one_patient_is_moved_without_the_others(at_desk: Browser, told: Told) -> None:
    hits = [
        {"series_id": series, "order_id": "o1", "sessions": [NEXT_WEEK["id"]], "proposal": PROPOSAL}
        for series in (SERIES, OFFER)
    ]
    told[f"GET api/booking/absences/{AWAY}"] = absence(hits=hits)
    told["api/booking/sessions"] = [{**NEXT_WEEK, "patient_id": "p1"}]
    page = at_desk.get(f"/absences/{AWAY}").text
    assert "Move them all" in page
    assert f'<input type="hidden" name="series" value="{OFFER}">' in page
    told[f"POST api/booking/absences/{AWAY}/replan"] = []
    at_desk.flashed(f"/absences/{AWAY}/move", {"series": OFFER})
    at_desk.flashed(f"/absences/{AWAY}/move")
    sent = [kept["body"] for kept in asked(told, f"POST api/booking/absences/{AWAY}/replan")]
    assert sent == [{"series": [OFFER]}, {}]


def waiting(**said: Any) -> Told:
    offer = {
        "id": OFFER, "starts_at": "2027-03-10T15:00:00+00:00", "therapist": 1, "room": 9, "status": "open",
        "answer_by": "2027-03-09T15:30:00+00:00",
    }  # fmt: skip
    return {
        "id": WAITING, "patient_id": "p1", "order_id": "o1", "session_id": VISIT, "first_on": None, "last_on": None,
        "therapist": None, "possible": [{"weekdays": [1], "from": "09:00", "to": "17:00"}],
        "since": "2027-03-08T15:00:00+00:00", "offers": [offer], **said,
    }  # fmt: skip


def test_the_waitlist_shows_who_waits_and_until_when_an_offer_stands(at_desk: Browser, told: Told) -> None:
    told["GET api/booking/waitlist"] = [waiting()]
    page = at_desk.get("/waitlist").text
    assert "Grace Hopper" in page
    assert "Tue 09:00–17:00" in page
    assert "answer by Tue 9 Mar 2027, 10:30" in page


def test_somebody_is_put_on_the_waitlist_and_removed(at_desk: Browser, told: Told) -> None:
    wish = {"order_id": "o1", "session_id": VISIT, "weekdays": ["1", "2"], "begins": "09:00", "therapist": "1"}
    at_desk.flashed("/waitlist", wish)
    assert asked(told, "POST api/booking/waitlist")[0]["body"] == {
        "order_id": "o1", "session_id": VISIT, "therapist": 1,
        "possible": [{"weekdays": [1, 2], "from": "09:00", "to": "24:00"}],
    }  # fmt: skip
    at_desk.flashed(f"/waitlist/{WAITING}/remove")
    assert asked(told, f"DELETE api/booking/waitlist/{WAITING}")


@pytest.mark.parametrize(
    ("pressed", "status", "said"),
    [
        ("accept", "accepted", "has this time now"),
        ("decline", "declined", "offered to the next"),
        ("accept", "taken", "Somebody else has this time"),
        ("accept", "lapsed", "deadline had passed"),
    ],
)
def test_an_offer_is_answered_for_the_patient_and_its_end_is_told(
    at_desk: Browser, told: Told, pressed: str, status: str, said: str
) -> None:
    told[f"POST api/booking/offers/{OFFER}/{pressed}"] = {"status": status}
    assert said in at_desk.flashed(f"/offers/{OFFER}/{pressed}")


@pytest.mark.parametrize("path", [f"/visit/{VISIT}", f"/series/{SERIES}", "/absences", "/waitlist"])
def test_without_a_sign_in_nothing_is_shown(web: Any, told: Told, path: str) -> None:
    assert web.test_client().get(path).location == f"/login?after={path}"


def test_a_visit_that_is_not_there_is_told_so(at_desk: Browser, told: Told) -> None:
    refuse(told, f"GET api/booking/sessions/{VISIT}/sheet", 404, "not_found")
    assert at_desk.get(f"/visit/{VISIT}").status_code == 404


def test_a_page_that_is_not_there_says_so_in_plain_words_and_leads_on(at_desk: Browser) -> None:
    answer = at_desk.get("/nothing/here")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert '<a href="/">Go to today</a>' in answer.text


def test_a_file_that_is_too_large_is_told_how_large_it_may_be(at_desk: Browser) -> None:
    answer = at_desk.submit("/paper/upload", {"file": (io.BytesIO(b"0" * 11_000_000), "x.pdf")})
    assert answer.status_code == 413
    assert "A file may have 10 MB at most" in answer.text


def test_the_keyboard_gets_past_the_navigation(at_desk: Browser) -> None:
    page = at_desk.get("/absences").text
    assert page.index('href="#main"') < page.index("<nav")
    assert '<main class="container py-4" id="main" tabindex="-1">' in page


def test_buttons_of_the_same_name_tell_whose_they_are(at_desk: Browser, told: Told) -> None:
    told["GET api/booking/waitlist"] = [waiting()]
    assert 'aria-label="Remove Grace Hopper from the waitlist"' in at_desk.get("/waitlist").text
