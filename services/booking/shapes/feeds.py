"""Calendars, in and out."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

KINDS = ("therapist", "room", "patient")


class FeedOf(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    id = fields.String(
        required=True,
        validate=validate.Length(1, 40),
        metadata={"description": "of a therapist or a room the number that plans know it by, of a patient the id"},
    )


class FeedSchema(Schema):
    id = fields.UUID()
    made_at = fields.AwareDateTime(format="iso")


class NewFeedSchema(FeedSchema):
    url = fields.URL(metadata={"description": "told only now: whoever knows it can read the calendar"})


class MethodQuery(Schema):
    method = fields.String(validate=validate.OneOf(("request", "cancel")))
