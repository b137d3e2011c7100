"""Free times, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from services.booking.practice.slots import Search


class SlotQuery(Schema):
    first_on = fields.Date(required=True, data_key="from")
    last_on = fields.Date(required=True, data_key="to")
    minutes = fields.Integer(required=True, validate=validate.OneOf(range(15, 8 * 60 + 1, 15)))
    therapist = fields.Integer()
    location = fields.Integer()
    home = fields.Boolean()

    @post_load
    def search(self, given: dict[str, Any], **_: Any) -> Search:
        return Search(**given)


class WhoIsFree(Schema):
    therapist = fields.Integer()
    room = fields.Integer(allow_none=True, metadata={"description": "the first that is free; null at home"})


class FreeStart(Schema):
    start_at = fields.AwareDateTime(format="iso")
    start = fields.String(metadata={"description": "wall-clock time of the place"})
    therapists = fields.List(fields.Nested(WhoIsFree))


class FreeDay(Schema):
    date = fields.Date()
    starts = fields.List(fields.Nested(FreeStart))


class SlotsSchema(Schema):
    """Days without a free start are left out."""

    timezone = fields.String()
    minutes = fields.Integer()
    days = fields.List(fields.Nested(FreeDay))
