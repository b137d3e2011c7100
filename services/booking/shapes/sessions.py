"""What is done to sessions and series, in and out."""

from __future__ import annotations

from datetime import UTC
from typing import Any, get_args

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from services.booking.answers import BookedSchema, SessionSchema
from services.booking.schemas import WantedSchema, instant
from services.booking.visits.cancelling import REASONS
from services.booking.visits.shifting import Change, Scope
from services.contracts.booking import Who

_ID = validate.Range(1, 2**63 - 1)
_WHO = validate.OneOf(get_args(Who))


def _scope() -> fields.String:
    described = {"description": "this visit, with those after it, or with all that are to come"}
    return fields.String(load_default="this", validate=validate.OneOf(get_args(Scope)), metadata=described)


class MoveSchema(Schema):
    """What is left out stays as it is."""

    start_at = instant()
    therapist = fields.Integer(strict=True)
    room = fields.Integer(strict=True)
    scope = _scope()
    by = fields.String(load_default="clinic", validate=_WHO)

    @validates_schema
    def something(self, given: dict[str, Any], **_: Any) -> None:
        if not given.keys() & {"start_at", "therapist", "room"}:
            raise ValidationError("Say what shall be different: another time, therapist or room.", "start_at")

    @post_load
    def change(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        start_at = given.get("start_at")
        change = Change(start_at and start_at.astimezone(UTC), given.get("therapist"), given.get("room"))
        return {"change": change, "scope": given["scope"], "by": given["by"]}


class CancelSchema(Schema):
    by = fields.String(required=True, validate=_WHO)
    reason = fields.String(load_default="other", validate=validate.OneOf(REASONS))
    scope = _scope()


class ChangedSchema(SessionSchema):
    """The session that was asked about, and all that changed with it."""

    sessions = fields.List(fields.Nested(SessionSchema))


class ExtendSchema(Schema):
    visits = fields.List(fields.Nested(WantedSchema), required=True, validate=validate.Length(1, 200))

    @validates_schema
    def in_order(self, given: dict[str, Any], **_: Any) -> None:
        starts = [one.start_at for one in given["visits"]]
        if starts != sorted(starts):
            raise ValidationError("Put the visits in order of time.", "visits")


class HoldSchema(Schema):
    hold_id = fields.UUID(attribute="series_id")
    order_id = fields.UUID()
    held_until = fields.AwareDateTime(format="iso")
    sessions = fields.List(fields.Nested(SessionSchema))


class ExtendedSchema(BookedSchema):
    """`sessions` are the new ones."""


class SessionsQuery(Schema):
    """A day, or what the session is of; `from` and `to` are local dates, both included."""

    day = fields.Date()
    first = fields.Date(data_key="from")
    last = fields.Date(data_key="to")
    therapist = fields.Integer(validate=_ID)
    room = fields.Integer(validate=_ID)
    patient = fields.UUID()
    series = fields.UUID()
    status = fields.List(fields.String(validate=validate.Length(1, 20)), validate=validate.Length(max=7))
    after = fields.String(validate=validate.Length(1, 200), metadata={"description": "the cursor of the last page"})
    limit = fields.Integer(validate=validate.Range(1, 200))

    @validates_schema
    def bounded(self, given: dict[str, Any], **_: Any) -> None:
        if not given.keys() & {"day", "first", "patient", "series"}:
            raise ValidationError("Give a day, a first day, a patient or a series.", "day")
        if "day" in given and given.keys() & {"first", "last"}:
            raise ValidationError("Give a day, or a first and a last one.", "day")
