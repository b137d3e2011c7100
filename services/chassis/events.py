"""The envelope around an event: CloudEvents 1.0 in structured JSON mode.

Source: the CloudEvents specification 1.0.2 and its JSON format.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import ValidationError

from services.chassis.seal import Seal
from services.contracts.event import (
    Event,
    from_primitives,
    schema_of,
    sealed_fields,
    to_primitives,
    type_registry,
)

CONTENT_TYPE = "application/cloudevents+json"
SPEC_VERSION = "1.0"
_NAME = re.compile(r"[a-z][a-z0-9_.]{0,99}")
_TRACE = re.compile(r"[!-~]{1,100}")
_REQUIRED = ("specversion", "id", "source", "type", "data")


class UndecodableError(Exception):
    """The body is not a CloudEvent in JSON."""


class UnknownShapeError(Exception):
    """A CloudEvent whose type or data does not match a contract. Names fields, never values."""


@dataclass(frozen=True, slots=True)
class Envelope:
    id: UUID
    type: str
    trace: str | None
    data: dict[str, Any]


def encode(event: Event, seal: Seal, *, event_id: UUID, at: datetime, trace: str | None) -> str:
    """The JSON text that travels; fields marked sealed are encrypted.

    Raises `ValueError`, naming the fields, when no consumer could read the event.
    """
    return json.dumps(
        {
            "specversion": SPEC_VERSION,
            "id": str(event_id),
            "source": f"/fascia/{event.publisher()}",
            "type": event.event_type(),
            "time": at.isoformat(),
            "subject": str(event.subject_id()),
            "datacontenttype": "application/json",
            **({"traceid": trace} if trace else {}),
            "data": _sealed(event, seal),
        },
        separators=(",", ":"),
    )


def _sealed(event: Event, seal: Seal) -> dict[str, Any]:
    data = to_primitives(event)
    if wrong := schema_of(type(event)).validate(data):
        raise ValueError(f"{event.event_type()}: {', '.join(sorted(wrong))}")
    for name in sealed_fields(type(event)):
        if data[name] is not None:
            data[name] = seal.close(data[name])
    return data


def decode(body: bytes | str) -> Envelope:
    """Read an envelope. Raises `UndecodableError` when it is not one."""
    try:
        content = json.loads(body if isinstance(body, str) else body.decode())
        if not isinstance(content, dict) or any(key not in content for key in _REQUIRED):
            raise UndecodableError("not a CloudEvent")
        if not _NAME.fullmatch(content["type"]):
            raise UndecodableError("not a type of ours")
        return Envelope(UUID(content["id"]), content["type"], _trace(content), content["data"])
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UndecodableError(type(error).__name__) from None


def _trace(content: dict[str, Any]) -> str | None:
    trace = content.get("traceid")
    return trace if isinstance(trace, str) and _TRACE.fullmatch(trace) else None


def open_event(envelope: Envelope, seal: Seal) -> Event:
    """The event inside. Raises `UnknownShapeError`, naming the fields at fault, or `UnsealError`."""
    cls = type_registry.get(envelope.type)
    if cls is None:
        raise UnknownShapeError("unknown type")
    if not isinstance(envelope.data, dict):
        raise UnknownShapeError("data is not an object")
    try:
        event: Event = from_primitives(cls, _unsealed(cls, envelope.data, seal))
    except ValidationError as error:
        raise UnknownShapeError("fields: " + ", ".join(sorted(map(str, error.messages_dict)))) from None
    return event


def _unsealed(cls: type[Event], data: dict[str, Any], seal: Seal) -> dict[str, Any]:
    names = sealed_fields(cls) & data.keys()
    opened = {name: seal.open(str(data[name])) for name in names if data[name] is not None}
    return {**data, **opened}
