"""How many visits a referral has, how often and how long, as FHIR's Timing and Quantity."""

from __future__ import annotations

from typing import Any

from services.referrals.fhir import vocabulary
from services.referrals.models import Referral


def quantity_of(referral: Referral, clinical: dict[str, Any]) -> dict[str, Any]:
    if referral.visits is None:
        return {}
    least = _lower(clinical, "visits_from", referral.visits)
    if least is None:
        return {"quantityQuantity": {"value": referral.visits, "unit": "visits"}}
    return {"quantityRange": {"low": {"value": least, "unit": "visits"}, "high": {"value": referral.visits}}}


def timing_of(referral: Referral, clinical: dict[str, Any]) -> dict[str, Any]:
    days_to = (clinical.get("spans") or {}).get("per_days_to")
    repeat = {
        **_bounds(referral, clinical),
        **_ends("count", _lower(clinical, "visits_from", referral.visits), referral.visits),
        **_ends(
            "duration", _lower(clinical, "session_minutes_from", referral.session_minutes), referral.session_minutes
        ),
        **({"durationUnit": "min"} if referral.session_minutes else {}),
        **_ends("frequency", _lower(clinical, "frequency_from", referral.frequency_visits), referral.frequency_visits),
        **_period(referral.frequency_days, days_to),
    }
    return {"repeat": repeat} if repeat else {}


def _bounds(referral: Referral, clinical: dict[str, Any]) -> dict[str, Any]:
    """There is room for one of them: the weeks, else the last day."""
    weeks = clinical.get("duration_weeks")
    if weeks:
        least = _lower(clinical, "duration_weeks_from", weeks)
        if least is None:
            return {"boundsDuration": _weeks(weeks)}
        return {"boundsRange": {"low": _weeks(least), "high": _weeks(weeks)}}
    if referral.valid_until:
        return {"boundsPeriod": {"end": referral.valid_until.isoformat()}}
    return {}


def _weeks(number: int) -> dict[str, Any]:
    return {"value": number, "unit": "weeks", "system": vocabulary.UCUM, "code": "wk"}


def _period(days: int | None, days_to: int | None) -> dict[str, Any]:
    if days is None:
        return {}
    longest = days_to if days_to and days_to > days else None
    if days % 7 == 0 and (longest or 0) % 7 == 0:
        return {"period": days // 7, **({"periodMax": longest // 7} if longest else {}), "periodUnit": "wk"}
    return {"period": days, **({"periodMax": longest} if longest else {}), "periodUnit": "d"}


def _ends(name: str, least: int | None, most: int | None) -> dict[str, Any]:
    if most is None:
        return {}
    return {name: most} if least is None else {name: least, f"{name}Max": most}


def _lower(clinical: dict[str, Any], name: str, most: int | None) -> int | None:
    """The lower end of a range, unless an amendment has since gone below it."""
    least: int | None = (clinical.get("spans") or {}).get(name)
    return least if least is not None and most is not None and least < most else None
