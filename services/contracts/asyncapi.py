"""The events as an AsyncAPI 3.0 document: `python -m services.contracts.asyncapi > docs/asyncapi.json`.

Everything in it is read from the event classes and the subscriptions; nothing is written by hand.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from services.contracts.event import Event, events_of, schema_of, sealed_fields
from services.contracts.subscriptions import PUBLISHERS, SUBSCRIPTIONS, exchange_name, queue_name

Json = dict[str, Any]


def document() -> Json:
    """The whole document, as what JSON knows."""
    events = [event for publisher in PUBLISHERS for event in events_of(publisher)]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Fascia",
            "version": "1",
            "description": "What the services of a medical-massage practice tell one another.",
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": {
            "broker": {
                "host": "{host}",
                "protocol": "amqp",
                "description": "RabbitMQ",
                "variables": {"host": {"default": "127.0.0.1:5672"}},
            }
        },
        "channels": {name: channel for event in events for name, channel in _channels(event)},
        "operations": {name: operation for event in events for name, operation in _operations(event)},
        "components": {
            "messages": {event.__name__: _message(event) for event in events},
            "schemas": {event.__name__: _data(event) for event in events},
        },
    }


def _channels(event: type[Event]) -> Iterator[tuple[str, Json]]:
    """The routing key that an event is published under, and each queue that it reaches."""
    kind = event.event_type()
    messages = {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"}}
    exchange = {"name": exchange_name(event.publisher()), "type": "topic", "durable": True}
    yield (
        kind,
        {
            "address": kind,
            "messages": messages,
            "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
        },
    )
    for consumer in _listeners(event):
        name = queue_name(consumer, event)
        queue = {"name": name, "durable": True, "exclusive": False, "autoDelete": False}
        yield (
            name,
            {
                "address": name,
                "messages": messages,
                "bindings": {"amqp": {"is": "queue", "queue": queue, "bindingVersion": "0.3.0"}},
            },
        )


def _operations(event: type[Event]) -> Iterator[tuple[str, Json]]:
    kind = event.event_type()
    yield f"{event.publisher()}.sends.{event.event_name()}", _operation("send", kind, event)
    for consumer in _listeners(event):
        yield f"{consumer}.receives.{kind}", _operation("receive", queue_name(consumer, event), event)


def _operation(action: str, channel: str, event: type[Event]) -> Json:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": _meaning(event),
        "messages": [{"$ref": f"#/channels/{channel}/messages/{event.__name__}"}],
    }


def _listeners(event: type[Event]) -> Iterator[str]:
    return (consumer for consumer, events in SUBSCRIPTIONS.items() if event in events)


def _message(event: type[Event]) -> Json:
    return {
        "name": event.event_type(),
        "title": event.__name__,
        "summary": _meaning(event),
        "contentType": "application/cloudevents+json",
        "payload": _envelope(event),
    }


def _envelope(event: type[Event]) -> Json:
    """CloudEvents 1.0 in structured mode."""
    text, uuid = {"type": "string"}, {"type": "string", "format": "uuid"}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": uuid,
            "source": {"const": f"/fascia/{event.publisher()}"},
            "type": {"const": event.event_type()},
            "time": {"type": "string", "format": "date-time"},
            "subject": {**uuid, "description": f"the {event.subject}"},
            "datacontenttype": {"const": "application/json"},
            "traceid": text,
            "data": {"$ref": f"#/components/schemas/{event.__name__}"},
        },
    }


def _data(event: type[Event]) -> Json:
    plugin = MarshmallowPlugin(schema_name_resolver=lambda schema: "")
    APISpec("events", "1", "3.1.0", plugins=[plugin])
    schema: Json = plugin.converter.schema2jsonschema(schema_of(event))  # type: ignore[union-attr]
    for name in sealed_fields(event):
        schema["properties"][name] |= {"x-sealed": True, "description": "travels encrypted"}
    return schema


def _meaning(event: type[Event]) -> str:
    return " ".join((inspect.getdoc(event) or "").split())


if __name__ == "__main__":
    print(json.dumps(document(), indent=1, ensure_ascii=False))
