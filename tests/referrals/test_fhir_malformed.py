"""A thousand malformed messages: each is answered in FHIR, and a refusal has written nothing into any table."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.chassis.fhir import CODES
from tests.referrals.fhir_house import a_bundle, a_service_request, asked, counted, parsed
from tests.referrals.fhir_orders import orders
from tests.referrals.house import FHIR, House, a_transaction
from tests.referrals.test_fhir_forms import a_message
from tests.referrals.test_malformed import JSON, ODD, places, spoiled


def so_many(examples: int) -> Any:
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


CHANCE = st.randoms(use_true_random=False)
PATHS = st.sampled_from(["", "/ServiceRequest", "/$validate", "/ServiceRequest/$validate", "/$process-message"])
SOUND = st.sampled_from([a_bundle, a_transaction, a_message, a_service_request])
REFUSED = {400, 409, 412, 413, 415, 422}
KINDS = ["Bundle", "ServiceRequest", "Parameters", "Patient", "HumanName", "ResourceList", "", "Bundle\x00"]
NAMES = ["resourceType", "reference", "contained", "entry", "resource", "extension", "repeat", "id", "url", "value"]


def stays_sound(house: House, path: str, body: bytes, **headers: str) -> None:
    before = counted(house)
    desk = house.caller("desk")
    answer = desk._send("POST", f"/fhir{path}", data=body, content_type=FHIR, headers=headers)
    after = counted(house)
    assert answer.status_code in {200, 201, *REFUSED}, answer.get_data(as_text=True)
    shown = parsed(answer)
    if answer.status_code in REFUSED:
        assert shown["resourceType"] == "OperationOutcome"
    if answer.status_code == 201:
        assert after["referrals"] == before["referrals"] + 1
        assert after["outbox"] > before["outbox"]
        assert after["audit"] > before["audit"]
    elif answer.status_code in REFUSED or path.endswith("$validate"):
        assert after == before
    else:
        assert after["referrals"] == before["referrals"]


def crossed(document: dict[str, Any], chance: random.Random, times: int) -> dict[str, Any]:
    """The document with parts of it put where other parts were: right words in the wrong place."""
    for _ in range(times):
        (container, key), (other, name) = chance.choice(places(document)), chance.choice(places(document))
        container[key] = json.loads(json.dumps(other[name]))
    return document


@so_many(400)
@given(CHANCE, st.lists(ODD, min_size=1, max_size=4), PATHS, SOUND)
def test_four_hundred_spoiled_messages_are_refused_or_taken_whole(
    house: House, chance: random.Random, odd: list[Any], path: str, sound: Callable[[], dict[str, Any]]
) -> None:
    stays_sound(house, path, json.dumps(spoiled(copy.deepcopy(sound()), chance, odd)).encode())


@so_many(200)
@given(CHANCE, st.integers(1, 3), PATHS, SOUND)
def test_two_hundred_messages_with_their_parts_crossed(
    house: House, chance: random.Random, times: int, path: str, sound: Callable[[], dict[str, Any]]
) -> None:
    document = crossed(copy.deepcopy(sound()), chance, times)
    stays_sound(house, path, json.dumps(document).encode())


@so_many(50)
@given(orders(), CHANCE, st.lists(ODD, min_size=1, max_size=3))
def test_fifty_orders_of_every_shape_spoiled(
    house: House, document: dict[str, Any], chance: random.Random, odd: list[Any]
) -> None:
    stays_sound(house, "", json.dumps(spoiled(document, chance, odd)).encode())


@so_many(150)
@given(
    JSON | st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4),
    st.sampled_from(KINDS),
    st.sampled_from(["collection", "transaction"]),
    PATHS,
)
@example({"entry": [{"resource": {"resourceType": "ServiceRequest"}}]}, "Bundle", "collection", "")
@example({"contained": [{"resourceType": "Patient", "contained": [{}]}]}, "ServiceRequest", "collection", "")
@example({"parameter": [{"name": "resource", "resource": 5}]}, "Parameters", "collection", "/$validate")
def test_a_hundred_and_fifty_resources_of_anything(
    house: House, document: Any, kind: str, sort: str, path: str
) -> None:
    inside = document if isinstance(document, dict) else {"entry": document, "subject": document}
    stays_sound(house, path, json.dumps({**inside, "resourceType": kind, "type": sort}).encode())


@so_many(150)
@given(st.integers(0, 10_000), st.integers(0, 400), st.binary(max_size=12), st.booleans())
def test_a_hundred_and_fifty_messages_with_bytes_lost_and_others_put_in(
    house: House, at: int, lost: int, put: bytes, whole: bool
) -> None:
    body = json.dumps(a_bundle() if whole else a_service_request()).encode()
    stays_sound(house, "", body[: at % len(body)] + put + body[at % len(body) + lost :])


@so_many(60)
@given(
    st.sampled_from(["Prefer", "If-None-Exist", "Accept"]),
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"])),
)
@example("If-None-Exist", "identifier=\\u0000|x")
def test_sixty_odd_headers(house: House, name: str, value: str) -> None:
    desk = house.caller("desk")
    body = json.dumps(a_service_request()).encode()
    answer = desk._send("POST", "/fhir", data=body, content_type=FHIR, headers={name: value})
    assert answer.status_code in (200, 201, 406, 412)


@so_many(100)
@given(
    st.sampled_from(["Task", "ServiceRequest", "Appointment", "DiagnosticReport", "Communication", "Patient"]),
    st.sampled_from(["_id", "based-on", "focus", "identifier", "x", "_count", "_format"]),
    st.text(max_size=40),
)
@example("Task", "identifier", "\x00|\x00")
@example("Task", "identifier", "https://fascia.example/fhir/referral|\x00")
@example("Appointment", "based-on", "ServiceRequest/\x00")
def test_a_hundred_odd_searches(house: House, kind: str, name: str, value: str) -> None:
    written = quote(value.encode("utf-8", "surrogatepass"))
    answer = asked(house.caller("physician", "nobody"), f"{kind}?{name}={written}")
    assert answer.status_code in (200, 307, 400, 404, 405, 406)
    if answer.status_code != 307:
        parsed(answer)


def test_every_status_that_is_answered_has_its_word_in_fhir() -> None:
    assert {400, 401, 403, 404, 405, 409, 413, 415, 503} <= set(CODES)


@pytest.mark.long
@so_many(3000)
@given(orders(), CHANCE, st.lists(ODD, min_size=1, max_size=6), PATHS)
def test_three_thousand_orders_spoiled(
    house: House, document: dict[str, Any], chance: random.Random, odd: list[Any], path: str
) -> None:
    stays_sound(house, path, json.dumps(spoiled(document, chance, odd)).encode())
