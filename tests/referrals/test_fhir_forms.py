"""A transaction is answered by a transaction-response, a message by a message, each by FHIR's rules for it."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.referrals.fhir_house import a_bundle, asked, counted, parsed, resource, sent
from tests.referrals.fhir_orders import FIRST
from tests.referrals.house import Caller, House, a_transaction

ORDERS = "https://ehr.riverside-spine.example/orders"


def a_message(**header: Any) -> dict[str, Any]:
    bundle = a_bundle()
    order = next(each for each in bundle["entry"] if each["resource"]["resourceType"] == "ServiceRequest")
    first = {**FIRST["message"], "focus": [{"reference": order["fullUrl"]}], **header}
    entries = [{"fullUrl": f"urn:uuid:{uuid4()}", "resource": first}, *bundle["entry"]]
    return {**bundle, "type": "message", "entry": entries}


def a_document() -> dict[str, Any]:
    bundle = a_bundle()
    first = {**FIRST["document"], "author": [{"display": "Somebody"}]}
    return {**bundle, "type": "document", "entry": [{"resource": first}, *bundle["entry"]]}


def by_kind(request: dict[str, Any], response: dict[str, Any]) -> dict[str, dict[str, Any]]:
    kinds = [entry["resource"]["resourceType"] for entry in request["entry"]]
    return dict(zip(kinds, response["entry"], strict=True))


def places(answer: Any) -> dict[str, str]:
    return {issue["expression"][0]: issue["code"] for issue in parsed(answer)["issue"]}


def test_a_transaction_is_answered_entry_by_entry(desk: Caller) -> None:
    transaction = a_transaction()
    answer = sent(desk, transaction)
    response = parsed(answer)
    entries = by_kind(transaction, response)
    assert (answer.status_code, response["type"]) == (201, "transaction-response")
    assert entries["ServiceRequest"]["response"]["status"] == "201 Created"
    for kind in ("ServiceRequest", "Patient", "Practitioner"):
        told = entries[kind]["response"]
        address, _, version = told["location"].partition("/_history/")
        shown = parsed(asked(desk, address))
        assert (shown["resourceType"], told["etag"]) == (kind, f'W/"{version}"')
    assert entries["Coverage"]["response"]["status"] == "200 OK"
    assert "location" not in entries["Coverage"]["response"]
    assert not any("resource" in entry for entry in response["entry"])


def test_the_task_to_follow_stands_where_the_answer_says(desk: Caller) -> None:
    answer = sent(desk, a_transaction())
    address = answer.headers["Location"].removeprefix("/api/referrals/fhir/")
    assert address == f"Task/{answer.json['id']}"
    assert parsed(asked(desk, address))["focus"]["reference"] == f"ServiceRequest/{answer.json['id']}"


def test_a_transaction_sent_again_made_nothing_new(house: House, desk: Caller) -> None:
    transaction = a_transaction()
    sent(desk, transaction)
    before = counted(house)
    again = sent(desk, transaction)
    assert again.status_code == 200
    assert by_kind(transaction, again.json)["ServiceRequest"]["response"]["status"] == "200 OK"
    assert {name: rows for name, rows in counted(house).items() if name != "audit"} == {
        name: rows for name, rows in before.items() if name != "audit"
    }


def test_whoever_prefers_it_gets_the_resources_of_a_transaction(desk: Caller) -> None:
    transaction = a_transaction()
    entries = by_kind(transaction, parsed(sent(desk, transaction, Prefer="return=representation")))
    for kind in ("ServiceRequest", "Patient", "Practitioner"):
        assert entries[kind]["resource"] == parsed(asked(desk, f"{kind}/{entries[kind]['resource']['id']}"))


def test_what_is_asked_for_stands_with_the_order_of_the_transaction(desk: Caller) -> None:
    transaction = a_transaction()
    del resource(transaction, "ServiceRequest")["occurrenceTiming"]["repeat"]["duration"]
    told = by_kind(transaction, parsed(sent(desk, transaction)))["ServiceRequest"]["response"]["outcome"]
    assert [issue["code"] for issue in told["issue"]] == ["incomplete"]


def test_a_transaction_may_bring_its_task(desk: Caller) -> None:
    transaction = a_transaction()
    order = next(each for each in transaction["entry"] if each["resource"]["resourceType"] == "ServiceRequest")
    task = {"resourceType": "Task", "status": "requested", "intent": "order", "focus": {"reference": order["fullUrl"]}}
    transaction["entry"].append({"resource": task, "request": {"method": "POST", "url": "Task"}})
    response = parsed(sent(desk, transaction))
    assert response["entry"][-1]["response"]["location"] == f"Task/{response['id']}/_history/1"


@pytest.mark.parametrize(
    ("kind", "request_", "element", "code"),
    [
        ("Patient", {"method": "DELETE", "url": "Patient/1"}, "request.method", "not-supported"),
        ("Patient", {"method": "GET", "url": "Patient/1"}, "request.method", "not-supported"),
        ("ServiceRequest", {"method": "PUT", "url": "ServiceRequest/1"}, "request.method", "not-supported"),
        ("Patient", {"method": "POST", "url": "Practitioner"}, "request.url", "invalid"),
        ("Patient", None, "request", "invariant"),
    ],
)
def test_a_transaction_creates_and_does_nothing_else(
    house: House, desk: Caller, kind: str, request_: dict[str, str] | None, element: str, code: str
) -> None:
    transaction = a_transaction()
    place = [each["resource"]["resourceType"] for each in transaction["entry"]].index(kind)
    transaction["entry"][place]["request"] = request_
    if request_ is None:
        del transaction["entry"][place]["request"]
    before = counted(house)
    answer = sent(desk, transaction)
    assert (answer.status_code, places(answer)) == (422, {f"Bundle.entry[{place}].{element}": code})
    assert counted(house) == before


@pytest.mark.parametrize("place", ["header", "entry"])
@pytest.mark.parametrize("written", ["{}|{}", "{}%7C{}"])
def test_an_order_is_not_made_where_it_exists_already(house: House, desk: Caller, place: str, written: str) -> None:
    first = sent(desk, a_transaction()).json
    number = parsed(asked(desk, f"Task/{first['id']}"))["focus"]["identifier"]["value"]
    condition = "identifier=" + written.format(ORDERS.replace(":", "%3A"), number)
    another = a_transaction()
    headers = {"If_None_Exist": condition} if place == "header" else {}
    if place == "entry":
        entry = next(each for each in another["entry"] if each["resource"]["resourceType"] == "ServiceRequest")
        entry["request"]["ifNoneExist"] = condition
    before = counted(house)["referrals"]
    again = sent(desk, another, **headers)
    assert (again.status_code, again.json["id"], counted(house)["referrals"]) == (200, first["id"], before)


def test_a_message_is_answered_by_a_message(desk: Caller) -> None:
    message = a_message(id="m-17")
    for path in ("", "$process-message"):
        answer = sent(desk, message, path)
        response = parsed(answer)
        header, task = (entry["resource"] for entry in response["entry"][:2])
        assert (answer.status_code, response["type"]) == (201 if not path else 200, "message")
        assert header["response"] == {"identifier": "m-17", "code": "ok"}
        assert header["eventCoding"] == message["entry"][0]["resource"]["eventCoding"]
        assert header["focus"][0]["reference"] == response["entry"][1]["fullUrl"]
        assert parsed(asked(desk, f"Task/{task['id']}")) == task


def test_what_is_asked_for_comes_with_the_message(desk: Caller) -> None:
    message = a_message()
    del resource(message, "ServiceRequest")["occurrenceTiming"]["repeat"]["duration"]
    response = parsed(sent(desk, message))
    details = response["entry"][0]["resource"]["response"]["details"]["reference"]
    [outcome] = [entry["resource"] for entry in response["entry"] if entry["fullUrl"] == details]
    assert [issue["code"] for issue in outcome["issue"]] == ["incomplete"]


def test_a_message_whose_task_is_in_focus_is_about_its_order(desk: Caller) -> None:
    message = a_message(focus=[{"reference": "Task/t"}])
    [order] = [each for each in message["entry"] if each["resource"]["resourceType"] == "ServiceRequest"]
    task = {"resourceType": "Task", "id": "t", "status": "requested", "intent": "order"}
    message["entry"].append({"resource": {**task, "focus": {"reference": order["fullUrl"]}}})
    assert sent(desk, message).status_code == 201
    message["entry"][-1]["resource"]["status"] = "cancelled"
    order["resource"]["identifier"][0]["value"] = uuid4().hex
    assert places(sent(desk, message)) == {"Bundle.entry[11].resource.status": "business-rule"}


def test_a_message_has_an_id_for_its_answer(house: House, desk: Caller) -> None:
    message = a_message()
    del message["entry"][0]["resource"]["id"]
    assert sent(desk, message).status_code == 201
    del message["entry"][0]["fullUrl"]
    before = counted(house)
    assert places(sent(desk, message)) == {"Bundle.entry[0].resource": "required"}
    assert counted(house) == before


@pytest.mark.parametrize("kind", ["message", "document"])
def test_a_message_and_a_document_begin_as_they_must(desk: Caller, kind: str) -> None:
    answer = sent(desk, {**a_bundle(), "type": kind})
    assert places(answer) == {"Bundle.entry[0].resource": "invariant"}


def test_a_document_and_a_collection_are_answered_by_the_task(desk: Caller) -> None:
    for bundle in (a_document(), a_bundle()):
        assert parsed(sent(desk, bundle))["resourceType"] == "Task"


def test_only_a_message_is_processed_as_one(desk: Caller) -> None:
    assert places(sent(desk, a_bundle(), "$process-message")) == {"Bundle.type": "invalid"}


def test_an_order_may_bring_the_one_that_it_replaces(house: House, desk: Caller) -> None:
    first = a_bundle()
    earlier = parsed(sent(desk, first))
    bundle = json.loads(json.dumps(first))
    order = next(each for each in bundle["entry"] if each["resource"]["resourceType"] == "ServiceRequest")
    old = json.loads(json.dumps(order))
    old["fullUrl"] = f"urn:uuid:{uuid4()}"
    order["resource"]["identifier"][0]["value"] = uuid4().hex
    order["resource"]["replaces"] = [{"reference": old["fullUrl"]}]
    bundle["entry"].append(old)
    task = parsed(sent(desk, bundle))
    shown = parsed(asked(desk, task["focus"]["reference"]))
    assert shown["replaces"] == [{"reference": f"ServiceRequest/{earlier['id']}"}]


def test_an_order_that_replaces_one_of_ours_may_name_it_by_our_id(desk: Caller) -> None:
    bundle = a_bundle()
    earlier = parsed(sent(desk, bundle))
    order = resource(bundle, "ServiceRequest")
    order["identifier"][0]["value"] = uuid4().hex
    order["replaces"] = [{"reference": earlier["focus"]["reference"]}]
    task = parsed(sent(desk, bundle))
    assert parsed(asked(desk, task["focus"]["reference"]))["replaces"] == order["replaces"]
    order["identifier"][0]["value"] = uuid4().hex
    resource(bundle, "Patient")["name"] = [{"text": f"Somebody Else {uuid4().hex}"}]
    resource(bundle, "Patient")["birthDate"] = "1971-07-07"
    assert places(sent(desk, bundle)) == {"Bundle.entry[9].resource.replaces[0]": "value"}
