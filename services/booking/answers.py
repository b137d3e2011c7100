"""What booking answers over HTTP."""

from __future__ import annotations

from marshmallow import Schema, fields


class Person(Schema):
    id = fields.Integer()
    name = fields.String()


class LedgerSchema(Schema):
    granted = fields.Integer()
    reserved = fields.Integer()
    consumed = fields.Integer()
    forfeited = fields.Integer()
    remaining = fields.Integer()


class SessionSchema(Schema):
    id = fields.UUID()
    number = fields.Integer()
    starts_at = fields.AwareDateTime(format="iso")
    ends_at = fields.AwareDateTime(format="iso")
    therapist = fields.Nested(Person)
    room = fields.Nested(Person, allow_none=True)
    status = fields.String()
    version = fields.Integer()


class BookedSchema(Schema):
    series_id = fields.UUID()
    sessions = fields.List(fields.Nested(SessionSchema))
    ledger = fields.Nested(LedgerSchema)


class SeriesSchema(Schema):
    series_id = fields.UUID(attribute="id")
    sessions = fields.List(fields.Nested(SessionSchema))
    ledger = fields.Nested(LedgerSchema, attribute="order.ledger")
    order_id = fields.UUID()
    referral_id = fields.UUID(attribute="order.referral_id")
    reference = fields.String(attribute="order.reference")
    patient_id = fields.UUID(attribute="order.patient_id")
    visits = fields.Integer()
    completed = fields.Integer()
    version = fields.Integer()
    booked_at = fields.AwareDateTime(format="iso")
    completed_at = fields.AwareDateTime(format="iso", allow_none=True)


class DaySession(SessionSchema):
    """A session as the clinic's day shows it."""

    series_id = fields.UUID()
    local_start = fields.String()
    patient_id = fields.UUID()
    referral_id = fields.UUID()
    referral_reference = fields.String()
    of = fields.Integer()


class TermsSchema(Schema):
    visits = fields.Integer()
    cadence_visits = fields.Integer()
    cadence_days = fields.Integer()
    session_minutes = fields.Integer()
    issued_on = fields.Date()
    start_by = fields.Date(allow_none=True)
    valid_until = fields.Date()
    techniques = fields.List(fields.String())
    home_visit = fields.Boolean()


class OrderSchema(Schema):
    id = fields.UUID()
    referral_id = fields.UUID()
    reference = fields.String()
    patient_id = fields.UUID()
    version = fields.Integer()
    accepted_at = fields.AwareDateTime(format="iso")
    pressure_ceiling = fields.Integer(allow_none=True)
    terms = fields.Nested(TermsSchema)
    ledger = fields.Nested(LedgerSchema)
    series = fields.List(fields.UUID())


class ReportVisit(Schema):
    number = fields.Integer()
    on = fields.Date()
    pain_before = fields.Integer()
    pain_after = fields.Integer()
    pressure = fields.Integer()


class ReportSchema(Schema):
    """Pain is 0 to 10, lower is better; `change` is judged against the change that matters, 2 points."""

    series_id = fields.UUID()
    referral_id = fields.UUID()
    reference = fields.String()
    closed = fields.Boolean()
    planned = fields.Integer(metadata={"description": "visits of the series"})
    kept = fields.Integer(metadata={"description": "visits that took place"})
    visits = fields.List(fields.Nested(ReportVisit))
    first_pain = fields.Integer(allow_none=True)
    last_pain = fields.Integer(allow_none=True)
    change = fields.Integer(allow_none=True)
    status = fields.String(allow_none=True, metadata={"enum": ["improving", "plateau", "worsening"]})


class HoursShown(Schema):
    weekday = fields.Integer(metadata={"description": "0 is Monday"})
    opens = fields.Time(format="%H:%M")
    closes = fields.Time(format="%H:%M")


class LicenceShown(Schema):
    state = fields.String()
    number = fields.String()
    valid_from = fields.Date(allow_none=True)
    valid_until = fields.Date()


class TherapistShown(Person):
    key = fields.String()
    active = fields.Boolean()
    licences = fields.List(fields.Nested(LicenceShown))
    techniques = fields.List(fields.String())
    languages = fields.List(fields.String())
    buffer_minutes = fields.Integer()
    hours = fields.List(fields.Nested(HoursShown))


class RoomShown(Person):
    key = fields.String()
    active = fields.Boolean()


class ClosureShown(Schema):
    first_on = fields.Date(data_key="from")
    last_on = fields.Date(data_key="to")
    reason = fields.String()


class ClinicShown(Schema):
    """The clinic; ids of therapists and rooms are those of plans and bookings."""

    id = fields.UUID(attribute="clinic.id")
    version = fields.Integer(attribute="clinic.version")
    name = fields.String(attribute="clinic.name")
    timezone = fields.String(attribute="clinic.timezone")
    phone = fields.String(attribute="clinic.phone")
    email = fields.String(attribute="clinic.email")
    address = fields.String(attribute="clinic.address")
    language = fields.String(attribute="clinic.language")
    policy = fields.Dict(attribute="clinic.policy")
    therapists = fields.List(fields.Nested(TherapistShown))
    rooms = fields.List(fields.Nested(RoomShown))
    closures = fields.List(fields.Nested(ClosureShown))
