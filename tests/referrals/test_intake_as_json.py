"""What was sent is compared and sealed as JSON: every field in the form in which the schema would write it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.care.contraindications import packaged
from services.referrals.intake.reading import primitives, read_open
from services.referrals.intake.rules import Calendar
from services.referrals.intake.schemas import IntakeSchema
from tests.referrals.house import a_referral, today, without

WHOLE = a_referral(
    kind="permission",
    permission={"decision": "cleared_with_modifications", "sites": ["neck"], "decided_on": today().isoformat()},
    renews="01890000-0000-7000-8000-000000000000",
    replaces={"number": "17"},
    goals=["Sleep"],
    contraindications=["open_wound"],
    techniques=["myofascial_release"],
    duration_weeks=4,
    spans={"visits_from": 4},
    pressure_ceiling=3,
    home_visit=True,
    home_position=[40.7, -74],
    therapist_sex="female",
    medically_necessary=True,
    payer={"name": "Payer", "claim_type": "private"},
    copy_to=[{"physician": {"name": "Dr. Copy", "npi": "1932104098", "fax": "+14155550101"}, "updates": "end"}],
    signed_on=today().isoformat(),
    start_by=today().isoformat(),
    valid_until=today().isoformat(),
)


@pytest.mark.parametrize("document", [WHOLE, a_referral(), without(a_referral(), "visits"), a_referral(diagnoses=None)])
def test_an_intake_as_json_is_what_its_schema_would_write(document: dict[str, Any]) -> None:
    intake, _ = read_open(document, Calendar(today(), today(), 90), packaged())
    assert set(IntakeSchema().fields) - intake.keys() == set()
    assert json.dumps(primitives(intake), sort_keys=True) == json.dumps(IntakeSchema().dump(intake), sort_keys=True)
