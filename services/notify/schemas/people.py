"""People: their names, what they want to get, and the links that they hold."""

from __future__ import annotations

import re

from marshmallow import Schema, fields, validate

from services.notify.links import OBJECTS
from services.notify.schemas.words import LANGUAGES, PERSON


class NamesAsked(Schema):
    person_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, 500))


class PersonOut(Schema):
    person_id = fields.UUID()
    role = fields.String(validate=PERSON)
    name = fields.String()


class ChannelOut(Schema):
    agreed = fields.Boolean()
    source = fields.String(metadata={"description": "`referral`, `reply`, `provider`, `desk`, `link`"})
    at = fields.AwareDateTime(format="iso", allow_none=True)
    open = fields.Boolean(metadata={"description": "whether it can be used"})
    closed_because = fields.String(allow_none=True)


class PreferencesOut(Schema):
    person_id = fields.UUID()
    role = fields.String(validate=PERSON)
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
    role = fields.String(attribute="link.role", validate=PERSON)
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
