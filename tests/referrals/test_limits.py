"""The therapist may be stricter than the physician, never looser: over all that an order says."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.care.contraindications import packaged
from services.contracts.referrals import OrderTerms
from services.referrals.intake.rules import SESSION_MINUTES, stricter_ceiling
from services.referrals.review.gate import findings
from services.referrals.review.limits import limited, looser, sites_left_out

TECHNIQUES = ("myofascial_release", "trigger_point", "lymphatic_drainage")

frequencies = st.integers(1, 6).flatmap(lambda days: st.tuples(st.integers(1, days), st.just(days)))


@st.composite
def orders(draw: Any) -> OrderTerms:
    visits, days = draw(frequencies)
    return OrderTerms(
        visits=draw(st.integers(1, 12)),
        cadence_visits=visits,
        cadence_days=days,
        session_minutes=draw(st.sampled_from(SESSION_MINUTES)),
        issued_on=date(2027, 3, 1),
        valid_until=date(2027, 3, 1) + timedelta(days=60),
        techniques=tuple(draw(st.lists(st.sampled_from(TECHNIQUES), unique=True))),
    )


@st.composite
def reviews(draw: Any) -> dict[str, Any]:
    often = draw(st.none() | frequencies)
    return {
        "visits": draw(st.none() | st.integers(1, 12)),
        "session_minutes": draw(st.none() | st.sampled_from(SESSION_MINUTES)),
        "frequency": {"visits": often[0], "per_days": often[1]} if often else None,
        "techniques": draw(st.lists(st.sampled_from(TECHNIQUES), unique=True)),
    }


def diaries(visits: int, days: int, length: int = 9) -> set[tuple[int, ...]]:
    """All ways to have visits on these days without more than so many in any of the spans."""
    every = product((0, 1), repeat=length)
    return {one for one in every if all(sum(one[day : day + days]) <= visits for day in range(length))}


def allowed(terms: OrderTerms) -> set[tuple[int, ...]]:
    return {one for one in diaries(terms.cadence_visits, terms.cadence_days) if sum(one) <= terms.visits}


@settings(max_examples=150, deadline=None)
@given(orders(), reviews())
def test_what_the_review_leaves_is_never_more_than_the_order(ordered: OrderTerms, review: dict[str, Any]) -> None:
    """Also where the order was amended below what the review had allowed."""
    left = limited(ordered, review)
    assert left.visits <= ordered.visits
    assert left.session_minutes <= ordered.session_minutes
    assert allowed(left) <= allowed(ordered)
    if review["frequency"]:
        assert diaries(left.cadence_visits, left.cadence_days) <= diaries(*review["frequency"].values())
    assert left.visits <= (review["visits"] or left.visits)


@settings(max_examples=150, deadline=None)
@given(orders(), reviews())
def test_only_what_would_allow_more_is_called_looser(ordered: OrderTerms, review: dict[str, Any]) -> None:
    often = review["frequency"]
    more = {
        "visits": review["visits"] is not None and review["visits"] > ordered.visits,
        "session_minutes": (review["session_minutes"] or 0) > ordered.session_minutes,
        "frequency": bool(often)
        and not diaries(*often.values()) <= diaries(ordered.cadence_visits, ordered.cadence_days),
        "techniques": bool(ordered.techniques) and any(one not in ordered.techniques for one in review["techniques"]),
    }
    assert set(looser(ordered, review)) == {name for name, so in more.items() if so}
    assert tuple(more) == ("visits", "session_minutes", "frequency", "techniques")
    assert set(more) == {"visits", "frequency", "session_minutes", "techniques"}


@given(orders())
def test_a_review_that_limits_nothing_leaves_the_order(ordered: OrderTerms) -> None:
    assert (limited(ordered, {}), looser(ordered, {})) == (ordered, {})


def test_sites_of_the_physician_stay_left_out_whatever_the_review_adds() -> None:
    clinical = {"permission": {"sites": ["left knee"]}}
    assert sites_left_out(clinical, {"avoid": ["neck", "left knee"]}) == ["left knee", "neck"]
    assert sites_left_out({"permission": None}, {}) == []


TABLE = packaged()
CODES = st.lists(st.sampled_from(sorted(entry.code for entry in TABLE.entries)), max_size=5, unique=True)
CEILINGS = st.none() | st.integers(1, 5)


@settings(max_examples=200, deadline=None)
@given(CODES, CODES, CEILINGS, CEILINGS)
def test_what_the_therapist_finds_besides_only_ever_adds_to_what_has_to_be_heeded(
    said: list[str], found: list[str], ordered: int | None, reviewed: int | None
) -> None:
    clinical = {"contraindications": said, "diagnoses": ["M54.50"], "pressure_ceiling": ordered}
    before = findings(TABLE, clinical, {})
    after = findings(TABLE, clinical, {"contraindications": found, "pressure_ceiling": reviewed})
    most = 9
    assert (after.pressure_ceiling or most) <= min(before.pressure_ceiling or most, reviewed or most)
    assert (after.max_minutes or 99) <= (before.max_minutes or 99)
    for name in ("avoid", "certifications", "positions"):
        assert set(getattr(after, name)) >= set(getattr(before, name))
    assert {one.code for one in after.blocked} >= {one.code for one in before.blocked}
    assert (stricter_ceiling(ordered, reviewed) is None) == ((reviewed or 0) <= (ordered or most))
