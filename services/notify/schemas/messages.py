"""Messages, told without body and address."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.notify.schemas.words import CHANNEL, KIND, READER, STATE
from services.notify.why.reasons import title


class MessageFilter(Schema):
    patient_id = fields.UUID()
    session_id = fields.UUID()
    referral_id = fields.UUID()
    kind = fields.String(validate=KIND)
    state = fields.String(validate=STATE)
    newest = fields.Boolean(load_default=False, metadata={"description": "the latest due first"})
    limit = fields.Integer(load_default=500, validate=validate.Range(1, 1000))


class MessageOut(Schema):
    id = fields.UUID()
    kind = fields.String()
    title = fields.Function(lambda message: title(message.kind))
    channel = fields.String(validate=CHANNEL)
    to = fields.Function(lambda message: "desk" if message.channel == "desk" else message.role)
    state = fields.String(validate=STATE)
    reason = fields.String(allow_none=True)
    due_at = fields.AwareDateTime(format="iso")
    sent_at = fields.AwareDateTime(format="iso", allow_none=True)
    provider_id = fields.String(allow_none=True)
    session_id = fields.UUID(allow_none=True)
    series_id = fields.UUID(allow_none=True)
    referral_id = fields.UUID()
    patient_id = fields.UUID()
    attempts = fields.Integer()


class AttemptOut(Schema):
    started_at = fields.AwareDateTime(format="iso")
    ended_at = fields.AwareDateTime(format="iso", allow_none=True)
    outcome = fields.String(allow_none=True)
    code = fields.String(allow_none=True)
    provider_id = fields.String(allow_none=True)


class EntryOut(Schema):
    """One decision, attempt, report of the provider, answer or task; its facts are in `facts`."""

    at = fields.AwareDateTime(format="iso")
    what = fields.String()
    sentence = fields.String(metadata={"description": "empty where another entry's says it"})
    facts = fields.Function(lambda entry: _facts(entry))


def _facts(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(entry[name]) for name in entry if name not in ("at", "what", "sentence")}


def _plain(fact: Any) -> Any:
    if isinstance(fact, datetime):
        return fact.isoformat()
    return str(fact) if isinstance(fact, UUID) else fact


class CoveredOut(Schema):
    session_id = fields.UUID()
    starts_at = fields.String()


class MessageDetail(MessageOut):
    recipient_id = fields.UUID(attribute="recipient")
    starts_at = fields.AwareDateTime(format="iso", allow_none=True)
    send_before = fields.AwareDateTime(format="iso")
    zone = fields.String()
    covers = fields.List(fields.Nested(CoveredOut), metadata={"description": "the visits, where it tells of several"})
    tries = fields.List(fields.Nested(AttemptOut))
    trail = fields.List(fields.Nested(EntryOut), metadata={"description": "in order of time"})
    why = fields.List(fields.String(), metadata={"description": "the trail in plain English"})
    waits_for_desk = fields.Boolean(metadata={"description": "may be sent again or marked as sent"})


class PreviewAsked(Schema):
    """Either a referral's messages, or all of a patient's."""

    referral_id = fields.UUID()
    patient_id = fields.UUID()

    @validates_schema
    def _one_of_them(self, asked: dict[str, Any], **_: Any) -> None:
        if len(asked) != 1:
            raise ValidationError("Give either referral_id or patient_id.")


class PreviewOut(Schema):
    kind = fields.String()
    title = fields.String()
    channel = fields.String(validate=CHANNEL)
    to = fields.String(validate=READER)
    due_at = fields.AwareDateTime(format="iso")
    send_before = fields.AwareDateTime(format="iso")
    starts_at = fields.AwareDateTime(format="iso", allow_none=True)
    why = fields.List(fields.String())
