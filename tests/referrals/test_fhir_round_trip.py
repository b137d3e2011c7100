"""FHIR → Fascia → FHIR: nothing that the intake reads is lost on the way."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings

from tests.referrals.fhir_house import a_bundle, asked, fresh, parsed, resource, sent
from tests.referrals.fhir_orders import bundle, facts, orders
from tests.referrals.house import Caller, House, a_referral

QUICK = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))

THEIRS = ("id", "reference", "received_at", "patient_id", "physician_id", "placer", "changed_at")


def there(desk: Caller, document: dict[str, Any]) -> dict[str, Any]:
    """The Task of an order that was taken."""
    answer = sent(desk, document)
    assert answer.status_code == 201, answer.json
    shown = parsed(answer)
    return shown if shown["resourceType"] == "Task" else parsed(asked(desk, f"Task/{shown['id']}"))


def back(desk: Caller, task: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The order and its people as Fascia shows them."""
    names = {"patient": task["for"], "doctor": task["requester"], "order": task["focus"]}
    shown = {name: parsed(asked(desk, reference["reference"])) for name, reference in names.items()}
    for one in shown["order"].get("contained", []):
        for place, copied in enumerate(one.get("recipient", [])):
            shown[f"{one['id']}-{place}"] = parsed(asked(desk, copied["reference"]))
    return shown


def known(desk: Caller, task: dict[str, Any]) -> dict[str, Any]:
    shown = desk.get(f"/{task['id']}").json
    return {name: value for name, value in shown.items() if name not in THEIRS}


def keeps_everything(desk: Caller, document: dict[str, Any]) -> None:
    """Every fact that was sent comes back; and what comes back, sent again, is the same referral."""
    task = there(desk, document)
    shown = back(desk, task)
    resources = [entry["resource"] for entry in document["entry"]]
    said = facts(next(one for one in resources if one["resourceType"] == "ServiceRequest"), resources)
    people = [one for one in shown.values() if one is not shown["order"]]
    told = facts(shown["order"], [*people, *shown["order"].get("contained", [])])
    assert said - told == {fact for fact in said - told if fact[1] is None}
    shown["order"]["identifier"][0]["value"] = uuid4().hex
    again = there(desk, by_their_ids(shown))
    assert known(desk, again) == known(desk, task)
    assert (again["for"], again["requester"]) == (task["for"], task["requester"])


def by_their_ids(shown: dict[str, dict[str, Any]]) -> dict[str, Any]:
    document = bundle("collection", shown)
    for entry in document["entry"]:
        del entry["fullUrl"]
    return document


@QUICK
@given(orders())
def test_every_element_of_an_order_comes_back_and_makes_the_same_referral(
    house: House, document: dict[str, Any]
) -> None:
    keeps_everything(house.caller("desk"), document)


@pytest.mark.long
@LONG
@given(orders())
def test_fifteen_hundred_orders_come_back_whole(house: House, document: dict[str, Any]) -> None:
    keeps_everything(house.caller("desk"), document)


def test_the_practice_and_the_signature_of_the_story_come_back(desk: Caller) -> None:
    task = there(desk, fresh(a_bundle()))
    shown = back(desk, task)
    shown["order"]["identifier"][0]["value"] = uuid4().hex
    again = there(desk, by_their_ids(shown))
    assert known(desk, again) == known(desk, task)
    assert known(desk, again)["physician"]["practice"] == "Riverside Spine and Sports Medicine"


def test_a_referral_that_came_as_json_goes_out_as_fhir_and_comes_back_the_same(desk: Caller) -> None:
    sent_document = a_referral(
        home_visit=True,
        home_position=[40.71, -74.01],
        therapist_sex="female",
        precautions=["Bruises easily"],
        contraindications=["pregnancy"],
        goals=["Sleep through"],
        payer={"member_number": "HX-1"},
        signed_on=a_referral()["issued_on"],
        start_by=a_referral()["issued_on"],
        duration_weeks=5,
    )
    made = desk.post("", sent_document).json
    task = parsed(asked(desk, f"Task/{made['id']}"))
    shown = back(desk, task)
    shown["order"]["identifier"][0]["value"] = uuid4().hex
    again = there(desk, by_their_ids(shown))
    assert known(desk, again) == known(desk, task)


def test_an_amended_order_is_shown_as_it_is_now(desk: Caller, therapist: Caller) -> None:
    document = fresh(a_bundle())
    repeat = resource(document, "ServiceRequest")["occurrenceTiming"]["repeat"]
    del resource(document, "ServiceRequest")["quantityQuantity"]
    repeat |= {"count": 6, "countMax": 8}
    task = there(desk, document)
    assert therapist.post(f"/{task['id']}/accept").status_code == 200
    assert desk.post(f"/{task['id']}/amend", {"visits": 4}).status_code == 200
    shown = parsed(asked(desk, f"ServiceRequest/{task['id']}"))
    assert shown["occurrenceTiming"]["repeat"]["count"] == 4
    assert "countMax" not in shown["occurrenceTiming"]["repeat"]
    assert shown["meta"]["versionId"] == "3"
