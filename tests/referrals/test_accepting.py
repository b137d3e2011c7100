"""Accepting: only in time, knowingly, what was seen, and never more than the physician ordered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy

from tests.referrals.house import Caller, House, a_referral, today
from tests.referrals.test_merging import person
from tests.referrals.test_progress import Booking


def in_days(days: int) -> str:
    return (today() + timedelta(days=days)).isoformat()


def put(house: House, referral: dict[str, Any], change: str) -> None:
    with house.running.engine.begin() as connection:
        connection.execute(sqlalchemy.text(f"UPDATE referrals SET {change} WHERE id = :id"), {"id": referral["id"]})


def made(desk: Caller, **changes: Any) -> dict[str, Any]:
    answer = desk.post("", a_referral(patient=person(), **changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def accepted(house: House, referral: dict[str, Any]) -> dict[str, Any]:
    [event] = house.told("referral_accepted", referral_id=referral["id"])
    return event


def test_nothing_is_accepted_after_the_day_to_start_by(house: House, desk: Caller, therapist: Caller) -> None:
    referral = made(desk)
    put(house, referral, f"start_by = '{in_days(-1)}'")
    answer = therapist.post(f"/{referral['id']}/accept", {"despite": ["starts_today"]})
    assert (answer.status_code, answer.json["code"]) == (409, "referral_expired")
    assert answer.json["errors"] == {"start_by": in_days(-1)}
    assert house.told("referral_accepted", referral_id=referral["id"]) == []


DOUBTFUL: list[tuple[dict[str, Any], list[str], int]] = [
    ({"start_by": 0}, ["starts_today"], 26),
    ({"valid_until": 0, "visits": 1}, ["starts_today"], 1),
    ({"valid_until": 0}, ["starts_today", "visits_do_not_fit"], 1),
    ({"valid_until": 21}, ["visits_do_not_fit"], 7),
]


@pytest.mark.parametrize(("dates", "doubts", "fitting"), DOUBTFUL)
def test_what_can_hardly_be_kept_is_accepted_knowingly_or_not_at_all(
    house: House, desk: Caller, therapist: Caller, dates: dict[str, int], doubts: list[str], fitting: int
) -> None:
    said = {name: days if name == "visits" else in_days(days) for name, days in dates.items()}
    referral = made(desk, **said)
    assert therapist.get(f"/{referral['id']}/findings").json["doubts"] == doubts
    for despite in ([], doubts[1:]):
        answer = therapist.post(f"/{referral['id']}/accept", {"despite": despite})
        assert (answer.status_code, answer.json["code"]) == (409, "coverage_doubtful")
        assert answer.json["errors"]["fitting"] == fitting
        assert answer.json["errors"]["doubts"] == [one for one in doubts if one not in despite]
    assert therapist.post(f"/{referral['id']}/accept", {"despite": doubts}).json["status"] == "accepted"
    signed = house.rows("SELECT review FROM referrals WHERE id = :id", id=referral["id"])[0][0]
    assert house.vault.open(signed)["despite"] == doubts


def test_a_day_more_is_no_doubt(desk: Caller, therapist: Caller) -> None:
    referral = made(desk, start_by=in_days(1), valid_until=in_days(22))
    assert therapist.get(f"/{referral['id']}/findings").json["doubts"] == []
    assert therapist.post(f"/{referral['id']}/accept").status_code == 200


def test_a_review_that_allows_fewer_visits_settles_that_not_all_fit(desk: Caller, therapist: Caller) -> None:
    referral = made(desk, valid_until=in_days(21))
    assert therapist.post(f"/{referral['id']}/accept", {"visits": 7}).json["status"] == "accepted"


STRICTER = {
    "visits": 6, "frequency": {"visits": 1, "per_days": 7}, "session_minutes": 30,
    "techniques": ["myofascial_release"], "avoid": ["left knee"], "pressure_ceiling": 2,
}  # fmt: skip
LOOSER: dict[str, Any] = {
    "visits": 9, "frequency": {"visits": 3, "per_days": 7}, "session_minutes": 45,
    "techniques": ["myofascial_release", "cupping"], "pressure_ceiling": 4,
}  # fmt: skip


@pytest.fixture
def ordered(desk: Caller) -> dict[str, Any]:
    techniques = ["myofascial_release", "trigger_point"]
    return made(desk, techniques=techniques, pressure_ceiling=3, session_minutes=30)


def test_booking_is_told_what_the_review_left_and_the_order_stays_as_it_was_written(
    house: House, desk: Caller, therapist: Caller
) -> None:
    referral = made(desk, techniques=["myofascial_release", "trigger_point"], pressure_ceiling=3)
    shown = therapist.post(f"/{referral['id']}/accept", STRICTER).json
    event = accepted(house, referral)
    terms = event["terms"]
    assert (terms["visits"], terms["session_minutes"], terms["techniques"]) == (6, 30, ["myofascial_release"])
    assert (terms["cadence_visits"], terms["cadence_days"]) == (1, 7)
    assert '"avoid": ["left knee"]' in house.running.seal.open(event["care"])
    assert (shown["visits"], shown["frequency"], shown["session_minutes"]) == (8, {"visits": 2, "per_days": 7}, 45)
    assert shown["authorised"] == {
        "visits": 6, "visits_left": 6, "frequency": {"visits": 1, "per_days": 7}, "session_minutes": 30,
        "units_per_visit": 2, "units_left": 12, "techniques": ["myofascial_release"], "avoid": ["left knee"],
    }  # fmt: skip


@pytest.mark.parametrize("field", LOOSER)
def test_what_is_looser_is_refused_by_its_field(
    house: House, therapist: Caller, ordered: dict[str, Any], field: str
) -> None:
    before = house.counts()
    answer = therapist.post(f"/{ordered['id']}/accept", {field: LOOSER[field]})
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert house.counts() == before


def test_what_the_physician_amends_later_does_not_lift_what_the_review_limited(
    house: House, desk: Caller, therapist: Caller, ordered: dict[str, Any]
) -> None:
    therapist.post(f"/{ordered['id']}/accept", {"visits": 6, "frequency": {"visits": 1, "per_days": 7}})
    desk.post(f"/{ordered['id']}/amend", {"visits": 12, "frequency": {"visits": 3, "per_days": 7}})
    desk.post(f"/{ordered['id']}/amend", {"visits": 4, "frequency": {"visits": 2, "per_days": 28}})
    more, fewer = (event["terms"] for event in house.told("referral_amended", referral_id=ordered["id"]))
    assert (more["visits"], more["cadence_visits"], more["cadence_days"]) == (6, 1, 7)
    assert (fewer["visits"], fewer["cadence_visits"], fewer["cadence_days"]) == (4, 1, 28)


def test_units_are_left_of_the_visits_that_are_neither_used_nor_booked(
    house: House, desk: Caller, therapist: Caller
) -> None:
    referral = made(desk)
    assert referral["authorised"]["units_left"] is None
    assert therapist.post(f"/{referral['id']}/accept").json["authorised"]["units_left"] == 24
    booking = Booking(house, referral)
    booking.tell(booking.booked(), booking.kept(1))
    left = desk.get(f"/{referral['id']}").json["authorised"]
    assert (left["visits_left"], left["units_left"]) == (7, 21)


def test_a_therapist_signs_for_what_they_saw_and_not_for_what_it_became(
    house: House, desk: Caller, physician: Caller, therapist: Caller
) -> None:
    modified = {"decision": "cleared_with_modifications", "sites": ["neck"]}
    referral = physician.post("", a_referral(patient=person(), permission=modified)).json
    seen = therapist.get(f"/{referral['id']}")
    physician.put(f"/{referral['id']}/permission", {"decision": "cleared"})
    stale = {"headers": {"If-Match": seen.headers["ETag"]}, "json": {}}
    answer = therapist._send("POST", f"/{referral['id']}/accept", **stale)
    assert (answer.status_code, answer.json["code"]) == (412, "stale_version")
    assert answer.json["errors"] == {"version": seen.json["version"] + 1}
    fresh = {"headers": {"If-Match": therapist.get(f"/{referral['id']}").headers["ETag"]}, "json": {}}
    assert therapist._send("POST", f"/{referral['id']}/accept", **fresh).status_code == 200


@pytest.mark.parametrize(
    ("act", "document"),
    [
        ("accept", {}), ("decline", {"reason": "No"}), ("ask", {"names": ["goals"]}), ("withdraw", None),
        ("close", {"reason": "finished"}), ("review/start", None), ("contacted", None), ("cancellation", None),
    ],
)  # fmt: skip
def test_every_act_heeds_the_version_that_was_seen(house: House, desk: Caller, act: str, document: Any) -> None:
    referral, admin = made(desk), house.caller("admin")
    for version, status in (('"2"', 412), ("nonsense", 412), ('"1"', 200)):
        answer = admin._send("POST", f"/{referral['id']}/{act}", json=document, headers={"If-Match": version})
        assert answer.status_code == status
    assert answer.headers["ETag"] == f'"{answer.json["version"]}"'


def test_the_version_of_anothers_referral_is_not_told(house: House, desk: Caller) -> None:
    referral = made(desk)
    office = house.caller("physician", "another office")
    answer = office._send("PATCH", f"/{referral['id']}", json={"visits": 9}, headers={"If-Match": '"7"'})
    assert answer.status_code == 404


def test_of_two_who_act_on_what_they_saw_one_does(house: House, desk: Caller) -> None:
    referral = made(desk)
    acts = [("accept", {}), ("decline", {"reason": "No"}), ("withdraw", None), ("close", {"reason": "finished"})] * 2

    def act(one: tuple[str, Any]) -> int:
        sent = {"json": one[1], "headers": {"If-Match": '"1"'}}
        return int(house.caller("admin")._send("POST", f"/{referral['id']}/{one[0]}", **sent).status_code)

    with ThreadPoolExecutor(8) as crowd:
        assert sorted(crowd.map(act, acts)) == [200] + [412] * 7
