"""What the CapabilityStatement says is true: each interaction, operation and search parameter, tried."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from services.referrals.fhir.capability import RESOURCES, capability_statement
from tests.referrals.fhir_house import a_bundle, a_service_request, asked, parsed, sent
from tests.referrals.house import Caller, House, a_transaction

STATED = capability_statement("https://fascia.example/fhir")["rest"][0]
SEARCHED = [(each["type"], one["name"]) for each in STATED["resource"] for one in each.get("searchParam", [])]
HERE = ("Task", "ServiceRequest", "Appointment")


@pytest.fixture
def office(house: House) -> Caller:
    return house.caller("physician", f"token:{uuid4()}")


@pytest.fixture
def task(office: Caller) -> dict[str, Any]:
    return parsed(sent(office, a_bundle()))


def values(task: dict[str, Any]) -> dict[str, str]:
    number = task["focus"]["identifier"]
    return {
        "_id": task["id"],
        "identifier": f"{number['system']}|{number['value']}",
        "based-on": f"ServiceRequest/{task['id']}",
        "focus": f"ServiceRequest/{task['id']}",
        "patient": task["for"]["reference"],
        "_lastUpdated": f"ge{task['lastModified'][:10]}",
    }


def test_the_capabilities_are_open_and_name_every_resource(house: House) -> None:
    shown = parsed(asked(house.caller(None), "metadata"))
    assert (shown["fhirVersion"], shown["format"]) == ("4.0.1", ["application/fhir+json"])
    assert {each["type"] for each in shown["rest"][0]["resource"]} == RESOURCES.keys()
    assert shown["messaging"][0]["endpoint"][0]["address"].endswith("/api/referrals/fhir/$process-message")


@pytest.mark.parametrize(("kind", "name"), SEARCHED)
def test_each_parameter_finds_what_it_says_and_nothing_else(
    office: Caller, task: dict[str, Any], kind: str, name: str
) -> None:
    other = parsed(sent(office, a_bundle()))
    answer = asked(office, f"{kind}?{name}={values(task)[name]}")
    if kind not in HERE:
        assert answer.status_code == 307
        return
    found = {entry["resource"]["id"] for entry in parsed(answer).get("entry", [])}
    both = {task["id"], other["id"]} if name in ("_lastUpdated", "patient") else {task["id"]}
    assert found == (set() if kind == "Appointment" else both)


@pytest.mark.parametrize("kind", [kind for kind, done in RESOURCES.items() if "search-type" in done])
def test_what_no_kind_of_search_knows_is_refused_by_each(office: Caller, kind: str) -> None:
    for query in ("colour=blue", "_has:Task:focus:x=1", "_text=x", "based-on:Patient=1"):
        assert asked(office, f"{kind}?{query}").status_code == 400


@pytest.mark.parametrize(("kind", "done"), RESOURCES.items())
def test_each_kind_that_can_be_read_is_and_none_can_be_changed(
    house: House, office: Caller, task: dict[str, Any], kind: str, done: tuple[str, ...]
) -> None:
    ids = {"Patient": task["for"], "Practitioner": task["requester"]}
    its_id = ids.get(kind, {"reference": f"{kind}/{task['id']}"})["reference"].rpartition("/")[2]
    expected = {"DiagnosticReport": 307, "Communication": 307, "Appointment": 404}.get(kind, 200)
    assert asked(office, f"{kind}/{its_id}").status_code == expected
    for method in ("PUT", "PATCH", "DELETE"):
        assert (
            office._send(method, f"/fhir/{kind}/{its_id}", data=b"{}", content_type="application/fhir+json").status_code
            == 404
        )
    if "create" not in done:
        assert sent(office, {"resourceType": kind}, kind).status_code == 404


def test_each_operation_answers(office: Caller) -> None:
    assert {one["name"] for one in STATED["operation"]} == {"validate", "process-message"}
    for path in ("$validate", "ServiceRequest/$validate"):
        assert parsed(sent(office, a_service_request(), path))["resourceType"] == "OperationOutcome"
    assert parsed(sent(office, a_bundle(), "Bundle/$validate"))["issue"][0]["severity"] == "information"
    assert sent(office, a_bundle(), "$process-message").status_code == 422
    assert parsed(sent(office, a_transaction()))["type"] == "transaction-response"


def test_pages_follow_one_another_to_the_end(office: Caller) -> None:
    made = [parsed(sent(office, a_bundle()))["id"] for _ in range(5)]
    path, seen = "Task?_count=2&_lastUpdated=gt2020", []
    while path and len(seen) < 10:
        page = parsed(asked(office, path))
        assert page["total"] == 5
        seen += [entry["resource"]["id"] for entry in page["entry"]]
        links = {link["relation"]: link["url"] for link in page["link"]}
        path = links.get("next", "").partition("/fhir/")[2]
    assert seen == made[::-1]


def test_a_count_of_none_tells_only_how_many(office: Caller, task: dict[str, Any]) -> None:
    page = parsed(asked(office, "Task?_count=0"))
    assert (page["total"], page.get("entry")) == (1, None)


@pytest.mark.parametrize(
    ("compared", "found"),
    [("ge", 1), ("le", 1), ("eq", 1), ("", 1), ("gt", 0), ("lt", 0), ("ne", 0), ("sa", 0), ("eb", 0)],
)
def test_a_day_is_compared_as_it_lasts_at_the_practice(
    house: House, office: Caller, task: dict[str, Any], compared: str, found: int
) -> None:
    [(day,)] = house.rows("SELECT (fascia_now() AT TIME ZONE 'America/New_York')::date::text")
    for moment in (day, day[:7], day[:4]):
        assert parsed(asked(office, f"Task?_lastUpdated={compared}{moment}"))["total"] == found


def test_changes_since_a_moment_are_found(office: Caller, task: dict[str, Any]) -> None:
    moment = task["lastModified"].replace("+", "%2B")
    assert parsed(asked(office, f"Task?_lastUpdated=ge{moment}"))["total"] == 1
    assert parsed(asked(office, "Task?_lastUpdated=gt2999-01-01T00:00:00Z"))["total"] == 0
    assert parsed(asked(office, "Task?_lastUpdated=ge2020&_lastUpdated=lt2021"))["total"] == 0


def test_alternatives_stand_beside_each_other_and_conditions_narrow(office: Caller) -> None:
    one, two, _ = (parsed(sent(office, a_bundle())) for _ in range(3))
    found = parsed(asked(office, f"Task?_id={one['id']},{two['id']}"))
    assert found["total"] == 2
    assert parsed(asked(office, f"Task?_id={one['id']}&_id={two['id']}"))["total"] == 0
    assert parsed(asked(office, f"Task?based-on=https://x.example/fhir/ServiceRequest/{one['id']}"))["total"] == 1
    assert parsed(asked(office, f"Task?based-on=Patient/{one['id']}"))["total"] == 0


def test_a_search_may_be_sent_as_a_form(office: Caller, task: dict[str, Any]) -> None:
    form = {"_id": task["id"]}
    for kind in ("Task", "ServiceRequest"):
        found = parsed(office._send("POST", f"/fhir/{kind}/_search", data=form))
        assert found["entry"][0]["fullUrl"].endswith(f"/fhir/{kind}/{task['id']}")


def test_a_number_without_a_system_is_the_physicians(office: Caller) -> None:
    order = a_service_request()
    order["identifier"] = [{"value": uuid4().hex}]
    task = parsed(sent(office, order))
    found = parsed(asked(office, f"Task?identifier=|{order['identifier'][0]['value']}"))
    assert [entry["resource"]["id"] for entry in found["entry"]] == [task["id"]]


def test_who_has_this_version_is_not_sent_it_again(office: Caller, task: dict[str, Any]) -> None:
    first = asked(office, f"Task/{task['id']}")
    assert first.headers["Last-Modified"].endswith("GMT")
    headers = {"If-None-Match": first.headers["ETag"]}
    again = office._send("GET", f"/fhir/Task/{task['id']}", headers=headers)
    assert (again.status_code, again.data) == (304, b"")
    headers = {"If-None-Match": 'W/"99"'}
    assert office._send("GET", f"/fhir/Task/{task['id']}", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/fhir+json; fhirVersion=4.0", 200),
        ("application/fhir+json;charset=utf-8", 200),
        ("application/fhir+xml, application/fhir+json;q=0.8", 200),
        ("application/fhir+json; fhirVersion=3.0", 406),
        ("application/fhir+json;q=0, application/fhir+xml", 406),
        ("text/turtle", 406),
    ],
)
def test_json_of_r4_is_spoken_however_it_is_asked_for(house: House, accept: str, status: int) -> None:
    answer = house.caller(None)._send("GET", "/fhir/metadata", headers={"Accept": accept})
    assert (answer.status_code, answer.content_type) == (status, "application/fhir+json")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/fhir+json; charset=UTF-8", 201),
        ("application/fhir+json; fhirVersion=4.0", 201),
        ("application/fhir+json; charset=iso-8859-1", 415),
        ("application/fhir+json; fhirVersion=5.0", 415),
        ("text/plain", 415),
    ],
)
def test_json_of_r4_is_taken_however_it_is_sent(office: Caller, kind: str, status: int) -> None:
    body = json.dumps(a_service_request()).encode()
    assert office.post_bytes("/fhir", body, kind).status_code == status
