"""What every event has: a type, a publisher, a subject, and fields with a meaning on the wire.

An event is declared once, as a frozen dataclass in the module of its publisher. Its schema is
derived from its annotations; fields marked `Sealed` are encrypted before they leave the process.
"""

from __future__ import annotations

import dataclasses
import re
import sys
import types
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

from marshmallow import EXCLUDE, Schema, fields, validate

F = TypeVar("F", bound=Callable[..., Any])


def once(function: F) -> F:
    """`functools.cache`, for functions of a class: mypy does not see that a dataclass can be hashed."""
    return cast(F, cache(function))


class _Sealed:
    """Marks a field whose value travels encrypted."""


SEALED = _Sealed()
type_registry: dict[str, type[Event]] = {}

SealedText = Annotated[str, SEALED]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact one service tells the others. Subclasses name their `subject` field."""

    subject: ClassVar[str] = ""

    version: int
    """Counts the changes of the subject, from 1; a consumer ignores what is older than it has."""

    @classmethod
    def publisher(cls) -> str:
        return cls.__module__.rsplit(".", 1)[-1]

    @classmethod
    def event_name(cls) -> str:
        """`SessionBooked` is `session_booked`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def event_type(cls) -> str:
        """The CloudEvents type, which is also the routing key."""
        return f"{cls.publisher()}.{cls.event_name()}"

    def subject_id(self) -> UUID:
        value: UUID = getattr(self, self.subject)
        return value

    def tells_of(self) -> UUID | None:
        """The patient, or whoever else it tells of; None where it tells of nobody."""
        found: UUID | None = getattr(self, "patient_id", None) or getattr(self, "person_id", None)
        return found


def announce(cls: type[Event]) -> type[Event]:
    """Register an event under its type."""
    type_registry[cls.event_type()] = cls
    return cls


def events_of(publisher: str) -> Iterator[type[Event]]:
    return (cls for cls in type_registry.values() if cls.publisher() == publisher)


def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls, vars(sys.modules[cls.__module__]), include_extras=True)


@once
def sealed_fields(cls: type[Event]) -> frozenset[str]:
    """Names of the fields that travel encrypted."""
    hints = _hints(cls)
    return frozenset(f.name for f in dataclasses.fields(cls) if _is_sealed(hints[f.name]))


def _is_sealed(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        return SEALED in get_args(hint)[1:]
    return any(_is_sealed(part) for part in get_args(hint) if part is not type(None))


@once
def schema_of(cls: type) -> Schema:
    """The marshmallow schema of an event (or of a dataclass inside one), before sealing."""
    hints = _hints(cls)
    members = {f.name: _field(hints[f.name], f) for f in dataclasses.fields(cls)}
    schema = type(f"{cls.__name__}Schema", (Schema,), members)
    return schema(unknown=EXCLUDE)  # type: ignore[no-any-return]


def _field(hint: Any, declared: dataclasses.Field[Any]) -> fields.Field[Any]:
    required = declared.default is dataclasses.MISSING and declared.default_factory is dataclasses.MISSING
    return _typed(hint, {"required": required})


def _typed(hint: Any, options: dict[str, Any]) -> fields.Field[Any]:
    origin = get_origin(hint)
    if origin is Annotated:
        return _typed(get_args(hint)[0], {**options, "metadata": {"sealed": True}})
    if origin in (Union, types.UnionType):
        inner = next(part for part in get_args(hint) if part is not type(None))
        return _typed(inner, {**options, "allow_none": True})
    if origin is Literal:
        return fields.String(validate=validate.OneOf(get_args(hint)), **options)
    if origin is tuple:
        return fields.List(_typed(get_args(hint)[0], {"required": True}), **options)
    if dataclasses.is_dataclass(hint):
        if sealed_fields(hint):  # type: ignore[arg-type]
            raise TypeError(f"{hint}: only an event's own fields can be sealed")
        return fields.Nested(schema_of(hint), **options)  # type: ignore[arg-type]
    field: fields.Field[Any] = _PLAIN[hint](**options)
    return field


_PLAIN: dict[Any, Any] = {
    str: fields.String,
    bool: fields.Boolean,
    int: lambda **options: fields.Integer(strict=True, **options),
    float: fields.Float,
    UUID: fields.UUID,
    date: fields.Date,
    datetime: lambda **options: fields.AwareDateTime(format="iso", **options),
}


def to_primitives(event: Any) -> dict[str, Any]:
    """An event as what JSON knows (strings, numbers, lists), unsealed."""
    dumped: dict[str, Any] = schema_of(type(event)).dump(event)
    return dumped


def from_primitives(cls: type[Any], data: dict[str, Any]) -> Any:
    """An event from its JSON form. Raises marshmallow's `ValidationError`; unknown fields are ignored."""
    return _build(cls, schema_of(cls).load(data))


def _build(cls: type[Any], values: dict[str, Any]) -> Any:
    hints = _hints(cls)
    return cls(**{name: _value(hints[name], value) for name, value in values.items()})


def _value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], item) for item in value)
    if dataclasses.is_dataclass(hint):
        return _build(hint, value)  # type: ignore[arg-type]
    return value
