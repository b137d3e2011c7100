"""A physician's office learns nothing of the referrals of another: by no address, and by no difference of answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.referrals.fhir_house import a_bundle, asked, counted, sent
from tests.referrals.house import Caller, House, a_referral
from tests.referrals.test_merging import person

NOBODY = "0192f3a4-0000-7000-8000-000000000000"


@pytest.fixture
def other(house: House) -> Caller:
    return house.caller("physician", "another office")


@pytest.fixture
def theirs(physician: Caller) -> dict[str, Any]:
    made: dict[str, Any] = physician.post("", a_referral(patient=person())).json
    return made


READ = (
    "/{id}", "/{id}/versions", "/{id}/documents", "/{id}/findings",
    "/patients/{patient_id}", "/patients/{patient_id}/export", "/physicians/{physician_id}",
    "/fhir/Task/{id}", "/fhir/ServiceRequest/{id}", "/fhir/Patient/{patient_id}",
    "/fhir/Practitioner/{physician_id}", "/fhir/Task?_id={id}", "/fhir/ServiceRequest?_id={id}",
    "/fhir/Task?based-on=ServiceRequest/{id}", "/fhir/Task?focus=ServiceRequest/{id}",
    "/fhir/Appointment?based-on=ServiceRequest/{id}", "/fhir/Task?identifier=https://orders.clinic.example|{number}",
    "/fhir/ServiceRequest?identifier=|{number}", "/fhir/DiagnosticReport?based-on=ServiceRequest/{id}",
)  # fmt: skip
WRITE = (
    ("POST", "/{id}/cancellation", None),
    ("PATCH", "/{id}", {"visits": 9}),
    ("PUT", "/{id}/permission", {"decision": "cleared"}),
    ("POST", "/{id}/withdraw", None),
    ("POST", "/{id}/close", {"reason": "finished"}),
    ("POST", "/{id}/ask", {"names": ["visits"]}),
    ("POST", "/{id}/amend", {"visits": 9}),
    ("POST", "/{id}/contacted", None),
    ("POST", "/patients/names", {"patient_ids": ["{patient_id}"]}),
    ("PUT", "/patients/{patient_id}/contact", {"phone": "+14155550126"}),
)


def filled(text: str, **facts: Any) -> str:
    for name, value in facts.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def facts(theirs: dict[str, Any]) -> dict[str, str]:
    ids = {name: theirs[name] for name in ("id", "patient_id", "physician_id")}
    return {**ids, "number": theirs["placer"]["number"]}


def bare(answer: Any) -> tuple[int, str]:
    """An answer without the number of the request and the address that was asked."""
    text = answer.get_data(as_text=True)
    said = json.loads(text) if text.startswith("{") else {}
    echoes = {name: None for name in ("request_id", "link") if name in said}
    if echoes:
        text = json.dumps({**said, **echoes})
    return answer.status_code, text


@pytest.mark.parametrize("path", READ)
def test_what_another_office_sent_is_answered_like_what_nobody_sent(
    other: Caller, theirs: dict[str, Any], path: str
) -> None:
    known = facts(theirs)
    real, none = filled(path, **known), filled(path, **{**dict.fromkeys(known, NOBODY), "number": "no number"})
    (status, text), nothing = bare(other.get(real)), bare(other.get(none))
    assert (status, text.replace(real, "")) == (nothing[0], nothing[1].replace(none, ""))
    assert not any(each in text for each in (theirs["patient"]["name"], theirs["reference"]))


@pytest.mark.parametrize(("method", "path", "document"), WRITE)
def test_what_another_office_sent_is_not_changed(
    house: House, other: Caller, theirs: dict[str, Any], method: str, path: str, document: Any
) -> None:
    before = counted(house)
    known = facts(theirs)
    body = json.loads(filled(json.dumps(document), **known))
    real = other._send(method, filled(path, **known), json=body)
    none = other._send(method, filled(path, **dict.fromkeys(known, NOBODY)), json=body)
    assert real.status_code in (403, 404)
    assert bare(real) == bare(none)
    assert counted(house) == before


def test_lists_and_searches_tell_an_office_of_its_own_referrals_alone(other: Caller, theirs: dict[str, Any]) -> None:
    for path in ("?limit=200", "/fhir/Task", "/fhir/ServiceRequest"):
        text = other.get(path).get_data(as_text=True)
        assert theirs["id"] not in text
        assert theirs["reference"] not in text


def test_two_offices_use_the_same_number_and_neither_learns_of_it(
    house: House, other: Caller, physician: Caller
) -> None:
    document = a_referral(patient=person())
    first = physician.post("", document).json
    second = other.post("", {**document, "patient": person()})
    assert second.status_code == 201
    assert not any(word in second.text for word in (first["reference"], first["id"], first["patient"]["name"]))
    for caller, mine in ((physician, first), (other, second.json)):
        found = asked(
            caller, f"ServiceRequest?identifier={document['placer']['system']}|{document['placer']['number']}"
        )
        assert [entry["resource"]["id"] for entry in found.json["entry"]] == [mine["id"]]


def test_nobody_is_kept_from_sending_by_who_took_the_number_before(
    house: House, desk: Caller, other: Caller, physician: Caller
) -> None:
    document = a_referral(patient=person())
    squat = other.post("", {**document, "patient": person()}).json
    mine = physician.post("", document)
    entered = desk.post("", {**document, "patient": person()})
    assert (mine.status_code, entered.status_code) == (201, 201)
    assert len({squat["id"], mine.json["id"], entered.json["id"]}) == 3
    assert physician.post("", document).json["id"] == mine.json["id"]


def test_the_desk_and_the_office_of_an_order_learn_which_referral_its_number_made(
    house: House, desk: Caller, physician: Caller
) -> None:
    document = a_referral(patient=person())
    first = physician.post("", document).json
    for caller in (desk, physician):
        answer = caller.post("", {**document, "visits": 9})
        assert answer.json["errors"] == {"reference": first["reference"]}
        assert caller.post("", document).json["id"] == first["id"]


def test_everybody_of_the_practice_has_the_same_numbers(house: House, desk: Caller) -> None:
    document = a_referral(patient=person())
    first = desk.post("", document).json
    assert house.caller("desk", "another at the desk").post("", document).json["id"] == first["id"]


def test_an_office_does_not_learn_that_the_desk_entered_its_order(desk: Caller, physician: Caller) -> None:
    document = a_referral(patient=person())
    entered = desk.post("", document).json
    sent_too = physician.post("", document)
    assert sent_too.status_code == 201
    assert not any(word in sent_too.text for word in (entered["reference"], entered["id"]))


def test_a_condition_on_another_offices_number_finds_nothing(other: Caller, physician: Caller) -> None:
    bundle = a_bundle()
    first = sent(physician, bundle).json
    number = next(
        entry["resource"]["identifier"][0]
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "ServiceRequest"
    )
    said = f"identifier={number['system']}|{number['value']}"
    answer = sent(other, bundle, **{"If_None_Exist": said})
    assert answer.status_code == 201
    assert first["id"] not in answer.text
    assert asked(other, f"Task/{first['id']}").status_code == 404


def test_a_number_continues_ones_own_order_or_nobodys(desk: Caller, other: Caller, physician: Caller) -> None:
    document = a_referral(patient=person())
    first = physician.post("", document).json
    following = {**document, "placer": None, "replaces": document["placer"]}
    assert other.post("", following).json["renews"] is None
    assert physician.post("", following).json["renews"] == first["id"]
    assert desk.post("", following).json["renews"] == first["id"]


def test_a_referral_of_another_office_cannot_be_renewed_by_guessing(
    house: House, other: Caller, physician: Caller
) -> None:
    someone = person()
    first = physician.post("", a_referral(patient=someone)).json
    real = other.post("", a_referral(patient=someone, renews=first["id"]))
    none = other.post("", a_referral(patient=someone, renews=NOBODY))
    assert (real.status_code, none.status_code) == (422, 422)
    assert real.json["errors"] == none.json["errors"]


ODD = ("identifier=", "identifier=|", "?identifier=a|b&_id=1", "_id=1", "identifier=\x7f|1", "identifier=" + "|" * 5000)


@pytest.mark.parametrize("header", ODD)
def test_odd_conditions_and_preferences_are_answered_clearly(house: House, physician: Caller, header: str) -> None:
    before = counted(house)["referrals"]
    answer = sent(physician, a_bundle(), **{"If_None_Exist": header, "Prefer": "return=everything;;, =, respond-async"})
    assert answer.status_code in (201, 400, 412)
    assert counted(house)["referrals"] == before + (answer.status_code == 201)


def test_an_office_that_knows_a_patient_neither_learns_nor_changes_how_others_reach_them(
    physician: Caller, other: Caller, house: House
) -> None:
    known = person()
    mine = physician.post("", a_referral(patient=known)).json
    less = other.post("", a_referral(patient={**known, "email": None}, placer=None)).json
    evil = other.post("", a_referral(patient={**known, "email": "evil@mail.example"}, placer=None)).json
    assert less["patient"]["email"] is None
    assert mine["patient_id"] not in (less["patient_id"], evil["patient_id"])
    again = physician.get(f"/{mine['id']}").json
    assert again["patient"]["email"] == known["email"]
    pairs = house.caller("desk").get("/patients/matches").json
    assert {pair["referral_id"] for pair in pairs} >= {less["id"]}


def test_a_merge_does_not_tell_an_office_how_another_reaches_the_patient(
    house: House, desk: Caller, physician: Caller, other: Caller
) -> None:
    mine, another = (caller.post("", a_referral(patient=person())).json for caller in (physician, other))
    desk.post("/patients/merge", {"keep_id": another["patient_id"], "other_id": mine["patient_id"]})
    seen = physician.get(f"/{mine['id']}").text
    assert not any(another["patient"][name] in seen for name in ("name", "phone", "email"))
    assert desk.get(f"/{mine['id']}").json["patient"]["phone"] == another["patient"]["phone"]
