"""A small practice and its referrals, for tests: what a test does not say is as here."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from services.contracts.referrals import OrderTerms, ReferralAccepted

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = datetime(2027, 3, 1, 8, 0, tzinfo=NEW_YORK)
"""When the tests take place: a Monday morning, two weeks before the clocks go forward."""

WEEKDAYS = {day: ["09:00-13:00", "14:00-18:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}


def therapist(key: str, **changes: Any) -> dict[str, Any]:
    licence = {"state": "NY", "number": "027431-01", "valid_until": "2029-08-31"}
    return {"key": key, "name": key.title(), "licence": licence, "techniques": ["swedish"], **changes}


def clinic(**changes: Any) -> dict[str, Any]:
    """A clinic file's content: two therapists, two rooms."""
    return {
        "name": "Riverbend",
        "timezone": "America/New_York",
        "phone": "+1 212 555 0134",
        "email": "desk@riverbend.example",
        "address": "48 Riverbend Lane, Beacon",
        "hours": WEEKDAYS,
        "therapists": [therapist("amara"), therapist("jonas")],
        "rooms": [{"key": "willow", "name": "Willow"}, {"key": "maple", "name": "Maple"}],
        **changes,
    }


TERMS = OrderTerms(
    visits=8,
    cadence_visits=2,
    cadence_days=7,
    session_minutes=45,
    issued_on=date(2027, 2, 26),
    valid_until=date(2027, 5, 15),
)


def accepted(
    version: int = 1, referral_id: UUID | None = None, ceiling: str | None = None, **terms: Any
) -> ReferralAccepted:
    return ReferralAccepted(
        version=version,
        referral_id=referral_id or uuid4(),
        reference="R-2027-0001",
        patient_id=uuid4(),
        physician_id=uuid4(),
        updates="every_visit",
        accepted_at=datetime(2027, 2, 26, 15, 0, tzinfo=UTC),
        terms=replace(TERMS, **terms),
        pressure_ceiling=ceiling,
    )


def at(text: str) -> str:
    """An instant with its offset, from New York's wall-clock time in 2027: `03-09 15:00`."""
    local = datetime.fromisoformat(f"2027-{text}")
    return local.replace(tzinfo=NEW_YORK).isoformat()
