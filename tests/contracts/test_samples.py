"""The frozen samples: what travels today can still be read, and still looks the same, tomorrow."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from cloudevents.http import from_json
from cryptography.fernet import Fernet

from services.chassis.events import Envelope, UnknownShapeError, decode, encode, open_event
from services.chassis.seal import Seal
from services.contracts import subscriptions
from services.contracts.event import schema_of, sealed_fields, type_registry

SAMPLES = Path(__file__).parents[1] / "samples"
TYPES = sorted(type_registry)
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVENT_ID = UUID(int=7)


class Marks(Seal):
    """Seals in plain sight, so that a sample shows what travels sealed and stays the same."""

    def __init__(self):
        super().__init__([Fernet.generate_key().decode()])

    def close(self, text):
        return f"sealed:{text}"

    def open(self, token):
        assert token.startswith("sealed:")
        return token.removeprefix("sealed:")


class Hides(Marks):
    """Leaves nothing to be found of what is sealed."""

    def close(self, text):
        return "*"


def sample(kind):
    return json.loads((SAMPLES / "events" / f"{kind}.json").read_text())


def opened(kind, data):
    return open_event(Envelope(EVENT_ID, kind, None, data), Marks())


def travelling(event):
    return json.loads(encode(event, Marks(), event_id=EVENT_ID, at=AT, trace="request-4711"))


def test_each_event_has_exactly_one_sample():
    assert sorted(path.stem for path in (SAMPLES / "events").iterdir()) == TYPES


def test_every_publisher_is_known_and_every_subscription_is_to_an_announced_event():
    assert {cls.publisher() for cls in type_registry.values()} == set(subscriptions.PUBLISHERS)
    listened = {event for events in subscriptions.SUBSCRIPTIONS.values() for event in events}
    assert listened <= set(type_registry.values())


@pytest.mark.parametrize("kind", TYPES)
def test_a_sample_is_read_and_written_again_unchanged(kind):
    assert travelling(opened(kind, sample(kind)))["data"] == sample(kind)


@pytest.mark.parametrize("kind", TYPES)
def test_a_sample_shows_every_field_of_its_event(kind):
    assert set(sample(kind)) == set(schema_of(type_registry[kind]).fields)


@pytest.mark.parametrize("kind", TYPES)
def test_no_field_became_required_since_its_event_was_first_published(kind):
    frozen = json.loads((SAMPLES / "required_fields.json").read_text())
    required = sorted(name for name, field in schema_of(type_registry[kind]).fields.items() if field.required)
    assert required == frozen[kind], "A new field is optional; what cannot be, is a new event."


@pytest.mark.parametrize("kind", TYPES)
def test_an_event_without_its_optional_fields_is_still_read(kind):
    fields = schema_of(type_registry[kind]).fields
    opened(kind, {name: value for name, value in sample(kind).items() if fields[name].required})


@pytest.mark.parametrize("kind", TYPES)
def test_a_field_of_another_type_is_noticed(kind):
    for name in sample(kind):
        if name not in sealed_fields(type_registry[kind]):
            with pytest.raises(UnknownShapeError, match=name):
                opened(kind, sample(kind) | {name: {"what": "is this"}})


@pytest.mark.parametrize("kind", TYPES)
def test_names_phones_and_addresses_of_people_travel_sealed(kind):
    event = opened(kind, sample(kind))
    travels = encode(event, Hides(), event_id=EVENT_ID, at=AT, trace=None)
    for word in ("Ada", "Grace", "ada@", "grace@", "+15005550006", "+15005550007", "+15005550008"):
        assert word not in travels


@pytest.mark.parametrize("kind", TYPES)
def test_what_travels_is_a_cloudevent(kind):
    event = opened(kind, sample(kind))
    key = Fernet.generate_key().decode()
    body = encode(event, Seal([key]), event_id=EVENT_ID, at=AT, trace="request-4711")
    parsed = from_json(body)
    assert (parsed["specversion"], parsed["id"], parsed["type"]) == ("1.0", str(EVENT_ID), kind)
    assert parsed["source"] == f"/fascia/{type_registry[kind].publisher()}"
    assert parsed["subject"] == str(event.subject_id())
    assert datetime.fromisoformat(parsed["time"]) == AT
    assert parsed["traceid"] == "request-4711"
    assert open_event(decode(body), Seal([key])) == event
