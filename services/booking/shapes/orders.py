"""Orders over HTTP: their ledger, what they still cover, and whether the books agree."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from services.booking.answers import LedgerSchema, SessionSchema
from services.booking.orders.recount import AT_A_TIME
from services.booking.schemas import WantedSchema
from services.booking.visits.bookable import Wanted


class EntrySchema(Schema):
    session_id = fields.UUID()
    version = fields.Integer(metadata={"description": "of the session; the newest counts"})
    act = fields.String(metadata={"enum": ["reserved", "consumed", "returned", "forfeited"]})
    at = fields.AwareDateTime(format="iso")


class LedgerOfOrder(Schema):
    order_id = fields.UUID()
    balance = fields.Nested(LedgerSchema)
    entries = fields.List(fields.Nested(EntrySchema))


class PlaceSchema(Schema):
    start_at = fields.AwareDateTime(format="iso")
    therapist = fields.Integer()
    room = fields.Integer(allow_none=True)


class UncoveredSchema(Schema):
    session = fields.Nested(SessionSchema)
    why = fields.String(
        metadata={
            "enum": ["order_ended", "too_many", "too_early", "too_late", "starts_late", "length", "place"],
        }
    )
    proposal = fields.String(metadata={"enum": ["cancel", "move", "renewal"]})
    move_to = fields.Nested(
        PlaceSchema, allow_none=True, metadata={"description": "within the order; all that are proposed go together"}
    )


class CoverageSchema(Schema):
    order_id = fields.UUID()
    version = fields.Integer()
    ended_how = fields.String(allow_none=True)
    covered = fields.List(fields.UUID(), metadata={"description": "sessions to come that stay as they are"})
    uncovered = fields.List(fields.Nested(UncoveredSchema))


class MoveWithinOrder(WantedSchema):
    session_id = fields.UUID(required=True)

    @post_load
    def wanted(self, given: dict[str, Any], **_: Any) -> tuple[UUID, Wanted]:
        return given["session_id"], Wanted(given["start_at"].astimezone(UTC), given["therapist"], given["room"])


class SettleSchema(Schema):
    """A visit can be sent back as it was proposed."""

    cancel = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=200))
    move = fields.List(fields.Nested(MoveWithinOrder), load_default=list, validate=validate.Length(max=200))

    @validates_schema
    def once(self, given: dict[str, Any], **_: Any) -> None:
        ids = [*given["cancel"], *(session_id for session_id, _ in given["move"])]
        if not ids or len(ids) != len(set(ids)):
            raise ValidationError("Name at least one session, and each once.", "cancel")


class CheckQuery(Schema):
    after = fields.UUID(metadata={"description": "go on behind this order: `next` of the answer before"})
    limit = fields.Integer(strict=False, load_default=AT_A_TIME, validate=validate.Range(1, 1000))


class CheckSchema(Schema):
    orders = fields.Integer()
    sessions = fields.Integer()
    events = fields.Integer()
    differences = fields.List(fields.Dict())
    next = fields.UUID(allow_none=True)
