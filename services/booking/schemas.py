"""What booking takes over HTTP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from services.booking.planning.parts import GapDays, Kept, Weights, Window
from services.booking.practice.availability import WEIGHTS, Wish
from services.booking.visits.bookable import Wanted

_INSTANT: dict[str, Any] = {"invalid_awareness": "Add the offset from UTC, such as 2027-03-08T14:00:00-05:00."}

_THIS_CENTURY = validate.Range(
    datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC), error="Give a time in this century."
)


def instant(**options: Any) -> fields.AwareDateTime:
    return fields.AwareDateTime(format="iso", error_messages=_INSTANT, validate=_THIS_CENTURY, **options)


_KEPT = validate.Range(-(2**63), 2**63 - 1, error="Choose one of the clinic's.")
"""Numbers that the database can look for."""


def _whole(least: int, most: int, **options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(least, most), **options)


class Clock(fields.Field[int]):
    """A time of day such as 09:00, up to 24:00; becomes minutes after midnight."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d|24:00", value, re.ASCII):
            raise ValidationError("Write a time of day such as 09:00.")
        return int(value[:2]) * 60 + int(value[3:])


class WindowSchema(Schema):
    weekdays = fields.List(_whole(0, 6), required=True, metadata={"description": "0 is Monday"})
    begins = Clock(required=True, data_key="from")
    ends = Clock(required=True, data_key="to")

    @post_load
    def window(self, given: dict[str, Any], **_: Any) -> Window:
        return Window(tuple(given["weekdays"]), given["begins"], given["ends"])


class GapSchema(Schema):
    min = _whole(1, 366, required=True)
    max = _whole(1, 366, required=True)

    @post_load
    def gap(self, given: dict[str, int], **_: Any) -> GapDays:
        return GapDays(**given)


class WeightsSchema(Schema):
    spacing = _whole(0, 1_000_000)
    switch = _whole(0, 1_000_000)
    preferred = _whole(0, 1_000_000)
    drift = _whole(0, 1_000_000)
    wait = _whole(0, 1_000_000)
    therapist = _whole(0, 1_000_000)

    @post_load
    def weights(self, given: dict[str, int], **_: Any) -> Weights:
        return Weights(**{**asdict(WEIGHTS), **given})


class KeptSchema(Schema):
    """A visit of the series that is to be here; date and start are local."""

    date = fields.Date(required=True)
    start = fields.Time(format="%H:%M", required=True)
    therapist = fields.Integer(required=True, strict=True, validate=_KEPT)
    room = fields.Integer(strict=True, allow_none=True, load_default=None, validate=_KEPT)

    @post_load
    def kept(self, given: dict[str, Any], **_: Any) -> Kept:
        return Kept(**given)


class PlanQuery(Schema):
    """What is left out, or null, follows from the order."""

    order_id = fields.UUID(required=True)
    visits = _whole(1, 200, allow_none=True)
    earliest = fields.Date(allow_none=True)
    latest = fields.Date(allow_none=True)
    possible = fields.List(fields.Nested(WindowSchema), allow_none=True, validate=validate.Length(max=100))
    preferred = fields.List(fields.Nested(WindowSchema), validate=validate.Length(max=100))
    therapist = fields.Integer(strict=True, allow_none=True)
    gap_days = fields.Nested(GapSchema, allow_none=True)
    weights = fields.Nested(WeightsSchema)
    alternatives = _whole(0, 100)
    kept = fields.Dict(
        keys=fields.Integer(validate=validate.Range(1, 200)),
        values=fields.Nested(KeptSchema),
        validate=validate.Length(max=200),
        metadata={"description": "by the visit's number, counted from 1"},
    )
    location = fields.Integer(
        strict=True, allow_none=True, metadata={"description": "left out: where the series is best"}
    )
    therapist_sex = fields.String(allow_none=True, validate=validate.OneOf(["female", "male"]))

    @post_load
    def wish(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        order_id = given.pop("order_id")
        for name in {"possible", "preferred"} & given.keys():
            given[name] = None if given[name] is None else tuple(given[name])
        return {"order_id": order_id, "wish": Wish(**given)}


class WantedSchema(Schema):
    """A visit of a plan can be sent back as it came: what is not needed is ignored."""

    class Meta:
        unknown = EXCLUDE

    start_at = instant(required=True)
    therapist = fields.Integer(required=True, strict=True, validate=_KEPT)
    room = fields.Integer(strict=True, allow_none=True, load_default=None, validate=_KEPT)

    @post_load
    def wanted(self, given: dict[str, Any], **_: Any) -> Wanted:
        return Wanted(given["start_at"].astimezone(UTC), given["therapist"], given["room"])


class Booking(Schema):
    order_id = fields.UUID(required=True)
    visits = fields.List(fields.Nested(WantedSchema), required=True, validate=validate.Length(1, 200))
    location = fields.Integer(strict=True, allow_none=True, load_default=None)
    alternatives = fields.Boolean(
        load_default=True, metadata={"description": "false: a refusal need not say what could be had instead"}
    )


class OrderQuery(Schema):
    referral_id = fields.UUID()
