"""Notes and their scores, in and out."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from services.booking.treatment.note import Note, Score
from services.booking.writing import Text
from services.care.measures import MEASURES, detail_mistake, value_mistake
from services.care.recommend import FOLLOW_UPS
from services.care.units import CPT

NOTED = tuple(code for code in MEASURES if code != "nprs")
"""Pain is asked for by name, before and after."""


def _whole(least: int, most: int, **options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(least, most), **options)


def _several(**options: Any) -> fields.List[str]:
    one = Text(validate=validate.Length(1, 40))
    return fields.List(one, load_default=list, validate=validate.Length(max=20), **options)


class Value(fields.Field[Decimal]):
    """A number of JSON, exactly as it was written."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Decimal:
        number = Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None
        if number is None or not number.is_finite():
            raise ValidationError("Give a number.")
        return number

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> float | None:
        return None if value is None else float(value)


class ScoreSchema(Schema):
    measure = fields.String(required=True, validate=validate.OneOf(NOTED))
    detail = fields.String(load_default="", metadata={"description": "a code such as left_shoulder_flexion"})
    value = Value(required=True, metadata={"type": "number"})
    item_9 = _whole(0, 3, load_default=None, allow_none=True, metadata={"description": "of PHQ-9, and needed with it"})

    @validates_schema
    def inside_its_range(self, given: dict[str, Any], **_: Any) -> None:
        measure = MEASURES[given["measure"]]
        if sentence := detail_mistake(measure, given["detail"]):
            raise ValidationError(sentence, "detail")
        if sentence := value_mistake(measure, given["value"]):
            raise ValidationError(sentence, "value")
        if (measure.code == "phq9") != (given["item_9"] is not None):
            raise ValidationError("Goes with PHQ-9, and is needed there: what the last item was, 0 to 3.", "item_9")
        if given["item_9"] is not None and given["item_9"] > given["value"]:
            raise ValidationError("The whole score holds this item too.", "item_9")


class NoteSchema(Schema):
    pain_before = _whole(0, 10, required=True)
    pain_after = _whole(0, 10, required=True)
    pressure = _whole(1, 5, required=True, metadata={"description": "Walton scale"})
    techniques = _several()
    areas = _several()
    minutes = _whole(1, 240, allow_none=True, metadata={"description": "hands on; else the whole session"})
    cpt = fields.String(allow_none=True, validate=validate.OneOf(tuple(CPT)))
    units = _whole(0, 16, allow_none=True, metadata={"description": "by the 8-minute rule; worked out if left out"})
    measures = fields.List(fields.Nested(ScoreSchema), load_default=list, validate=validate.Length(max=30))
    note = Text(load_default="", validate=validate.Length(max=4000))
    follow_up = fields.String(allow_none=True, validate=validate.OneOf(FOLLOW_UPS))
    recommendation = Text(load_default="", validate=validate.Length(max=2000))

    @validates_schema(skip_on_field_errors=True)
    def each_measure_once(self, given: dict[str, Any], **_: Any) -> None:
        said = [(one["measure"], one["detail"]) for one in given["measures"]]
        if again := [place for place, one in enumerate(said) if one in said[:place]]:
            raise ValidationError({"measures": {place: {"measure": ["This is given twice."]} for place in again}})

    @post_load
    def of_session(self, given: dict[str, Any], **_: Any) -> Note:
        scores = given.pop("measures")
        item_9 = next((one["item_9"] for one in scores if one["item_9"] is not None), None)
        measures = tuple(Score(one["measure"], one["detail"], one["value"]) for one in scores)
        return Note(**given, measures=measures, item_9=item_9)


class ScoreShown(Schema):
    measure = fields.String()
    detail = fields.String()
    value = Value(metadata={"type": "number"})


class NoteShown(Schema):
    pain_before = fields.Integer()
    pain_after = fields.Integer()
    pressure = fields.Integer()
    techniques = fields.List(fields.String())
    areas = fields.List(fields.String())
    minutes = fields.Integer(allow_none=True)
    cpt = fields.String(allow_none=True)
    units = fields.Integer(allow_none=True)
    measures = fields.List(fields.Nested(ScoreShown))
    item_9 = fields.Integer(allow_none=True)
    note = fields.String()
    follow_up = fields.String(allow_none=True)
    recommendation = fields.String()


class WrittenSchema(Schema):
    """A note with its visit; `version` is more than 1 when it was corrected."""

    session_id = fields.UUID()
    number = fields.Integer()
    starts_at = fields.AwareDateTime(format="iso")
    note = fields.Nested(NoteShown)
    version = fields.Integer()
    written_at = fields.AwareDateTime(format="iso")
    written_by = fields.String()
