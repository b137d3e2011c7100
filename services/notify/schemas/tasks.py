"""What the desk has to do, with the conversation that it is about."""

from __future__ import annotations

from marshmallow import Schema, fields

from services.notify.schemas.messages import MessageOut
from services.notify.why.reasons import title


class LineOut(Schema):
    at = fields.AwareDateTime(format="iso")
    kind = fields.String(metadata={"description": "of a text of ours"})
    title = fields.Function(lambda line: title(line["kind"]) if "kind" in line else None)
    text = fields.String(metadata={"description": "what the patient wrote"})


class TaskFilter(Schema):
    done = fields.Boolean(load_default=False)
    patient_id = fields.UUID()


class TaskOut(Schema):
    id = fields.UUID()
    kind = fields.String()
    message_id = fields.UUID(allow_none=True)
    message = fields.Nested(MessageOut, allow_none=True)
    patient_id = fields.UUID(allow_none=True)
    referral_id = fields.UUID(allow_none=True)
    session_id = fields.UUID(allow_none=True)
    code = fields.String(allow_none=True)
    text = fields.String(allow_none=True, metadata={"description": "what the patient wrote"})
    conversation = fields.List(fields.Nested(LineOut), metadata={"description": "of the last week, oldest first"})
    created_at = fields.AwareDateTime(format="iso")
    done_at = fields.AwareDateTime(format="iso", allow_none=True)
