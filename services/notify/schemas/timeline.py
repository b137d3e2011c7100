"""Lines of time: messages, replies, consents and tasks."""

from __future__ import annotations

from marshmallow import Schema, fields, validate
from webargs.fields import DelimitedList

from services.notify.schemas.words import CHANNEL, KIND, READER, STATES
from services.notify.why.timeline import MOST, WHATS


class TimelineQuery(Schema):
    what = DelimitedList(fields.String(validate=validate.OneOf(WHATS)))
    channel = fields.String(validate=CHANNEL)
    to = fields.String(validate=READER)
    state = fields.String(validate=validate.OneOf((*STATES, "open", "done")))
    kind = fields.String(validate=KIND)
    before = fields.String(validate=validate.Length(max=200), metadata={"description": "the cursor of the next page"})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, MOST))


class LineOfTimeOut(Schema):
    """`kind` is of the message or task, the meaning of a reply, or `agreed` or `revoked`.

    `reason` is why a message failed or was dropped, a task's code, or where a consent came from.
    """

    what = fields.String(validate=validate.OneOf(WHATS))
    at = fields.AwareDateTime(format="iso")
    id = fields.UUID()
    kind = fields.String()
    title = fields.String(allow_none=True)
    channel = fields.String(validate=CHANNEL)
    to = fields.String(allow_none=True)
    state = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    starts_at = fields.AwareDateTime(format="iso", allow_none=True)
    done_at = fields.AwareDateTime(format="iso", allow_none=True)
    referral_id = fields.UUID(allow_none=True)
    series_id = fields.UUID(allow_none=True)
    session_id = fields.UUID(allow_none=True)
    message_id = fields.UUID(allow_none=True)
    text = fields.String(allow_none=True, metadata={"description": "what the patient wrote"})
