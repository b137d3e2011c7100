from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

import pytest

from services.contracts.booking import SessionBooked
from services.contracts.event import Event, SealedText, schema_of, sealed_fields
from services.contracts.referrals import PatientContactChanged, ReferralAccepted


def test_an_event_s_type_is_its_publisher_and_its_name():
    assert SessionBooked.event_type() == "booking.session_booked"


def test_sealed_fields_are_found_behind_an_optional_as_well():
    assert sealed_fields(PatientContactChanged) == {"name", "phone", "email"}
    assert sealed_fields(ReferralAccepted) == {"pressure_ceiling", "care"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    name: SealedText


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonMet(Event):
    subject: ClassVar[str] = "person_id"

    person_id: UUID
    person: Person


def test_a_sealed_field_inside_a_part_of_an_event_is_refused_because_it_would_travel_open():
    with pytest.raises(TypeError, match="only an event's own fields can be sealed"):
        schema_of(PersonMet)
