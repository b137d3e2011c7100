import json
from pathlib import Path

import pytest

from services.contracts.asyncapi import document
from services.contracts.event import sealed_fields, type_registry
from services.contracts.subscriptions import SUBSCRIPTIONS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def told():
    return document()


def references(part):
    if isinstance(part, dict):
        yield from ([part["$ref"]] if "$ref" in part else [])
        part = list(part.values())
    for item in part if isinstance(part, list) else []:
        yield from references(item)


def test_the_document_in_docs_is_the_one_that_the_code_tells(told):
    assert json.loads((DOCS / "asyncapi.json").read_text()) == told, (
        "Regenerate it: python -m services.contracts.asyncapi > docs/asyncapi.json"
    )


def test_it_is_asyncapi_3(told):
    assert told["asyncapi"] == "3.0.0"
    assert set(told) == {
        "asyncapi", "info", "defaultContentType", "servers", "channels", "operations", "components",
    }  # fmt: skip
    assert all(operation["action"] in ("send", "receive") for operation in told["operations"].values())
    assert all(set(channel) == {"address", "messages", "bindings"} for channel in told["channels"].values())


def test_every_reference_leads_somewhere(told):
    for reference in references(told):
        target = told
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        assert target


def test_every_event_is_sent_once_and_received_by_each_listener(told):
    sends = [name for name, operation in told["operations"].items() if operation["action"] == "send"]
    assert len(sends) == len(type_registry)
    receives = {name for name, operation in told["operations"].items() if operation["action"] == "receive"}
    assert receives == {
        f"{consumer}.receives.{event.event_type()}" for consumer, events in SUBSCRIPTIONS.items() for event in events
    }


def test_sealed_fields_are_marked_and_no_others(told):
    for event in type_registry.values():
        properties = told["components"]["schemas"][event.__name__]["properties"]
        marked = {name for name, shape in properties.items() if shape.get("x-sealed")}
        assert marked == sealed_fields(event)


def test_every_event_says_what_it_means(told):
    assert all(message["summary"] for message in told["components"]["messages"].values())


def test_the_table_of_events_names_each_with_its_listeners():
    lines = (DOCS / "events.md").read_text().splitlines()
    for event in type_registry.values():
        [line] = [line for line in lines if line.startswith(f"| `{event.event_type()}` ")]
        for consumer, events in SUBSCRIPTIONS.items():
            assert (consumer in line.split("|")[2]) == (event in events), f"{event.event_type()}: {consumer}"
