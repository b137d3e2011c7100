"""What is answered of who may treat, and of how much fits."""

from __future__ import annotations

from marshmallow import Schema, fields

from services.booking.answers import LedgerSchema

_REASON = {"description": "a code, and the facts that go with it"}


class LocationQuery(Schema):
    location = fields.Integer(metadata={"description": "whose licences and ways count; the first if left out"})


class TherapistMatch(Schema):
    id = fields.Integer()
    name = fields.String()
    may_treat = fields.Boolean()
    reasons_for = fields.List(fields.Dict(), metadata=_REASON)
    reasons_against = fields.List(fields.Dict(), metadata=_REASON)


class ForecastSchema(Schema):
    """`fits` is the largest number of visits that can still be booked in the order's rhythm before its end."""

    order_id = fields.UUID()
    ledger = fields.Nested(LedgerSchema)
    valid_until = fields.Date()
    fits = fields.Integer()
    last_on = fields.Date(allow_none=True, metadata={"description": "the last of them, when all go well"})
    enough = fields.Boolean()
