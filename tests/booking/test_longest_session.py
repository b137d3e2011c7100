"""Some conditions shorten a session: the order, the visit and its note keep to it."""

from typing import Any

import pytest

from tests.booking.conftest import House
from tests.booking.practice_day import therapist
from tests.booking.test_series import visit
from tests.booking.treatment import code, complete, faults, go_to, look, order_with, treat

SHORT = {"contraindications": ["bruise", "multiple_sclerosis"]}
"""Multiple sclerosis: 30 minutes at the longest."""


@pytest.fixture
def desk(house: House) -> House:
    house.load(therapists=[therapist("amara"), therapist("jonas")])
    return house


def test_an_order_for_longer_sessions_is_neither_planned_nor_held_nor_booked(desk: House) -> None:
    order_id = order_with(desk, SHORT, session_minutes=45)
    wanted = [visit(desk, "03-02 09:00")]
    refused = [
        desk.plan(order_id),
        desk.book(order_id, *wanted),
        desk.ask("POST", "/holds", {"order_id": order_id, "visits": wanted}, key="hold"),
    ]
    for answer in refused:
        assert code(answer) == (409, "blocked_by_safety_gate")
        errors = (answer.json or {})["errors"]
        assert errors == {"codes": ["multiple_sclerosis"], "certifications": [], "max_minutes": 30}
    assert (desk.count("claims"), desk.count("series")) == (0, 0)


def test_an_order_that_is_short_enough_is_booked(desk: House) -> None:
    order_id = order_with(desk, SHORT, session_minutes=30)
    assert desk.plan(order_id).status_code == 200
    assert desk.book(order_id, visit(desk, "03-02 09:00")).status_code == 201


def begun(house: House, *findings: str, **terms: Any) -> str:
    """A session that has begun, on a day on which something was found."""
    series = treat(house, **terms)
    go_to(house, series["sessions"][0], minutes=0)
    assert look(house, series["ids"][0], *findings).status_code == 200
    go_to(house, series["sessions"][0])
    return str(series["ids"][0])


def test_a_note_of_more_minutes_than_the_day_allows_is_refused_at_its_field(house: House) -> None:
    session_id = begun(house, "multiple_sclerosis")
    for said in ({}, {"minutes": 31}):
        answer = complete(house, session_id, **said)
        assert faults(answer) == {"minutes": ["At most 30 minutes are safe for this patient."]}
    assert complete(house, session_id, minutes=30).status_code == 200


def test_a_correction_keeps_to_it_too(house: House) -> None:
    session_id = begun(house, "multiple_sclerosis")
    assert complete(house, session_id, minutes=25).status_code == 200
    note = {"pain_before": 7, "pain_after": 5, "pressure": 2, "minutes": 40}
    assert set(faults(house.ask("PUT", f"/sessions/{session_id}/note", note, role="therapist"))) == {"minutes"}
