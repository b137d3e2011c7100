"""The waitlist, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from services.booking.schemas import WindowSchema
from services.booking.waitlist.enter import Wait

STATUSES = ("waiting", "served", "ended")


class WaitSchema(Schema):
    order_id = fields.UUID(required=True)
    session_id = fields.UUID(
        allow_none=True, metadata={"description": "the visit that the patient would like earlier; null for one more"}
    )
    possible = fields.List(fields.Nested(WindowSchema), allow_none=True, validate=validate.Length(1, 100))
    first_on = fields.Date(allow_none=True)
    last_on = fields.Date(allow_none=True)
    therapist = fields.Integer(strict=True, allow_none=True)

    @validates_schema
    def in_order(self, given: dict[str, Any], **_: Any) -> None:
        first, last = given.get("first_on"), given.get("last_on")
        if first and last and last < first:
            raise ValidationError("Give a date that is not before `first_on`.", "last_on")

    @post_load
    def wait(self, given: dict[str, Any], **_: Any) -> Wait:
        possible = given.pop("possible", None)
        return Wait(**given, possible=None if possible is None else tuple(possible))


class WaitlistQuery(Schema):
    status = fields.String(load_default="waiting", validate=validate.OneOf(STATUSES))


class OfferShown(Schema):
    id = fields.UUID()
    session_id = fields.UUID(
        attribute="waiting.session_id", allow_none=True, metadata={"description": "the visit that would move there"}
    )
    starts_at = fields.AwareDateTime(format="iso")
    ends_at = fields.AwareDateTime(format="iso")
    therapist = fields.Integer(attribute="therapist_id")
    room = fields.Integer(attribute="room_id", allow_none=True)
    gain = fields.Integer(metadata={"description": "by how much the whole series would cost less"})
    status = fields.String(metadata={"enum": ["open", "accepted", "declined", "lapsed", "taken"]})
    offered_at = fields.AwareDateTime(format="iso")
    answer_by = fields.AwareDateTime(format="iso")
    ended_at = fields.AwareDateTime(format="iso", allow_none=True)


class WaitingShown(Schema):
    id = fields.UUID()
    order_id = fields.UUID()
    referral_id = fields.UUID()
    patient_id = fields.UUID()
    session_id = fields.UUID(allow_none=True)
    possible = fields.List(fields.Dict(), allow_none=True)
    first_on = fields.Date(allow_none=True)
    last_on = fields.Date(allow_none=True)
    therapist = fields.Integer(allow_none=True)
    status = fields.String()
    since = fields.AwareDateTime(format="iso")
    ended_at = fields.AwareDateTime(format="iso", allow_none=True)
    offers = fields.List(fields.Nested(OfferShown))
