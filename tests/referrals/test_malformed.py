"""Whatever is sent, the answer is a clear one, and nothing is written by half."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.referrals.house import FHIR, House, a_bundle, a_referral, a_service_request

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(["\x00", "\ud800", "9" * 400, "1e400", "2026-02-30", "0001-01-01", "9999-12-31", "urn:uuid:x"]),
    st.sampled_from([[], {}, [[]], [None], {"": None}, {"self": 1}, 10**400, -1, 1e308, [{}] * 30]),
)
JSON = st.recursive(ODD, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner))


def places(document: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) inside a document."""
    items = document.items() if isinstance(document, dict) else enumerate(document)
    found = [(document, key) for key, _ in items]
    for container, key in list(found):
        if isinstance(container[key], dict | list):
            found += places(container[key])
    return found


def spoiled(document: Any, chance: random.Random, odd: list[Any]) -> Any:
    """The document with some of its values replaced, some left out, and some there under another name."""
    changed = copy.deepcopy(document)
    for value in odd:
        container, key = chance.choice(places(changed) or [([0], 0)])
        if isinstance(container, dict) and chance.random() < 0.2:
            del container[key]
        else:
            container[key] = copy.deepcopy(value)
    return changed


def stays_sound(house: House, path: str, body: bytes, content_type: str) -> None:
    """A refusal writes nothing, an acceptance writes everything, and neither is a failure of ours."""
    before = house.counts()
    answer = house.caller("desk").post_bytes(path, body, content_type)
    after = house.counts()
    assert answer.status_code in (200, 201, 400, 409, 422), answer.get_data(as_text=True)
    if answer.status_code == 201:
        assert after["referrals"] == before["referrals"] + 1
        assert after["outbox"] > before["outbox"]
        assert after["audit"] > before["audit"]
    else:
        assert after == before


class Malformed:
    path = ""
    content_type = "application/json"

    def send(self, house: House, document: Any) -> None:
        stays_sound(house, self.path, json.dumps(document).encode(), self.content_type)


class TestJson(Malformed):
    @QUICK
    @given(st.randoms(use_true_random=False), st.lists(ODD, min_size=1, max_size=4))
    def test_a_spoiled_referral_is_refused_or_taken_whole(
        self, house: House, chance: random.Random, odd: list[Any]
    ) -> None:
        self.send(house, spoiled(a_referral(), chance, odd))

    @QUICK
    @given(JSON)
    def test_any_json_is_answered(self, house: House, document: Any) -> None:
        self.send(house, document)

    @QUICK
    @given(st.binary(max_size=200))
    @example(b'{"visits": 1e999}')
    def test_any_bytes_are_answered(self, house: House, body: bytes) -> None:
        stays_sound(house, self.path, body, self.content_type)


class TestFhir(Malformed):
    path = "/fhir"
    content_type = FHIR

    @QUICK
    @given(st.randoms(use_true_random=False), st.lists(ODD, min_size=1, max_size=4))
    def test_a_spoiled_bundle_is_refused_or_taken_whole(
        self, house: House, chance: random.Random, odd: list[Any]
    ) -> None:
        self.send(house, spoiled(a_bundle(), chance, odd))

    @QUICK
    @given(st.randoms(use_true_random=False), st.lists(ODD, min_size=1, max_size=3))
    def test_a_spoiled_request_is_refused_or_taken_whole(
        self, house: House, chance: random.Random, odd: list[Any]
    ) -> None:
        self.send(house, spoiled(a_service_request(), chance, odd))

    @QUICK
    @given(JSON, st.sampled_from(["Bundle", "ServiceRequest", "Patient"]))
    def test_any_resource_is_answered(self, house: House, document: Any, kind: str) -> None:
        inside = document if isinstance(document, dict) else {"entry": document, "subject": document}
        self.send(house, {**inside, "resourceType": kind, "type": "collection"})


@pytest.mark.long
@LONG
@given(st.randoms(use_true_random=False), st.lists(ODD, min_size=1, max_size=6), st.booleans())
def test_a_thousand_spoiled_messages_are_refused_or_taken_whole(
    house: House, chance: random.Random, odd: list[Any], fhir: bool
) -> None:
    document = spoiled(a_bundle() if fhir else a_referral(), chance, odd)
    body = json.dumps(document).encode()
    stays_sound(house, "/fhir" if fhir else "", body, FHIR if fhir else "application/json")
