"""What an order says besides what a referral has fields for is not lost: it is an instruction, in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.referrals.fhir_house import a_service_request, asked, parsed, sent
from tests.referrals.house import Caller, House, today

START = (today() + timedelta(days=20)).isoformat()
END = (today() + timedelta(days=80)).isoformat()


def order_with(repeat: dict[str, Any] | None = None, timing: dict[str, Any] | None = None, **more: Any) -> Any:
    order = {**a_service_request(), **more}
    order["occurrenceTiming"] |= timing or {}
    order["occurrenceTiming"]["repeat"] |= repeat or {}
    return order


SAID: list[tuple[dict[str, Any], str, str]] = [
    (order_with(priority="urgent"), "priority urgent", "priority"),
    (order_with(asNeededBoolean=True), "as needed", "asNeeded"),
    (
        order_with(asNeededCodeableConcept={"text": "when it flares up"}),
        "as needed: when it flares up",
        "asNeeded",
    ),
    (order_with({"dayOfWeek": ["mon", "thu"]}), "on Monday, Thursday", "occurrence.repeat.dayOfWeek"),
    (order_with({"timeOfDay": ["09:00:00"]}), "at 09:00:00", "occurrence.repeat.timeOfDay"),
    (order_with({"when": ["MORN"]}), "in the morning", "occurrence.repeat.when"),
    (
        order_with({"boundsPeriod": {"start": START, "end": END}}),
        f"not before {START}",
        "occurrence.repeat.bounds.start",
    ),
    (
        order_with({"boundsDuration": {"value": 15, "unit": "days", "code": "d"}}),
        "in the course of 15 days",
        "occurrence.repeat.bounds",
    ),
    (
        order_with({"boundsDuration": {"value": 2, "code": "mo"}}),
        "in the course of 2 mo",
        "occurrence.repeat.bounds",
    ),
    (
        order_with({"boundsRange": {"low": {"value": 1, "code": "wk"}, "high": {"value": 10, "code": "d"}}}),
        "in the course of 1 wk to 10 d",
        "occurrence.repeat.bounds",
    ),
    (order_with(timing={"event": [START]}), f"for {START}", "occurrence.event"),
    (order_with(timing={"code": {"coding": [{"code": "QOD"}]}}), "timing QOD", "occurrence.code"),
    (order_with(orderDetail=[{"text": "Side-lying only"}]), "Side-lying only", "orderDetail[0]"),
    (
        order_with(performerType={"coding": [{"display": "Massage therapist"}]}),
        "to be done by: Massage therapist",
        "performerType",
    ),
]


@pytest.mark.parametrize(("order", "words", "element"), SAID, ids=[element for *_, element in SAID])
def test_it_is_an_instruction_and_validate_says_so(desk: Caller, order: Any, words: str, element: str) -> None:
    said = parsed(sent(desk, order, "$validate"))["issue"]
    assert [issue["expression"] for issue in said] == [[f"ServiceRequest.{element}"]]
    task = parsed(sent(desk, order))
    assert desk.get(f"/{task['id']}").json["instructions"][-1] == f"Also ordered: {words}"


def test_a_single_day_is_an_instruction_too(desk: Caller) -> None:
    order = a_service_request()
    del order["occurrenceTiming"]
    shown = desk.get(f"/{parsed(sent(desk, {**order, 'occurrenceDateTime': START}))['id']}").json
    assert shown["instructions"] == [f"Also ordered: for {START}"]


def test_what_goes_without_saying_is_not_said(desk: Caller) -> None:
    written = a_service_request()["authoredOn"][:10]
    order = order_with({"boundsPeriod": {"start": written, "end": END}}, priority="routine", asNeededBoolean=False)
    assert desk.get(f"/{parsed(sent(desk, order))['id']}").json["instructions"] == []


def test_several_are_one_instruction_that_comes_back_as_it_is(house: House, desk: Caller) -> None:
    order = order_with({"dayOfWeek": ["tue"]}, asNeededBoolean=True, note=[{"text": "Begin gently"}])
    task = parsed(sent(desk, order))
    shown = parsed(asked(desk, task["focus"]["reference"]))
    words = ["Begin gently", "Also ordered: as needed; on Tuesday"]
    assert [note["text"] for note in shown["note"]] == words
    shown |= {"contained": [*order["contained"], *shown.get("contained", [])]}
    shown |= {"subject": order["subject"], "requester": order["requester"]}
    shown["identifier"][0]["value"] = uuid4().hex
    again = parsed(sent(desk, shown))
    assert desk.get(f"/{again['id']}").json["instructions"] == words
