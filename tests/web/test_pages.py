from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from flask import Flask, jsonify, request

from tests.web.conftest import Browser


def browser(web: Flask) -> Browser:
    return cast(Browser, web.test_client())


def test_the_desk_asks_for_a_sign_in_and_comes_back_to_the_page(web: Flask) -> None:
    answer = web.test_client().get("/day/2027-03-09")
    assert answer.status_code == 302
    assert answer.location == "/login?after=/day/2027-03-09"


def test_a_physicians_token_opens_its_referrals_and_not_the_desk(web: Flask, token: Callable[..., str]) -> None:
    client = browser(web)
    assert client.submit("/login", data={"token": token("physician")}).location == "/referrals"
    assert client.get("/day").status_code == 302
    assert client.get("/tasks").location.startswith("/login")


def test_signing_in_never_leads_to_another_host(web: Flask, token: Callable[..., str]) -> None:
    secret = token("desk")
    elsewhere = ("//evil.example", "https://evil.example", "/\\evil.example", "/x\\evil.example")
    dropped_by_browsers = ("/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example")
    for after in (*elsewhere, *dropped_by_browsers):
        assert browser(web).submit("/login", data={"token": secret, "after": after}).location == "/"


def test_today_is_the_clinics_today(at_desk: Browser) -> None:
    assert at_desk.get("/").location == "/day/2027-03-09"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2027-02-30", "tomorrow"])
def test_a_day_without_neighbours_is_not_found(at_desk: Browser, day: str) -> None:
    assert at_desk.get(f"/day/{day}").status_code == 404


def test_an_empty_day_says_when_visits_will_appear(at_desk: Browser) -> None:
    assert "as soon as a series is booked" in at_desk.get("/day/2027-03-09").text


def test_the_day_names_the_patients_for_the_desk(at_desk: Browser, behind: tuple[str, dict[str, Any]]) -> None:
    behind[1]["api/booking/sessions"] = [
        {
            "id": "1", "patient_id": "p1", "number": 1, "of": 8, "status": "confirmed", "referral_reference": "R-1",
            "version": 1, "starts_at": "2027-03-09T14:00:00Z", "ends_at": "2027-03-09T14:45:00Z",
            "therapist": {"id": 1, "name": "Ana Ortiz"}, "room": {"id": 9, "name": "Room 1"},
        }
    ]  # fmt: skip
    behind[1]["api/referrals/patients/names"] = [{"patient_id": "p1", "name": "Grace Hopper"}]
    page = at_desk.get("/day/2027-03-09").text
    assert "09:00 Grace Hopper" in page
    assert "Ana Ortiz" in page


def test_a_day_that_is_no_date_is_not_found(at_desk: Browser) -> None:
    assert at_desk.get("/day/tomorrow").status_code == 404


def test_signing_out_ends_it(at_desk: Browser) -> None:
    at_desk.submit("/logout")
    assert at_desk.get("/").status_code == 302


def test_a_page_whose_service_is_away_asks_to_try_again(web: Flask) -> None:
    answer = web.test_client().get("/l/anything")
    assert answer.status_code == 503
    assert "try again" in answer.text


def test_the_practice_says_so_while_it_has_no_clinic(at_desk: Browser, behind: tuple[str, dict[str, Any]]) -> None:
    behind[1]["api/booking/clinic"] = None
    for path in ("/", "/day/2027-03-09", "/absences", "/waitlist"):
        assert "no clinic yet" in at_desk.get(path).text


def test_any_day_can_be_chosen(at_desk: Browser) -> None:
    assert at_desk.get("/day?on=2027-04-01").location == "/day/2027-04-01"
    assert at_desk.get("/day?on=soon").status_code == 404


def test_a_form_of_another_site_does_nothing(at_desk: Browser, behind: tuple[str, dict[str, Any]]) -> None:
    answer = at_desk.post("/visit/0190f3a0-0000-7000-8000-000000000001/arrive")
    assert answer.status_code == 400
    assert "nothing was done" in answer.text
    assert not [asked for asked, _ in behind[1]["asked"] if "arrive" in asked]


def test_a_form_sent_after_the_sign_in_is_over_leads_to_a_new_one(web: Flask) -> None:
    answer = browser(web).submit("/visit/0190f3a0-0000-7000-8000-000000000001/arrive")
    assert answer.location == "/login?after=/"


def test_a_day_of_many_visits_is_read_to_its_end(at_desk: Browser, behind: tuple[str, dict[str, Any]]) -> None:
    def one(number: int) -> dict[str, Any]:
        return {
            "id": str(number), "patient_id": "p1", "number": number, "of": 8, "status": "booked", "version": 1,
            "starts_at": f"2027-03-09T1{number}:00:00Z", "ends_at": f"2027-03-09T1{number}:45:00Z",
            "therapist": {"id": 1, "name": "Ana Ortiz"}, "room": None,
        }  # fmt: skip

    def page() -> Any:
        if request.args.get("after") == "x":
            return jsonify([one(5)])
        return jsonify([one(4)]), 200, {"Link": '</api/booking/sessions?day=2027-03-09&after=x>; rel="next"'}

    behind[1]["api/booking/sessions"] = page
    assert "2 visits" in at_desk.get("/day/2027-03-09").text


def test_the_day_asks_for_its_own_visits(at_desk: Browser, behind: tuple[str, dict[str, Any]]) -> None:
    at_desk.get("/day/2027-03-09")
    (asked,) = [kept for name, kept in behind[1]["asked"] if name == "GET api/booking/sessions"]
    assert asked["query"] == {"day": "2027-03-09"}
