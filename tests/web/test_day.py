from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.web.desk.clinic import Here
from services.web.desk.day import day_view

NEW_YORK = ZoneInfo("America/New_York")
CLINIC = {"timezone": "America/New_York", "name": "Riverside", "therapists": [], "rooms": []}


def session(number: int, start: str, end: str, therapist: str = "Ana Ortiz") -> dict[str, Any]:
    return {
        "id": str(number),
        "patient_id": f"p{number}",
        "number": number,
        "of": 8,
        "starts_at": start,
        "ends_at": end,
        "status": "booked",
        "version": 1,
        "therapist": {"id": 1, "name": therapist},
        "room": {"id": 9, "name": "Room 1"},
        "referral_reference": "R-1",
    }


def view(*sessions: dict[str, Any], on: date = date(2027, 3, 9), now: str = "2027-03-09T10:30") -> Any:
    at = datetime.fromisoformat(now).replace(tzinfo=NEW_YORK)
    return day_view(on, Here(CLINIC, at), list(sessions), {"p1": "Grace Hopper"})


def test_a_visit_stands_at_its_local_quarter_hour() -> None:
    (column,) = view(session(1, "2027-03-09T14:15:00Z", "2027-03-09T15:00:00Z")).columns
    (card,) = column.cards
    assert (f"{card.visit.start:%H:%M}", f"{card.visit.end:%H:%M}", card.row, card.rows) == ("09:15", "10:00", 6, 3)
    assert card.patient == "Grace Hopper"


def test_the_day_widens_for_an_early_or_a_late_visit() -> None:
    day = view(
        session(1, "2027-03-09T12:00:00Z", "2027-03-09T12:45:00Z"),
        session(2, "2027-03-09T23:30:00Z", "2027-03-10T00:15:00Z"),
    )
    assert [hour for hour, _ in day.hours] == list(range(7, 20))


def test_visits_are_in_one_column_for_each_therapist_in_the_order_of_time() -> None:
    day = view(
        session(2, "2027-03-09T16:00:00Z", "2027-03-09T16:45:00Z"),
        session(1, "2027-03-09T14:00:00Z", "2027-03-09T14:45:00Z"),
        session(3, "2027-03-09T14:00:00Z", "2027-03-09T14:45:00Z", "Ben Kim"),
    )
    assert [(c.therapist, [card.visit.number for card in c.cards]) for c in day.columns] == [
        ("Ana Ortiz", [1, 2]),
        ("Ben Kim", [3]),
    ]


def test_the_present_moment_is_marked_today_and_on_no_other_day() -> None:
    assert view().now_row == 11
    assert view(on=date(2027, 3, 10)).now_row is None


def test_an_empty_day_has_no_columns() -> None:
    assert view().columns == []


def test_a_cancelled_visit_leaves_its_place_to_whoever_has_it_now() -> None:
    gone = {**session(1, "2027-03-09T14:00:00Z", "2027-03-09T14:45:00Z"), "status": "cancelled"}
    day = view(gone, session(2, "2027-03-09T14:00:00Z", "2027-03-09T14:45:00Z"))
    (column,) = day.columns
    assert [card.visit.number for card in column.cards] == [2]
    assert [card.visit.number for card in column.cancelled] == [1]
    assert (day.visits, day.cancelled) == (1, 1)


def test_a_visit_over_midnight_ends_with_the_day() -> None:
    day = view(session(1, "2027-03-10T04:30:00Z", "2027-03-10T05:15:00Z"))
    assert day.hours[-1][0] == 23


def test_a_visit_stands_at_the_time_of_its_place() -> None:
    west = {"rooms": [{"id": 9, "name": "Room 1", "location": 2}], "locations": [{"id": 2, "timezone": "US/Pacific"}]}
    at = datetime(2027, 3, 9, 10, tzinfo=NEW_YORK)
    sessions = [session(1, "2027-03-09T17:00:00Z", "2027-03-09T17:45:00Z")]
    (column,) = day_view(date(2027, 3, 9), Here({**CLINIC, **west}, at), sessions, {}).columns
    assert f"{column.cards[0].visit.start:%H:%M}" == "09:00"
