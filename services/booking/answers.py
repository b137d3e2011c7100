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
    cancelled_by = fields.String(allow_none=True)
    cancel_reason = fields.String(allow_none=True)
    late = fields.Boolean(allow_none=True)


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
    cancelled_at = fields.AwareDateTime(format="iso", allow_none=True)


class DaySession(SessionSchema):
    """A session as the clinic's day shows it."""

    series_id = fields.UUID()
    location_id = fields.Integer(allow_none=True)
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


FLAGS = ["ended", "expired", "few_visits", "ends_soon", "uncovered_visits"]


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
    ended_how = fields.String(allow_none=True, metadata={"enum": ["withdrawn", "expired", "closed"]})
    ended_at = fields.AwareDateTime(format="iso", allow_none=True)
    remaining = fields.Integer(metadata={"description": "visits that are neither used nor booked"})
    ends_in_days = fields.Integer(metadata={"description": "until its last day; below 0 once that is over"})
    flags = fields.List(fields.String(metadata={"enum": FLAGS}))


class HoursShown(Schema):
    weekday = fields.Integer(metadata={"description": "0 is Monday"})
    opens = fields.Time(format="%H:%M")
    closes = fields.Time(format="%H:%M")
    location_id = fields.Integer(data_key="location")


class LicenceShown(Schema):
    state = fields.String()
    number = fields.String()
    valid_from = fields.Date(allow_none=True)
    valid_until = fields.Date()


class SpecialShown(Schema):
    on_date = fields.Date(data_key="date")
    opens = fields.Time(format="%H:%M")
    closes = fields.Time(format="%H:%M", metadata={"description": "as `opens` where there are no hours that day"})
    location_id = fields.Integer(data_key="location", allow_none=True)


class PositionShown(Schema):
    latitude = fields.Float()
    longitude = fields.Float()


class LocationShown(Schema):
    id = fields.Integer()
    key = fields.String()
    name = fields.String()
    active = fields.Boolean()
    timezone = fields.String()
    country = fields.String()
    state = fields.String(allow_none=True)
    address = fields.String()
    position = fields.Nested(PositionShown, allow_none=True)


class TherapistShown(Person):
    key = fields.String()
    active = fields.Boolean()
    sex = fields.String(allow_none=True)
    licences = fields.List(fields.Nested(LicenceShown))
    techniques = fields.List(fields.String())
    certifications = fields.List(fields.String())
    experience = fields.Dict(metadata={"description": "series treated elsewhere, by ICD-10-CM category"})
    languages = fields.List(fields.String())
    buffer_minutes = fields.Integer()
    home_visits = fields.Boolean()
    base = fields.Nested(PositionShown, allow_none=True)
    hours = fields.List(fields.Nested(HoursShown))
    special_hours = fields.List(fields.Nested(SpecialShown))


class RoomShown(Person):
    key = fields.String()
    active = fields.Boolean()
    location_id = fields.Integer(data_key="location")
    equipment = fields.List(fields.String())


class ClosureShown(Schema):
    first_on = fields.Date(data_key="from")
    last_on = fields.Date(data_key="to")
    reason = fields.String()
    location_id = fields.Integer(data_key="location", allow_none=True)


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
    locations = fields.List(fields.Nested(LocationShown))
    therapists = fields.List(fields.Nested(TherapistShown))
    rooms = fields.List(fields.Nested(RoomShown))
    closures = fields.List(fields.Nested(ClosureShown))
    sessions_affected = fields.Integer(
        metadata={"description": "after loading: sessions to come with a therapist, or in a room, not active any more"}
    )
