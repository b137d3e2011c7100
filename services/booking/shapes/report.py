"""The report of a series, as JSON."""

from __future__ import annotations

from marshmallow import Schema, fields

TRENDS = {"enum": ["improving", "plateau", "worsening"]}


class KeptVisit(Schema):
    number = fields.Integer()
    on = fields.Date(metadata={"description": "in the time zone of the place"})
    therapist = fields.String()
    pain_before = fields.Integer()
    pain_after = fields.Integer()
    pressure = fields.Integer(metadata={"description": "1 to 5, Walton scale"})
    techniques = fields.List(fields.String())
    areas = fields.List(fields.String())
    minutes = fields.Integer(allow_none=True)


class VisitNotKept(Schema):
    number = fields.Integer()
    on = fields.Date()
    therapist = fields.String()
    how = fields.String(metadata={"enum": ["missed", "cancelled_late"]})


class TakenSchema(Schema):
    number = fields.Integer(metadata={"description": "of the visit"})
    at = fields.AwareDateTime(format="iso")
    value = fields.Float()


class MeasureCourse(Schema):
    """One measure over the series: `change` is last minus first, `status` says whether it is good."""

    measure = fields.String(attribute="measure.code")
    name = fields.String(attribute="measure.name")
    detail = fields.String(metadata={"description": "joint and movement, or activity; else empty"})
    unit = fields.String(attribute="measure.unit")
    least = fields.Integer(attribute="measure.least")
    most = fields.Integer(attribute="measure.most")
    better = fields.String(attribute="measure.better", metadata={"enum": ["lower", "higher"]})
    matters = fields.Float(attribute="measure.matters", metadata={"description": "the smallest change that counts"})
    loinc = fields.String(attribute="measure.loinc", allow_none=True)
    values = fields.List(fields.Nested(TakenSchema), attribute="taken")
    first = fields.Float(attribute="trend.first")
    last = fields.Float(attribute="trend.last")
    change = fields.Float(attribute="trend.change")
    status = fields.String(attribute="trend.status", metadata=TRENDS)
    recent = fields.String(attribute="trend.recent", metadata=TRENDS)


class AdviceSchema(Schema):
    follow_up = fields.String(metadata={"enum": ["continue", "modify", "re_refer", "discharge"]})
    reasons = fields.List(fields.String())
    signed = fields.Boolean(metadata={"description": "false while it is only drafted"})
    signed_on = fields.Date(allow_none=True)


class ReportSchema(Schema):
    """Pain is 0 to 10, lower is better; `first_pain` to `status` tell its course from before the first visit to
    after the last."""

    series_id = fields.UUID()
    referral_id = fields.UUID()
    reference = fields.String()
    as_of = fields.AwareDateTime(format="iso", metadata={"description": "when what it tells last changed"})
    closed = fields.Boolean()
    planned = fields.Integer(metadata={"description": "visits of the series"})
    kept = fields.Integer(metadata={"description": "visits that took place"})
    missed = fields.Integer()
    cancelled_late = fields.Integer()
    to_come = fields.Integer()
    next_on = fields.Date(allow_none=True)
    therapists = fields.List(fields.String())
    visits = fields.List(fields.Nested(KeptVisit))
    not_kept = fields.List(fields.Nested(VisitNotKept))
    first_pain = fields.Integer(allow_none=True)
    last_pain = fields.Integer(allow_none=True)
    change = fields.Integer(allow_none=True)
    status = fields.String(allow_none=True, metadata=TRENDS)
    measures = fields.List(fields.Nested(MeasureCourse), metadata={"description": "besides pain"})
    recommendation = fields.Nested(AdviceSchema, allow_none=True)
