"""Absences, in and out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from services.booking.absences.enter import REASONS, Away
from services.booking.shapes.replan import MoveShown, ProposalShown


class DayOrInstant(fields.Field[datetime | date]):
    """A local date such as 2027-03-08, or an instant with its offset; becomes what it is."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime | date:
        try:
            at = _read(value)
        except (TypeError, ValueError, OverflowError):
            raise ValidationError("Write a date such as 2027-03-08, or an instant with its offset.") from None
        if not 2000 <= at.year < 2100:
            raise ValidationError("Give a time in this century.")
        return at


def _read(value: Any) -> datetime | date:
    if len(value) == 10:
        return date.fromisoformat(value)
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError
    return at.astimezone(UTC)


class AwaySchema(Schema):
    therapist = fields.Integer(strict=True, allow_none=True)
    room = fields.Integer(strict=True, allow_none=True)
    begins = DayOrInstant(required=True, data_key="from")
    ends = DayOrInstant(required=True, data_key="to", metadata={"description": "a date is included"})
    reason = fields.String(required=True, validate=validate.OneOf(REASONS))

    @validates_schema
    def one_of_them(self, given: dict[str, Any], **_: Any) -> None:
        if (given.get("therapist") is None) == (given.get("room") is None):
            raise ValidationError("Name a therapist or a room, and not both.", "therapist")

    @post_load
    def away(self, given: dict[str, Any], **_: Any) -> Away:
        return Away(**given)


class ResolveSchema(Schema):
    series = fields.List(fields.UUID(), allow_none=True, metadata={"description": "all that are hit if left out"})


class AbsenceShown(Schema):
    id = fields.UUID()
    therapist = fields.Integer()
    room = fields.Integer()
    begins_at = fields.AwareDateTime(format="iso", data_key="from")
    ends_at = fields.AwareDateTime(format="iso", data_key="to")
    reason = fields.String()
    entered_at = fields.AwareDateTime(format="iso")
    withdrawn_at = fields.AwareDateTime(format="iso", allow_none=True)


class HitShown(Schema):
    series_id = fields.UUID()
    order_id = fields.UUID()
    sessions = fields.List(fields.UUID())
    proposal = fields.Nested(ProposalShown, allow_none=True)


class AbsenceWithHits(AbsenceShown):
    hits = fields.List(fields.Nested(HitShown))


class ResolvedShown(Schema):
    """`why` is the code of what kept visits from being moved; null when all were."""

    series_id = fields.UUID()
    moves = fields.List(fields.Nested(MoveShown))
    unplaced = fields.List(fields.UUID())
    why = fields.String(allow_none=True)
