"""Sessions by day, therapist, room, patient and series, a page at a time."""

import re
from typing import Any

import pytest

from tests.booking.conftest import House
from tests.booking.life import act, booked, refused
from tests.booking.test_series import visit


@pytest.fixture
def desk(house: House) -> House:
    """Amara has three visits of one patient, Jonas two of another, at the same times."""
    house.load()
    booked(house)
    house.book(house.order(), visit(house, "03-02 09:00", 1, 1), visit(house, "03-04 10:00", 1, 1))
    return house


def seen(house: House, query: str) -> list[tuple[str, str, str]]:
    return [
        (each["starts_at"][5:10], each["local_start"], each["therapist"]["name"])
        for each in house.get(f"/sessions?{query}")
    ]


def pages(house: House, query: str) -> list[list[dict[str, Any]]]:
    found, path = [], f"/sessions?{query}"
    while path:
        answer = house.ask("GET", path)
        assert answer.status_code == 200, answer.text
        found.append(list(answer.json or []))
        following = re.fullmatch(r'</api/booking(/sessions\?.+)>; rel="next"', answer.headers.get("Link", ""))
        path = following.group(1) if following else ""
    return found


def test_the_sessions_of_some_days_in_order_of_time(desk: House) -> None:
    assert seen(desk, "from=2027-03-02&to=2027-03-04") == [
        ("03-02", "09:00", "Amara"),
        ("03-02", "09:00", "Jonas"),
        ("03-04", "09:00", "Amara"),
        ("03-04", "10:00", "Jonas"),
    ]
    assert seen(desk, "from=2027-03-05") == [("03-09", "09:00", "Amara")]


def test_the_sessions_of_a_therapist_or_a_room(desk: House) -> None:
    clinic = desk.get("/clinic")
    jonas, willow = clinic["therapists"][1]["id"], clinic["rooms"][0]["id"]
    assert {name for *_, name in seen(desk, f"from=2027-03-01&therapist={jonas}")} == {"Jonas"}
    assert len(seen(desk, f"from=2027-03-01&room={willow}")) == 3
    assert seen(desk, f"day=2027-03-02&room={willow}") == [("03-02", "09:00", "Amara")]


def test_the_sessions_of_a_patient_or_a_series_whenever_they_are(desk: House) -> None:
    first, *_ = desk.get("/sessions?day=2027-03-09")
    assert len(seen(desk, f"patient={first['patient_id']}")) == 3
    assert len(seen(desk, f"series={first['series_id']}")) == 3


def test_sessions_by_what_became_of_them(desk: House) -> None:
    first, *_ = desk.get("/sessions?day=2027-03-09")
    act(desk, first["id"], "cancel", by="patient", reason="patient_ill")
    (cancelled,) = desk.get("/sessions?from=2027-03-01&status=cancelled")
    assert (cancelled["id"], cancelled["cancelled_by"], cancelled["cancel_reason"]) == (
        first["id"],
        "patient",
        "patient_ill",
    )
    assert len(desk.get("/sessions?from=2027-03-01&status=cancelled&status=booked")) == 5
    assert len(desk.get("/sessions?from=2027-03-01")) == 5, "whatever their status"


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_pages_have_every_session_once_and_in_order(desk: House, limit: int) -> None:
    whole = desk.get("/sessions?from=2027-03-01")
    found = pages(desk, f"from=2027-03-01&limit={limit}")
    assert [each for page in found for each in page] == whole
    assert all(len(page) <= limit for page in found)
    assert len(found) == -(-len(whole) // limit)


def test_a_page_goes_on_where_the_last_one_ended_whatever_came_before_it_meanwhile(desk: House) -> None:
    answer = desk.ask("GET", "/sessions?from=2027-03-01&limit=2")
    path = answer.headers["Link"].split(">")[0].removeprefix("</api/booking")
    desk.book(desk.order(), visit(desk, "03-02 16:00"), visit(desk, "03-03 16:00"))
    desk.book(desk.order(), visit(desk, "03-01 16:00"))
    assert [each["starts_at"][5:10] for each in desk.get(path)] == ["03-02", "03-03"]


def test_a_clinics_day_of_two_hundred_is_one_page(desk: House) -> None:
    assert "Link" not in desk.ask("GET", "/sessions?day=2027-03-02").headers


@pytest.mark.parametrize(
    "query",
    [
        "",
        "therapist=1",
        "to=2027-03-02",
        "day=2027-03-02&from=2027-03-02",
        "day=2027-03-02&limit=201",
        "day=2027-03-02&limit=0",
        "day=2027-03-02&patient=somebody",
        "day=2027-03-02&after=CANARY",
        "day=2027-03-02&after=WzEsMiwzXQ==",
        "day=2027-03-02&after=bnVsbA==",
        "day=2027-03-02&room=99999999999999999999999",
    ],
)
def test_what_cannot_be_asked_is_a_clear_refusal(desk: House, query: str) -> None:
    answer = desk.ask("GET", f"/sessions?{query}")
    assert refused(answer)[0] == 422
    assert "CANARY" not in answer.text


@pytest.mark.parametrize("query", ["from=0001-01-01&to=0001-01-02", "day=9999-12-31", "from=9999-12-31"])
def test_nothing_is_found_at_the_ends_of_the_calendar(desk: House, query: str) -> None:
    assert desk.get(f"/sessions?{query}") == []


def test_each_session_belongs_to_the_day_of_its_own_place(house: House) -> None:
    """At 21:00 in Honolulu it is the next day already in New York."""
    hours = {"hours": {"tuesday": ["09:00-23:00"]}}
    house.load(
        locations=[
            {"key": "beacon", "name": "Beacon", "timezone": "America/New_York", "address": "1", "country": "US"},
            {"key": "oahu", "name": "Oahu", "timezone": "Pacific/Honolulu", "address": "2", "country": "US"},
        ],
        therapists=[
            {
                "key": key,
                "name": key.title(),
                "licence": {"state": "NY", "number": "1", "valid_until": "2029-08-31"},
                "techniques": ["swedish"],
                "location": place,
                **hours,
            }
            for key, place in (("amara", "beacon"), ("kai", "oahu"))
        ],
        rooms=[
            {"key": "willow", "name": "Willow", "location": "beacon"},
            {"key": "lehua", "name": "Lehua", "location": "oahu"},
        ],
    )
    clinic = house.get("/clinic")
    oahu = clinic["locations"][1]["id"]
    therapist = next(each["id"] for each in clinic["therapists"] if each["key"] == "kai")
    room = next(each["id"] for each in clinic["rooms"] if each["key"] == "lehua")
    wanted = {"start_at": "2027-03-02T21:00:00-10:00", "therapist": therapist, "room": room}
    body = {"order_id": house.order(), "visits": [wanted], "location": oahu}
    answer = house.ask("POST", "/series", body, key="k")
    assert answer.status_code == 201, answer.text
    (session,) = house.get("/sessions?day=2027-03-02")
    assert (session["local_start"], session["location_id"]) == ("21:00", oahu)
    assert house.get("/sessions?day=2027-03-03") == []
    assert [event.timezone for event in house.announced() if hasattr(event, "address")][-1] == "Pacific/Honolulu"


def test_therapists_may_look_and_physicians_may_not(desk: House) -> None:
    assert desk.ask("GET", "/sessions?day=2027-03-02", role="therapist").status_code == 200
    assert refused(desk.ask("GET", "/sessions?day=2027-03-02", role="physician")) == (403, "forbidden")
