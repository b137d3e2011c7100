"""A referral that continues another one, and what becomes of the visits that are left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.referrals import office
from services.referrals.settings import Settings
from tests.referrals.house import Caller, House, a_referral, today
from tests.referrals.test_progress import Booking


@pytest.fixture
def carrying(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(house.running.settings, Settings)
    chosen = replace(house.running.settings, unused_visits="carry_over")
    monkeypatch.setattr(office, "settings", lambda: chosen)


@pytest.fixture
def before(house: House, desk: Caller, therapist: Caller) -> dict[str, Any]:
    """Eight visits, one of which took place."""
    made = desk.post("", a_referral(visits=8)).json
    therapist.post(f"/{made['id']}/accept")
    booking = Booking(house, made)
    booking.tell(booking.booked(), booking.kept(1), booking.completed())
    return dict(made)


def renewal(before: dict[str, Any], **changes: Any) -> dict[str, Any]:
    told = {name: value for name, value in before["patient"].items() if value is not None}
    return a_referral(patient=told, visits=6, **{"renews": before["id"], **changes})


def accepted(house: House, referral: dict[str, Any]) -> dict[str, Any]:
    [event] = house.told("referral_accepted", referral_id=referral["id"])
    return event


def test_a_renewal_is_linked_to_what_it_continues(
    house: House, desk: Caller, therapist: Caller, before: dict[str, Any]
) -> None:
    made = desk.post("", renewal(before)).json
    assert (made["renews"], made["patient_id"]) == (before["id"], before["patient_id"])
    therapist.post(f"/{made['id']}/accept")
    assert accepted(house, made)["renews"] == before["id"]


def test_by_the_placers_number_it_is_linked_as_well(desk: Caller, before: dict[str, Any]) -> None:
    made = desk.post("", renewal(before, renews=None, replaces=before["placer"])).json
    assert made["renews"] == before["id"]
    unknown = {**before["placer"], "number": uuid4().hex}
    assert desk.post("", renewal(before, renews=None, replaces=unknown)).json["renews"] is None


def test_nobody_elses_referral_is_continued(house: House, desk: Caller, before: dict[str, Any]) -> None:
    counts = house.counts()
    for renews in (before["id"], str(uuid4())):
        answer = desk.post("", a_referral(renews=renews))
        assert (answer.status_code, list(answer.json["errors"])) == (422, ["renews"])
    assert house.counts() == counts


def test_what_is_left_lapses_unless_the_clinic_says_otherwise(
    house: House, desk: Caller, therapist: Caller, before: dict[str, Any]
) -> None:
    made = desk.post("", renewal(before)).json
    therapist.post(f"/{made['id']}/accept")
    assert accepted(house, made)["terms"]["visits"] == 6
    assert house.told("referral_amended", referral_id=before["id"]) == []


@pytest.mark.usefixtures("carrying")
def test_carried_over_visits_move_from_the_old_referral_to_the_new(
    house: House, desk: Caller, therapist: Caller, before: dict[str, Any]
) -> None:
    made = desk.post("", renewal(before)).json
    therapist.post(f"/{made['id']}/accept")
    assert accepted(house, made)["terms"]["visits"] == 13
    [amended] = house.told("referral_amended", referral_id=before["id"])
    assert amended["terms"]["visits"] == 1


@pytest.mark.usefixtures("carrying")
def test_what_is_carried_over_has_to_fit_too_or_nothing_is(
    house: House, desk: Caller, therapist: Caller, before: dict[str, Any]
) -> None:
    made = desk.post("", renewal(before, valid_until=(today() + timedelta(days=20)).isoformat())).json
    answer = therapist.post(f"/{made['id']}/accept")
    assert answer.json["errors"] == {"doubts": ["visits_do_not_fit"], "visits": 13, "fitting": 6}
    assert house.told("referral_amended", referral_id=before["id"]) == []
    assert therapist.post(f"/{made['id']}/accept", {"visits": 6}).status_code == 200
    assert accepted(house, made)["terms"]["visits"] == 6


@pytest.mark.usefixtures("carrying")
def test_a_renewal_carries_over_what_the_review_allowed_and_not_what_was_ordered(
    house: House, desk: Caller, therapist: Caller
) -> None:
    limited = desk.post("", a_referral(visits=8)).json
    therapist.post(f"/{limited['id']}/accept", {"visits": 5})
    made = desk.post("", renewal(limited)).json
    therapist.post(f"/{made['id']}/accept")
    assert accepted(house, made)["terms"]["visits"] == 11


@pytest.mark.usefixtures("carrying")
def test_of_a_referral_that_was_never_used_nothing_is_left(house: House, desk: Caller, therapist: Caller) -> None:
    unused = desk.post("", a_referral(visits=8)).json
    therapist.post(f"/{unused['id']}/accept")
    made = desk.post("", renewal(unused)).json
    therapist.post(f"/{made['id']}/accept")
    assert accepted(house, made)["terms"]["visits"] == 14
    [ended] = house.told("referral_ended", referral_id=unused["id"])
    assert (ended["how"], desk.get(f"/{unused['id']}").json["ended_because"]) == ("closed", "renewed")


@pytest.mark.usefixtures("carrying")
def test_two_renewals_at_once_carry_the_visits_over_once(house: House, desk: Caller, before: dict[str, Any]) -> None:
    made = [desk.post("", renewal(before)).json for _ in range(4)]
    with ThreadPoolExecutor(4) as crowd:
        answers = list(crowd.map(lambda one: house.caller("therapist").post(f"/{one['id']}/accept"), made))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(accepted(house, one)["terms"]["visits"] for one in made) == [6, 6, 6, 13]
