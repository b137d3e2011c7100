"""What a clinic file may say of the clinic's policy."""

from __future__ import annotations

from dataclasses import fields as members

from marshmallow import Schema, fields, validate

from services.booking.clinic.fields import Words, whole
from services.booking.clinic.messages import MessagesInFile
from services.booking.practice.policy import USUAL

_USUAL = {one.name: getattr(USUAL, one.name) for one in members(USUAL)}


class PolicyInFile(Schema):
    reminder_minutes = fields.List(
        whole(15, 40_320),
        load_default=[2880, 120],
        validate=validate.Length(max=5),
        metadata={"description": "how long before a visit a reminder is due"},
    )
    messages = fields.Nested(MessagesInFile, load_default=lambda: MessagesInFile().load({}))
    notice_hours = whole(0, 336, load_default=_USUAL["notice_hours"])
    late_cancel_consumes_visit = fields.Boolean(load_default=_USUAL["late_cancel_consumes_visit"])
    missed_consumes_visit = fields.Boolean(load_default=_USUAL["missed_consumes_visit"])
    minimum_notice_minutes = whole(0, 20_160, load_default=_USUAL["minimum_notice_minutes"])
    horizon_days = whole(1, 1_100, load_default=_USUAL["horizon_days"])
    hold_minutes = whole(1, 1_440, load_default=_USUAL["hold_minutes"])
    offer_minutes = whole(1, 1_440, load_default=_USUAL["offer_minutes"])
    warn_visits = whole(0, 20, load_default=_USUAL["warn_visits"])
    warn_days = whole(0, 90, load_default=_USUAL["warn_days"])
    travel_kmh = whole(1, 200, load_default=_USUAL["travel_kmh"])
    travel_minutes = whole(0, 240, load_default=_USUAL["travel_minutes"])
    buffers = fields.Dict(
        keys=fields.Integer(validate=validate.Range(5, 480)),
        values=whole(0, 240),
        load_default=dict,
        metadata={"description": "minutes after a session, by the session's minutes"},
    )
    holidays = fields.Boolean(load_default=_USUAL["holidays"])
    open_on_holidays = fields.List(Words(validate=validate.Length(1, 120)), load_default=list)
