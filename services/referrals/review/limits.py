"""What the therapist's review limits: it may be stricter than the physician's order, never looser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.contracts.referrals import OrderTerms
from services.referrals.course.coverage import most_in


def sites_left_out(clinical: Mapping[str, Any], review: Mapping[str, Any]) -> list[str]:
    """By the physician's permission, and by the review. Both documents are opened."""
    permitted_without = (clinical.get("permission") or {}).get("sites") or ()
    return list(dict.fromkeys([*permitted_without, *(review.get("avoid") or ())]))


def looser(ordered: OrderTerms, review: Mapping[str, Any]) -> dict[str, str]:
    """Why a limit is none, by field. What is None or empty limits nothing."""
    visits, minutes = review.get("visits"), review.get("session_minutes")
    often, techniques = review.get("frequency"), review.get("techniques") or ()
    found = {
        "visits": visits is not None and visits > ordered.visits,
        "session_minutes": minutes is not None and minutes > ordered.session_minutes,
        "frequency": often is not None and not _rarer(ordered, often["visits"], often["per_days"]),
        "techniques": bool(ordered.techniques) and not set(techniques) <= set(ordered.techniques),
    }
    return {field: _SENTENCES[field] for field, wrong in found.items() if wrong}


_SENTENCES = {
    "visits": "The review may allow fewer visits than the physician ordered, never more.",
    "session_minutes": "The review may ask for shorter sessions than the physician ordered, never for longer ones.",
    "frequency": "The review may space the visits wider than the physician ordered, never closer.",
    "techniques": "The review may leave out techniques that the physician named, never add others.",
}


def _rarer(ordered: OrderTerms, visits: int, per_days: int) -> bool:
    """Whether nothing that this allows is closer together than the order allows."""
    return most_in(ordered.cadence_days, visits, per_days) <= ordered.cadence_visits


def limited(ordered: OrderTerms, review: Mapping[str, Any]) -> OrderTerms:
    """The strictest of both, also where the order was amended after the review."""
    minutes, often = review.get("session_minutes"), review.get("frequency")
    visits, days = ordered.cadence_visits, ordered.cadence_days
    if often:
        rarer = _rarer(ordered, often["visits"], often["per_days"])
        visits = often["visits"] if rarer else min(visits, often["visits"])
        days = often["per_days"] if rarer else max(days, often["per_days"])
    return replace(
        ordered,
        visits=min(ordered.visits, review.get("visits") or ordered.visits),
        session_minutes=min(ordered.session_minutes, minutes or ordered.session_minutes),
        cadence_visits=visits,
        cadence_days=days,
        techniques=tuple(review.get("techniques") or ordered.techniques),
    )
