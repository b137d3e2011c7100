"""Re-planning, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from services.booking.practice.availability import Wish
from services.booking.replanning.propose import Rest
from services.booking.schemas import WantedSchema, WindowSchema

MOST_VISITS = 200


class WishSchema(Schema):
    """What the patient can and would like; what is left out, or null, follows from the order."""

    earliest = fields.Date(allow_none=True)
    latest = fields.Date(allow_none=True)
    possible = fields.List(fields.Nested(WindowSchema), allow_none=True, validate=validate.Length(max=100))
    preferred = fields.List(fields.Nested(WindowSchema), validate=validate.Length(max=100))


def wish_of(given: dict[str, Any], **more: Any) -> Wish:
    named = {name: given[name] for name in ("earliest", "latest", "possible", "preferred") if name in given}
    for name in {"possible", "preferred"} & named.keys():
        named[name] = None if named[name] is None else tuple(named[name])
    return Wish(**named, **more)


class AlternativesQuery(WishSchema):
    therapist = fields.Integer(strict=True, allow_none=True, metadata={"description": "only with this one"})
    limit = fields.Integer(strict=True, load_default=20, validate=validate.Range(1, 100))

    @post_load
    def asked(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        wish = wish_of(given, alternatives=given["limit"])
        return {"wish": wish, "therapist": given.get("therapist")}


class ReplanQuery(WishSchema):
    """All visits to come, unless `sessions` or `from` say which."""

    sessions = fields.List(fields.UUID(), allow_none=True, validate=validate.Length(max=MOST_VISITS))
    from_on = fields.Date(allow_none=True, data_key="from")
    visits = fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.Range(0, MOST_VISITS),
        metadata={"description": "to be added; as many as were cancelled in time where it is left out"},
    )
    therapist = fields.Integer(strict=True, allow_none=True, metadata={"description": "the one asked for"})
    without_therapist = fields.Integer(strict=True, allow_none=True)

    @post_load
    def asked(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        sessions = given.get("sessions")
        rest = Rest(
            sessions=None if sessions is None else tuple(sessions),
            from_on=given.get("from_on"),
            visits=given.get("visits"),
            without_therapist=given.get("without_therapist"),
        )
        return {"rest": rest, "wish": wish_of(given, therapist=given.get("therapist"), alternatives=0)}


class MoveWanted(Schema):
    session_id = fields.UUID(required=True, allow_none=True, metadata={"description": "null for a visit to be added"})
    to = fields.Nested(WantedSchema, required=True)


class ProposalWanted(Schema):
    moves = fields.List(fields.Nested(MoveWanted), required=True, validate=validate.Length(1, MOST_VISITS))

    @validates_schema
    def once(self, given: dict[str, Any], **_: Any) -> None:
        named = [move["session_id"] for move in given["moves"] if move["session_id"]]
        if len(set(named)) < len(named):
            raise ValidationError({"moves": ["Move each session once."]})


class PlaceShown(Schema):
    start_at = fields.AwareDateTime(format="iso")
    therapist = fields.Integer()
    room = fields.Integer(allow_none=True)


class PricedPlace(PlaceShown):
    end_at = fields.AwareDateTime(format="iso")
    cost = fields.Integer(metadata={"description": "of the whole series"})


class AlternativePlace(PricedPlace):
    difference = fields.Integer(metadata={"description": "to the series as it is; below zero is better"})


class RelaxationShown(Schema):
    change = fields.Dict()
    visits = fields.Integer()
    within_order = fields.Boolean()


class AlternativesSchema(Schema):
    session_id = fields.UUID()
    now = fields.Nested(PricedPlace)
    in_rhythm = fields.Boolean(metadata={"description": "false when the order's gaps leave no place"})
    alternatives = fields.List(fields.Nested(AlternativePlace))
    relaxations = fields.List(fields.Nested(RelaxationShown))


class MoveShown(Schema):
    session_id = fields.UUID(allow_none=True)
    number = fields.Integer(allow_none=True)
    now = fields.Nested(PlaceShown, allow_none=True)
    to = fields.Nested(PlaceShown)


class ProposalShown(Schema):
    """`unplaced` are sessions without a place, null for a visit that would have been added."""

    series_id = fields.UUID()
    moves = fields.List(fields.Nested(MoveShown))
    unplaced = fields.List(fields.UUID(allow_none=True))
    cost_now = fields.Integer()
    cost = fields.Integer()
    in_rhythm = fields.Boolean()
    relaxations = fields.List(fields.Nested(RelaxationShown))
