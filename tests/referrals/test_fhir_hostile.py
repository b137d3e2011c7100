"""What no EHR should send: bytes that are meant to hurt are refused in FHIR, soon, and leave nothing behind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.referrals.fhir.body import DEEPEST
from services.referrals.fhir.bundles import MOST
from tests.referrals.fhir_house import a_bundle, a_service_request, counted, parsed, resource
from tests.referrals.house import FHIR, House

PATHS = ["", "/ServiceRequest", "/$validate", "/$process-message"]


def written(document: Any) -> bytes:
    return json.dumps(document).encode()


def order_saying(element: str, raw: str) -> bytes:
    """The order with an element whose JSON is `raw`."""
    order = a_service_request()
    holder = order["occurrenceTiming"]["repeat"] if element in order["occurrenceTiming"]["repeat"] else order
    holder[element] = "RAW"
    return json.dumps(order).replace('"RAW"', raw).encode()


def nested(levels: int) -> bytes:
    inner = '{"url": "u", "extension": [' * levels + '{"url": "u", "valueString": "x"}' + "]}" * levels
    return order_saying("extension", f"[{inner}]")


def twice(name: str) -> bytes:
    body = json.dumps(a_service_request())
    return f'{body[:-1]}, "{name}": "draft"}}'.encode()


def many(one: dict[str, Any], times: int) -> bytes:
    bundle = a_bundle()
    bundle["entry"] += [{"resource": one}] * times
    return written(bundle)


def circle() -> bytes:
    order = a_service_request()
    order["contained"][0]["contained"] = [{"resourceType": "Patient", "id": "pat"}]
    order["contained"][1] |= {"resourceType": "PractitionerRole", "practitioner": {"reference": "#doc"}}
    del order["contained"][1]["name"], order["contained"][1]["identifier"]
    order["replaces"] = order["basedOn"] = [{"reference": "#"}]
    order["reasonReference"] = order["insurance"] = [{"reference": "#"}]
    return written(order)


NOT_JSON = [
    *(b"[" * 100_000, b'{"a":' * 100_000, nested(2000), nested(DEEPEST)),
    *(order_saying("duration", raw) for raw in ("NaN", "Infinity", "-Infinity", "0x10", "1_000", "9" * 5000, "01")),
    *(twice(name) for name in ("status", "intent", "resourceType")),
    *(b'{"resourceType": "ServiceRequest", "status": "\xff\xfe"}', written(a_service_request()) + b"{}"),
    *(written(a_service_request()).decode().encode(name) for name in ("utf-16", "utf-32", "utf-16-le")),
]


@pytest.mark.parametrize("body", NOT_JSON, ids=lambda body: repr(body[:20]))
@pytest.mark.parametrize("path", PATHS)
def test_what_is_not_json_as_fhir_has_it_is_not_read(house: House, path: str, body: bytes) -> None:
    before = counted(house)
    answer = house.caller("desk").post_bytes(f"/fhir{path}", body, FHIR)
    assert (answer.status_code, parsed(answer)["issue"][0]["code"]) == (400, "structure")
    assert counted(house) == before


DATES = ["0000-00-00", "0000", "2026-02-30", "2026-13-01", "2026-11-20T24:00:00Z", "2026-11-20T10:00", "-2026-11-20"]
DATES += ["+002026-11-20", "2026-W47-1", "20261120", "2026-11-20T10:00:00+99:00", "\u0662\u0660\u0662\u0666-11-20"]
UNSOUND = [
    *(order_saying("authoredOn", f'"{date}"') for date in DATES),
    *(order_saying("authoredOn", raw) for raw in ("20261120", "1e300", "[]", "{}", "true", '["2026-11-20"]')),
    *(order_saying("duration", raw) for raw in ("1e400", "-1e400", "-15", "0", "1e300", "0.0001", "15e0000000001")),
    *(order_saying("count", raw) for raw in ("1e400", "-1", "0", "2147483648", "1e3", "4.5")),
    *(order_saying("patientInstruction", raw) for raw in ('"\\ud800"', '"\\u0000"', '"x\\udfffy"')),
    order_saying("patientInstruction", json.dumps("x" * 500_000)),
    *(many({"resourceType": "Basic", "code": {"text": "x"}}, times) for times in (MOST, 10_000)),
    circle(),
]


@pytest.mark.parametrize("body", UNSOUND, ids=range(len(UNSOUND)))
def test_what_cannot_be_is_refused_at_its_place(house: House, body: bytes) -> None:
    desk, before = house.caller("desk"), counted(house)
    answer = desk.post_bytes("/fhir", body, FHIR)
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert all(issue["expression"] for issue in parsed(answer)["issue"])
    assert desk.post_bytes("/fhir/$validate", body, FHIR).json == answer.json
    assert counted(house) == before


def test_a_leap_second_and_a_byte_order_mark_are_no_mistakes(house: House) -> None:
    body = order_saying("authoredOn", f'"{a_service_request()["authoredOn"][:10]}T23:59:60Z"')
    assert house.caller("desk").post_bytes("/fhir", b"\xef\xbb\xbf" + body, FHIR).status_code == 201


def test_ten_megabytes_are_too_much_everywhere(house: House) -> None:
    before = counted(house)
    for path in PATHS:
        answer = house.caller("desk").post_bytes(f"/fhir{path}", b'{"x": "' + b"x" * 10_000_000 + b'"}', FHIR)
        assert (answer.status_code, parsed(answer)["issue"][0]["code"]) == (413, "too-long")
    assert counted(house) == before


def test_resources_that_refer_to_one_another_in_a_circle_are_read_once(house: House) -> None:
    bundle = a_bundle()
    for kind in ("Condition", "Goal", "Flag"):
        found = resource(bundle, kind)
        itself = next({"reference": each["fullUrl"]} for each in bundle["entry"] if each["resource"] is found)
        found["extension"] = [{"url": "https://x.example", "valueReference": itself}]
        resource(bundle, "ServiceRequest")["supportingInfo"] += [itself] * 50
    assert house.caller("desk").post_fhir(bundle).status_code == 201
