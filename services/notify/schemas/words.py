"""Words that several shapes of notify's API use."""

from __future__ import annotations

from marshmallow import validate

STATES = ("planned", "sending", "sent", "delivered", "failed", "unknown", "expired", "superseded")
CHANNELS = ("text", "email", "desk")
LANGUAGES = ("en", "es")

STATE, CHANNEL = validate.OneOf(STATES), validate.OneOf(CHANNELS)
PERSON = validate.OneOf(("patient", "physician"))
READER = validate.OneOf(("patient", "physician", "desk"))
KIND = validate.Regexp(r"[a-z0-9_]{1,40}\Z", error="A kind such as series_booked.")
