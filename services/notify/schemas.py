"""The shapes of notify's API. Messages are told without body and address."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from webargs.fields import DelimitedList

from services.notify.links import OBJECTS
from services.notify.why.reasons import title
from services.notify.why.timeline import MOST, WHATS

STATES = ("planned", "sending", "sent", "delivered", "failed", "unknown", "expired", "superseded")
CHANNELS = ("text", "email", "desk")
LANGUAGES = ("en", "es")


class MessageFilter(Schema):
    patient_id = fields.UUID()
    session_id = fields.UUID()
    referral_id = fields.UUID()
    kind = fields.String(validate=validate.Regexp(r"[a-z0-9_]{1,40}\Z", error="A kind such as series_booked."))
    state = fields.String(validate=validate.OneOf(STATES))
    newest = fields.Boolean(load_default=False, metadata={"description": "the latest due first"})
    limit = fields.Integer(load_default=500, validate=validate.Range(1, 1000))


class MessageOut(Schema):
    id = fields.UUID()
    kind = fields.String()
    title = fields.Function(lambda message: title(message.kind))
    channel = fields.String(validate=validate.OneOf(CHANNELS))
    to = fields.Function(lambda message: "desk" if message.channel == "desk" else message.role)
    state = fields.String(validate=validate.OneOf(STATES))
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


class TimelineQuery(Schema):
    what = DelimitedList(fields.String(validate=validate.OneOf(WHATS)))
    channel = fields.String(validate=validate.OneOf(CHANNELS))
    to = fields.String(validate=validate.OneOf(("patient", "physician", "desk")))
    state = fields.String(validate=validate.OneOf((*STATES, "open", "done")))
    kind = fields.String(validate=validate.Regexp(r"[a-z0-9_]{1,40}\Z", error="A kind such as series_booked."))
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
    channel = fields.String(validate=validate.OneOf(CHANNELS))
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


class NamesAsked(Schema):
    person_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, 500))


class PersonOut(Schema):
    person_id = fields.UUID()
    role = fields.String(validate=validate.OneOf(("patient", "physician")))
    name = fields.String()


class ChannelOut(Schema):
    agreed = fields.Boolean()
    source = fields.String(metadata={"description": "`referral`, `reply`, `provider`, `desk`, `link`"})
    at = fields.AwareDateTime(format="iso", allow_none=True)
    open = fields.Boolean(metadata={"description": "whether it can be used"})
    closed_because = fields.String(allow_none=True)


class PreferencesOut(Schema):
    person_id = fields.UUID()
    role = fields.String(validate=validate.OneOf(("patient", "physician")))
    language = fields.String()
    text = fields.Nested(ChannelOut, allow_none=True, metadata={"description": "none for physicians"})
    email = fields.Nested(ChannelOut)


class PreferencesWanted(Schema):
    text = fields.Boolean(truthy={True}, falsy={False})
    email = fields.Boolean(truthy={True}, falsy={False})
    language = fields.String(validate=validate.OneOf(LANGUAGES))


class LinkToken(Schema):
    token = fields.String(required=True, validate=validate.Regexp(r"[\w-]{1,100}\Z", re.ASCII, error="Not a token."))


class LinkOpened(Schema):
    """`object_id` is what the purpose is about: a series, a visit, a referral, a person."""

    link_id = fields.UUID(attribute="link.id")
    purpose = fields.String(attribute="link.purpose", validate=validate.OneOf(tuple(OBJECTS)))
    object_id = fields.UUID(attribute="link.object_id")
    series_id = fields.UUID(attribute="link.series_id", allow_none=True)
    referral_id = fields.UUID(attribute="link.referral_id", allow_none=True)
    recipient_id = fields.UUID(attribute="link.recipient")
    role = fields.String(attribute="link.role", validate=validate.OneOf(("patient", "physician")))
    language = fields.String(allow_none=True, metadata={"description": "the recipient's"})


class LinkOut(Schema):
    """Never the token."""

    id = fields.UUID()
    purpose = fields.String(validate=validate.OneOf(tuple(OBJECTS)))
    object_id = fields.UUID()
    referral_id = fields.UUID(allow_none=True)
    created_at = fields.AwareDateTime(format="iso")
    expires_at = fields.AwareDateTime(format="iso")
    revoked_at = fields.AwareDateTime(format="iso", allow_none=True)


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
    channel = fields.String(validate=validate.OneOf(CHANNELS))
    to = fields.String(validate=validate.OneOf(("patient", "physician", "desk")))
    due_at = fields.AwareDateTime(format="iso")
    send_before = fields.AwareDateTime(format="iso")
    starts_at = fields.AwareDateTime(format="iso", allow_none=True)
    why = fields.List(fields.String())
