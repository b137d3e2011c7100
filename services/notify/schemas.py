"""The shapes of notify's API. Messages are told without body and address."""

from __future__ import annotations

import re

from marshmallow import Schema, fields, validate

STATES = ("planned", "sending", "sent", "delivered", "failed", "unknown", "expired", "superseded")


class MessageFilter(Schema):
    patient_id = fields.UUID()
    session_id = fields.UUID()
    referral_id = fields.UUID()
    kind = fields.String(validate=validate.Regexp(r"[a-z0-9_]{1,40}\Z", error="A kind such as series_booked."))
    state = fields.String(validate=validate.OneOf(STATES))
    limit = fields.Integer(load_default=500, validate=validate.Range(1, 1000))


class MessageOut(Schema):
    id = fields.UUID()
    kind = fields.String()
    channel = fields.String(validate=validate.OneOf(("text", "email", "desk")))
    to = fields.Function(lambda message: "desk" if message.channel == "desk" else message.role)
    state = fields.String(validate=validate.OneOf(STATES))
    reason = fields.String(allow_none=True)
    due_at = fields.AwareDateTime(format="iso")
    sent_at = fields.AwareDateTime(format="iso", allow_none=True)
    provider_id = fields.String(allow_none=True)
    session_id = fields.UUID(allow_none=True)
    series_id = fields.UUID(allow_none=True)
    referral_id = fields.UUID()
    attempts = fields.Integer()


class AttemptOut(Schema):
    started_at = fields.AwareDateTime(format="iso")
    ended_at = fields.AwareDateTime(format="iso", allow_none=True)
    outcome = fields.String(allow_none=True)
    code = fields.String(allow_none=True)
    provider_id = fields.String(allow_none=True)


class MessageDetail(MessageOut):
    tries = fields.List(fields.Nested(AttemptOut))


class LineOut(Schema):
    at = fields.AwareDateTime(format="iso")
    kind = fields.String(metadata={"description": "of a text of ours"})
    text = fields.String(metadata={"description": "what the patient wrote"})


class TaskOut(Schema):
    id = fields.UUID()
    kind = fields.String()
    message_id = fields.UUID(allow_none=True)
    patient_id = fields.UUID(allow_none=True)
    referral_id = fields.UUID(allow_none=True)
    session_id = fields.UUID(allow_none=True)
    code = fields.String(allow_none=True)
    text = fields.String(allow_none=True, metadata={"description": "what the patient wrote"})
    conversation = fields.List(fields.Nested(LineOut), metadata={"description": "of the last week, oldest first"})
    created_at = fields.AwareDateTime(format="iso")


class LinkToken(Schema):
    token = fields.String(required=True, validate=validate.Regexp(r"[\w-]{1,100}\Z", re.ASCII, error="Not a token."))


class LinkOpened(Schema):
    purpose = fields.String(validate=validate.OneOf(("series", "report")))
    series_id = fields.UUID()
    referral_id = fields.UUID()
    recipient = fields.String(attribute="role", validate=validate.OneOf(("patient", "physician")))
