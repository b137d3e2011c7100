"""Taking a referral in through the JSON door."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from services.referrals.schemas import ReferralSchema
from tests.referrals.house import Caller, House, a_referral, today, without


def test_a_sound_referral_is_received_under_a_number_of_ours(desk: Caller) -> None:
    answer = desk.post("", a_referral())
    assert answer.status_code == 201
    assert answer.json["status"] == "received"
    assert answer.json["reference"].startswith(f"R-{today().year}-")
    assert answer.headers["Location"] == f"/api/referrals/{answer.json['id']}"
    assert ReferralSchema().validate(answer.json) == {}


def test_a_referral_without_an_end_holds_ninety_days_from_its_date(desk: Caller) -> None:
    answer = desk.post("", a_referral())
    assert answer.json["valid_until"] == (today() + timedelta(days=90)).isoformat()


def test_phones_are_kept_in_one_form_and_diagnoses_with_their_dot(desk: Caller) -> None:
    answer = desk.post("", a_referral(patient__phone="(415) 555-0126", diagnoses=["m5450", "M54.50", "m54.2"]))
    assert answer.json["patient"]["phone"] == "+14155550126"
    assert answer.json["diagnoses"] == ["M54.50", "M54.2"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"physician__npi": "1234567898"}, "physician.npi"),
    ({"diagnoses": ["M54.99"]}, "diagnoses.0"),
    ({"diagnoses": []}, "diagnoses"),
    ({"session_minutes": 20}, "session_minutes"),
    ({"visits": 0}, "visits"),
    ({"visits": 61}, "visits"),
    ({"visits": True}, "visits"),
    ({"visits": "8"}, "visits"),
    ({"frequency": {"visits": 8, "per_days": 7}}, "frequency.visits"),
    ({"pressure_ceiling": 6}, "pressure_ceiling"),
    ({"patient__phone": "12345"}, "patient.phone"),
    ({"patient__email": "not an address"}, "patient.email"),
    ({"patient__phone": None, "patient__email": None}, "patient.phone"),
    ({"patient__name": "   "}, "patient.name"),
    ({"patient__name": "a\u0000b"}, "patient.name"),
    ({"patient__name": "\ud800"}, "patient.name"),
    ({"patient__born_on": "2999-01-01"}, "patient.born_on"),
    ({"patient__language": "english"}, "patient.language"),
    ({"patient__text_consent": "yes"}, "patient.text_consent"),
    ({"issued_on": "2999-01-01"}, "issued_on"),
    ({"issued_on": "2001-01-01"}, "issued_on"),
    ({"issued_on": "yesterday"}, "issued_on"),
    ({"valid_until": "2001-01-01"}, "valid_until"),
    ({"start_by": "2001-01-01"}, "start_by"),
    ({"updates": "hourly"}, "updates"),
    ({"techniques": ["Deep Tissue!"]}, "techniques.0"),
    ({"payer": {"claim_type": "barter"}}, "payer.claim_type"),
    ({"valid_untill": "2027-01-01"}, "valid_untill"),
    ({"self": 1}, "self"),
]


def error_paths(errors: Any, path: str = "") -> set[str]:
    if isinstance(errors, list):
        return {path}
    return {found for name, inner in errors.items() for found in error_paths(inner, f"{path}.{name}".strip("."))}


@pytest.mark.parametrize(("changes", "field"), WRONG)
def test_a_mistake_is_named_by_its_field_and_changes_nothing(
    house: House, desk: Caller, changes: dict[str, Any], field: str
) -> None:
    before = house.counts()
    answer = desk.post("", a_referral(**changes))
    assert answer.status_code == 422
    assert (answer.json["code"], error_paths(answer.json["errors"])) == ("invalid", {field})
    assert house.counts() == before


@pytest.mark.parametrize(
    "field", ["patient", "physician", "diagnoses", "visits", "frequency", "session_minutes", "issued_on"]
)
def test_what_is_missing_is_asked_for(desk: Caller, field: str) -> None:
    answer = desk.post("", without(a_referral(), field))
    assert (answer.status_code, error_paths(answer.json["errors"])) == (422, {field})


def test_everything_that_is_wrong_is_told_at_once(desk: Caller) -> None:
    wrong = a_referral(
        physician__npi="1234567898",
        diagnoses=["M54.50", "XX"],
        session_minutes=20,
        valid_until="2001-01-01",
        patient__born_on="2999-01-01",
    )
    answer = desk.post("", wrong)
    assert error_paths(answer.json["errors"]) == {
        "physician.npi",
        "diagnoses.1",
        "session_minutes",
        "valid_until",
        "patient.born_on",
    }


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe{", b"[" * 100_000, b'{"visits": NaN}', b"9" * 5000])
def test_what_is_not_json_is_said_to_be_so(house: House, desk: Caller, body: bytes) -> None:
    before = house.counts()
    answer = desk.post_bytes("", body)
    assert (answer.status_code, answer.json["code"]) == (400, "not_json")
    assert house.counts() == before


@pytest.mark.parametrize("document", [None, [], "referral", 5, {"patient": []}])
def test_json_that_is_not_a_referral_is_refused(desk: Caller, document: Any) -> None:
    assert desk.post_bytes("", json.dumps(document).encode()).status_code == 422


def test_a_body_of_ten_megabytes_is_too_large(house: House, desk: Caller) -> None:
    before = house.counts()
    answer = desk.post_bytes("", b'{"x": "' + b"x" * 10_000_000 + b'"}')
    assert (answer.status_code, answer.json["code"]) == (413, "request_entity_too_large")
    assert house.counts() == before


def test_the_same_number_again_gives_the_same_referral(house: House, desk: Caller) -> None:
    document = a_referral()
    first = desk.post("", document)
    before = house.counts()
    again = desk.post("", document)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json == first.json
    assert house.counts() == before


def test_the_same_number_for_another_order_is_refused(house: House, desk: Caller) -> None:
    document = a_referral()
    first = desk.post("", document)
    before = house.counts()
    answer = desk.post("", {**document, "visits": 9})
    assert (answer.status_code, answer.json["code"]) == (409, "placer_number_reused")
    assert answer.json["errors"] == {"reference": first.json["reference"]}
    assert house.counts() == before


def test_two_offices_may_use_the_same_number(desk: Caller) -> None:
    document = a_referral(placer__number="1")
    elsewhere = {**document, "placer": {"number": "1", "system": "https://elsewhere.example"}}
    assert desk.post("", document).json["id"] != desk.post("", elsewhere).json["id"]


def test_a_number_without_a_system_is_the_physicians_own(desk: Caller) -> None:
    document = a_referral(placer={"number": "77"})
    other = a_referral(placer={"number": "77"}, physician__npi="1932104098")
    assert desk.post("", document).status_code == 201
    assert desk.post("", document).status_code == 200
    assert desk.post("", other).status_code == 201


def test_ten_posts_of_one_number_at_the_same_time_make_one_referral(house: House, desk: Caller) -> None:
    document = a_referral()
    before = house.counts()
    with ThreadPoolExecutor(10) as crowd:
        answers = list(crowd.map(lambda _: house.caller("desk").post("", document), range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert len({answer.json["id"] for answer in answers}) == 1
    assert house.counts()["referrals"] == before["referrals"] + 1
    assert house.counts()["patients"] == before["patients"] + 1


def test_referrals_of_one_new_patient_at_the_same_time_make_one_patient(house: House) -> None:
    person = a_referral()["patient"]
    documents = [a_referral(patient=person, physician__npi="1245319599") for _ in range(8)]
    before = house.counts()
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda document: house.caller("desk").post("", document), documents))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["patient_id"] for answer in answers}) == 1
    assert len({answer.json["physician_id"] for answer in answers}) == 1
    assert house.counts()["patients"] == before["patients"] + 1


def test_receiving_tells_of_the_referral_and_of_new_people(house: House, desk: Caller) -> None:
    made = desk.post("", a_referral(physician__npi="1992999999")).json
    [(kind, data)] = house.events(made["id"])
    assert kind == "referrals.referral_received"
    assert (data["reference"], data["updates"], data["version"]) == (made["reference"], "every_visit", 1)
    [(kind, patient)] = house.events(made["patient_id"])
    assert (kind, patient["text_consent"], patient["language"]) == (
        "referrals.patient_contact_changed",
        True,
        "en",
    )
    assert house.running.seal.open(patient["phone"]) == "+14155550126"
    [(kind, physician)] = house.events(made["physician_id"])
    assert kind == "referrals.physician_contact_changed"
    assert house.running.seal.open(physician["email"]) == "castellano@clinic.example"


def test_a_known_patient_with_a_new_address_is_told_as_the_next_version(house: House, desk: Caller) -> None:
    document = a_referral()
    first = desk.post("", document).json
    moved = a_referral(patient={**document["patient"], "email": "moved@mail.example", "text_consent": False})
    second = desk.post("", moved).json
    assert second["patient_id"] == first["patient_id"]
    _, (_, data) = house.events(first["patient_id"])
    assert (data["version"], data["text_consent"]) == (2, False)
    assert house.running.seal.open(data["email"]) == "moved@mail.example"


def test_the_name_and_the_phone_may_be_written_differently(desk: Caller) -> None:
    document = a_referral()
    same = {**document["patient"], "name": f"  {document['patient']['name'].upper()}", "phone": "4155550126"}
    first, second = desk.post("", document).json, desk.post("", a_referral(patient=same)).json
    assert second["patient_id"] == first["patient_id"]


@pytest.mark.parametrize(
    "difference", [{"born_on": "1979-10-06"}, {"phone": "+14155550127", "email": "other@mail.example"}]
)
def test_another_birthday_or_other_ways_to_reach_them_make_another_patient(
    desk: Caller, difference: dict[str, str]
) -> None:
    document = a_referral()
    other = a_referral(patient={**document["patient"], **difference})
    assert desk.post("", document).json["patient_id"] != desk.post("", other).json["patient_id"]


def test_what_a_later_referral_does_not_say_is_kept(house: House, desk: Caller) -> None:
    document = a_referral()
    first = desk.post("", document).json
    brief = {name: document["patient"][name] for name in ("name", "born_on", "phone")}
    second = desk.post("", a_referral(patient=brief)).json
    assert second["patient"] == first["patient"]
    assert len(house.events(first["patient_id"])) == 1


def test_every_change_is_in_the_audit_trail(house: House, desk: Caller) -> None:
    made = desk.post("", a_referral()).json
    [row] = house.rows("SELECT act, actor, role FROM audit WHERE object_id = :id", id=made["id"])
    assert tuple(row) == ("referral_received", "tester", "desk")
    [row] = house.rows("SELECT act FROM audit WHERE object_id = :id", id=made["patient_id"])
    assert row.act == "patient_contact_changed"


def test_changes_of_one_physician_at_the_same_time_are_told_one_after_the_other(house: House, desk: Caller) -> None:
    made = desk.post("", a_referral(physician__npi="1679576722")).json
    path = f"/physicians/{made['physician_id']}/contact"
    addresses = [f"desk{number}@clinic.example" for number in range(8)]
    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(lambda each: house.caller("desk").put(path, {"email": each}), addresses))
    told = [data for _, data in house.events(made["physician_id"])]
    assert [data["version"] for data in told] == list(range(1, 10))
    assert {house.running.seal.open(data["email"]) for data in told[1:]} == set(addresses)
