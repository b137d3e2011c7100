"""What a clinic file may say of the messages to patients and physicians."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.booking.clinic.fields import Words, whole
from services.contracts.booking import MessagePolicy

EARLIEST, LATEST = "08:00", "21:00"
"""No text is sent outside of these hours, whatever the clinic wishes."""

SENDERS: Mapping[str, float | None] = {
    "long_code": 1.0,
    "toll_free": 3.0,
    "short_code": 100.0,
    "messaging_service": None,
}
"""Segments a second that Twilio sends from a number of each kind to the USA ("Understanding Twilio Rate Limits and
Message Queues", support.twilio.com article 115002943027, and "Toll-Free SMS and MMS messaging throughput",
4411046744987). A messaging service shares them out among its numbers by itself. Faster than that, texts only wait
in Twilio's queue, where a visit that is cancelled cannot take them back."""


class HourOfDay(Words):
    """`08:00`; stays text."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        said = super()._deserialize(value, attr, data, **kwargs)
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", said):
            raise ValidationError("Write a time such as 08:00.")
        return said


class MessagesInFile(Schema):
    texts_from = HourOfDay(load_default=EARLIEST, metadata={"description": "local time of the recipient"})
    texts_until = HourOfDay(load_default=LATEST)
    texts_a_day = whole(1, 20, load_default=3, metadata={"description": "at most so many to one person"})
    text_sender = Words(load_default="long_code", validate=validate.OneOf(SENDERS))
    grace_minutes = whole(0, 60, load_default=3)
    invite = fields.Boolean(load_default=True)
    full_content = fields.Boolean(load_default=False)

    @validates_schema
    def leave_the_night_alone(self, said: dict[str, Any], **_: Any) -> None:
        """Quiet hours may be made longer, never shorter."""
        wrong = {}
        if said["texts_from"] < EARLIEST:
            wrong["texts_from"] = [f"Let texts begin at {EARLIEST} or later; before that people sleep."]
        if said["texts_until"] > LATEST:
            wrong["texts_until"] = [f"Let texts end at {LATEST} or earlier; after that people rest."]
        if not wrong and said["texts_from"] >= said["texts_until"]:
            wrong["texts_until"] = ["Let texts end after they begin, on the same day."]
        if wrong:
            raise ValidationError(wrong)

    @validates_schema
    def leave_time_for_the_evening(self, said: dict[str, Any], **_: Any) -> None:
        """A reminder that would be due in the night goes half an hour before the texts end."""
        begins, ends = (time.fromisoformat(said[name]) for name in ("texts_from", "texts_until"))
        if begins < ends and (ends.hour - begins.hour) * 60 + ends.minute - begins.minute < 60:
            raise ValidationError("Leave at least an hour for texts.", "texts_until")


def told(said: Mapping[str, Any]) -> MessagePolicy:
    """As the others hear of it."""
    names = ("texts_from", "texts_until", "texts_a_day", "grace_minutes", "invite", "full_content")
    rate = SENDERS[said["text_sender"]]
    return MessagePolicy(texts_per_second=rate, **{name: said[name] for name in names})
