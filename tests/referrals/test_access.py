"""Who may see and do what."""

from __future__ import annotations

from typing import Any

import pytest

from tests.referrals.house import Caller, House, a_referral


@pytest.fixture
def sent(physician: Caller) -> dict[str, Any]:
    made: dict[str, Any] = physician.post("", a_referral()).json
    return made


@pytest.mark.parametrize("path", ["", "/fhir"])
def test_nobody_takes_part_without_a_token(house: House, path: str) -> None:
    assert house.caller(None).post(path, a_referral()).status_code == 401


@pytest.mark.parametrize("role", ["therapist", "service"])
@pytest.mark.parametrize("path", ["", "/fhir"])
def test_only_a_physicians_office_and_the_desk_send_referrals(house: House, role: str, path: str) -> None:
    assert house.caller(role).post(path, a_referral()).status_code == 403


@pytest.mark.parametrize("role", ["desk", "physician", "service"])
@pytest.mark.parametrize("act", ["accept", "decline"])
def test_only_a_therapist_reviews(house: House, sent: dict[str, Any], role: str, act: str) -> None:
    assert house.caller(role).post(f"/{sent['id']}/{act}", {"reason": "No"}).status_code == 403


@pytest.mark.parametrize("role", ["desk", "therapist", "service", "admin"])
def test_staff_and_services_read_a_referral(house: House, sent: dict[str, Any], role: str) -> None:
    assert house.caller(role).get(f"/{sent['id']}").json == sent


def test_reading_one_referral_leaves_a_trace(house: House, desk: Caller, sent: dict[str, Any]) -> None:
    desk.get(f"/{sent['id']}")
    query = "SELECT act FROM audit WHERE object_id = :id ORDER BY id"
    assert [row.act for row in house.rows(query, id=sent["id"])] == ["referral_received", "referral_read"]


def test_a_physicians_office_sees_only_what_it_sent(house: House, physician: Caller, sent: dict[str, Any]) -> None:
    other = house.caller("physician", "another office")
    assert physician.get(f"/{sent['id']}").json == sent
    assert other.get(f"/{sent['id']}").status_code == 404
    assert sent["id"] in [each["id"] for each in physician.get().json]
    assert other.get().json == []


def test_the_list_shows_the_newest_first_and_nothing_about_the_patient(desk: Caller) -> None:
    made = [desk.post("", a_referral()).json for _ in range(3)]
    listed = desk.get("?limit=3").json
    assert [each["id"] for each in listed] == [each["id"] for each in reversed(made)]
    assert not {"patient", "physician", "diagnoses"} & listed[0].keys()


def test_the_list_can_be_narrowed_to_a_status(desk: Caller, therapist: Caller) -> None:
    made = desk.post("", a_referral()).json
    therapist.post(f"/{made['id']}/accept")
    assert {each["status"] for each in desk.get("?status=accepted&limit=200").json} == {"accepted"}
    assert made["id"] not in [each["id"] for each in desk.get("?status=received&limit=200").json]


@pytest.mark.parametrize("query", ["?status=lost", "?limit=0", "?limit=many"])
def test_a_list_that_cannot_be_made_is_refused(desk: Caller, query: str) -> None:
    assert desk.get(query).status_code == 422


def test_the_interface_describes_itself(house: House, desk: Caller) -> None:
    described = desk.get("/openapi.json").json["paths"]
    body = described["/api/referrals"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Intake"}
    assert "post" in described["/api/referrals/fhir"]


def test_the_desk_learns_the_names_behind_a_days_visits_and_leaves_a_trace(house: House, desk: Caller) -> None:
    sent = desk.post("", a_referral()).json
    asked = desk.post("/patients/names", {"patient_ids": [sent["patient_id"]]})
    assert asked.json == [{"patient_id": sent["patient_id"], "name": sent["patient"]["name"]}]
    query = "SELECT act FROM audit WHERE object_id = :id"
    assert "patient_name_read" in [row.act for row in house.rows(query, id=sent["patient_id"])]


@pytest.mark.parametrize("role", ["physician", "service"])
def test_names_are_for_the_desk_and_the_therapists(house: House, role: str) -> None:
    assert house.caller(role).post("/patients/names", {"patient_ids": []}).status_code == 403
