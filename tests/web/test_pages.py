from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

CLINIC = {
    "name": "Riverside",
    "timezone": "America/New_York",
    "therapists": [],
    "rooms": [],
    "phone": "+12125550100",
}


@pytest.fixture
def at_desk(web: Flask, token: Callable[..., str], behind: tuple[str, dict[str, Any]]) -> FlaskClient:
    behind[1]["api/booking/clinic"] = CLINIC
    behind[1]["api/booking/clock"] = {"now": "2027-03-09T15:00:00+00:00"}
    behind[1]["api/booking/sessions"] = []
    client = web.test_client()
    client.post("/login", data={"token": token("desk"), "after": "/"})
    return client


def test_the_desk_asks_for_a_sign_in_and_comes_back_to_the_page(web: Flask) -> None:
    answer = web.test_client().get("/day/2027-03-09")
    assert answer.status_code == 302
    assert answer.location == "/login?after=/day/2027-03-09"


def test_a_physicians_token_does_not_open_the_desk(web: Flask, token: Callable[..., str]) -> None:
    client = web.test_client()
    assert client.post("/login", data={"token": token("physician")}).status_code == 401
    assert client.get("/").status_code == 302


def test_signing_in_never_leads_to_another_host(web: Flask, token: Callable[..., str]) -> None:
    secret = token("desk")
    elsewhere = ("//evil.example", "https://evil.example", "/\\evil.example", "/x\\evil.example")
    dropped_by_browsers = ("/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example")
    for after in (*elsewhere, *dropped_by_browsers):
        assert web.test_client().post("/login", data={"token": secret, "after": after}).location == "/"


def test_today_is_the_clinics_today(at_desk: FlaskClient) -> None:
    assert at_desk.get("/").location == "/day/2027-03-09"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2027-02-30", "tomorrow"])
def test_a_day_without_neighbours_is_not_found(at_desk: FlaskClient, day: str) -> None:
    assert at_desk.get(f"/day/{day}").status_code == 404


def test_an_empty_day_says_when_visits_will_appear(at_desk: FlaskClient) -> None:
    assert "as soon as a series is booked" in at_desk.get("/day/2027-03-09").text


def test_the_day_names_the_patients_for_the_desk(at_desk: FlaskClient, behind: tuple[str, dict[str, Any]]) -> None:
    behind[1]["api/booking/sessions"] = [
        {
            "id": "1", "patient_id": "p1", "number": 1, "of": 8, "status": "confirmed", "referral_reference": "R-1",
            "starts_at": "2027-03-09T14:00:00Z", "ends_at": "2027-03-09T14:45:00Z",
            "therapist": {"id": 1, "name": "Ana Ortiz"}, "room": {"id": 9, "name": "Room 1"},
        }
    ]  # fmt: skip
    behind[1]["api/referrals/patients/names"] = [{"patient_id": "p1", "name": "Grace Hopper"}]
    page = at_desk.get("/day/2027-03-09").text
    assert "09:00 Grace Hopper" in page
    assert "Ana Ortiz" in page


def test_a_day_that_is_no_date_is_not_found(at_desk: FlaskClient) -> None:
    assert at_desk.get("/day/tomorrow").status_code == 404


def test_signing_out_ends_it(at_desk: FlaskClient) -> None:
    at_desk.post("/logout")
    assert at_desk.get("/").status_code == 302


def test_a_page_whose_service_is_away_asks_to_try_again(web: Flask) -> None:
    answer = web.test_client().get("/l/anything")
    assert answer.status_code == 503
    assert "try again" in answer.text
