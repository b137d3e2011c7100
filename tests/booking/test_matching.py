"""Who may treat and who suits best, with the reasons: pure, and from the database."""

from dataclasses import replace
from datetime import UTC, date, time
from typing import Any

import pytest

from services.booking.practice.location import Licence, Opening, Practice, Therapist
from services.booking.practice.matching import Match, matches, who_may_treat
from services.booking.practice.needs import Needs
from services.booking.practice.travel import Position
from tests.booking.conftest import House
from tests.booking.practice_day import MONDAY, TERMS, at, therapist
from tests.booking.treatment import complete, go_to, order_with

NEW_YORK = Licence("NY", date(2029, 8, 31))
AMARA = Therapist(1, "Amara", 15, (NEW_YORK,), frozenset({"swedish"}), (Opening(0, time(9), time(13)),))
ENDS = TERMS.valid_until


def practice(*therapists: Therapist, **changes: Any) -> Practice:
    usual: dict[str, Any] = {"timezone": "America/New_York", "now": MONDAY.astimezone(UTC), "state": "NY"}
    return Practice(**{**usual, "therapists": therapists, "rooms": {5: "Willow"}, "closures": (), **changes})


def match(one: Therapist, needs: Needs | None = None, treated: int = 0, **terms: Any) -> Match:
    (found,) = matches(practice(one), replace(TERMS, **terms), needs or Needs(), {one.id: treated}, ENDS)
    return found


def reasons(found: Match, *, speaking_for: bool) -> dict[str, dict[str, Any]]:
    said = found.to_json()["reasons_for" if speaking_for else "reasons_against"]
    return {reason.pop("code"): reason for reason in said}


def test_a_licence_of_the_locations_state_is_named_with_its_end() -> None:
    found = match(AMARA)
    assert found.may_treat
    assert reasons(found, speaking_for=True) == {"licensed": {"state": "NY", "until": "2029-08-31"}}


@pytest.mark.parametrize(
    "licence",
    [
        Licence("CT", date(2029, 8, 31)),
        Licence("NY", date(2027, 2, 28)),
        Licence("NY", date(2029, 8, 31), valid_from=date(2027, 5, 16)),
    ],
)
def test_without_a_licence_there_in_force_before_the_orders_end_nobody_may_treat(licence: Licence) -> None:
    found = match(replace(AMARA, licences=(licence,)))
    assert not found.may_treat
    assert reasons(found, speaking_for=False) == {"no_licence": {"state": "NY"}}


def test_a_licence_that_begins_or_ends_meanwhile_lets_treat_and_speaks_against() -> None:
    for licence in (Licence("NY", date(2027, 4, 1)), Licence("NY", date(2029, 1, 1), date(2027, 4, 1))):
        found = match(replace(AMARA, licences=(licence,)))
        assert found.may_treat
        assert set(reasons(found, speaking_for=False)) == {"licence_not_throughout"}
    renewed = (Licence("NY", date(2027, 4, 1)), Licence("NY", date(2029, 1, 1), date(2027, 4, 2)))
    assert reasons(match(replace(AMARA, licences=renewed)), speaking_for=False) == {}


def test_every_technique_asked_for_must_be_known() -> None:
    found = match(AMARA, techniques=("swedish", "sports"))
    assert not found.may_treat
    assert reasons(found, speaking_for=True)["techniques_known"] == {"techniques": ["swedish"]}
    assert reasons(found, speaking_for=False)["techniques_missing"] == {"techniques": ["sports"]}


def test_a_condition_that_needs_a_certification_bars_who_has_none() -> None:
    needs = Needs(certifications=frozenset({"lymphedema"}))
    assert reasons(match(AMARA, needs), speaking_for=False)["certification_missing"] == {
        "certifications": ["lymphedema"]
    }
    certified = match(replace(AMARA, certifications=frozenset({"lymphedema", "oncology"})), needs)
    assert certified.may_treat
    assert reasons(certified, speaking_for=True)["certified"] == {"certifications": ["lymphedema"]}


def test_the_sex_of_the_therapist_counts_only_where_the_patient_asks() -> None:
    female, male = replace(AMARA, sex="female"), replace(AMARA, sex="male")
    assert match(female).may_treat
    assert match(male).may_treat
    asked = Needs(sex="female")
    assert "sex_as_asked" in reasons(match(female, asked), speaking_for=True)
    assert [match(one, asked).may_treat for one in (female, male, AMARA)] == [True, False, False]


def test_experience_is_counted_here_and_elsewhere_and_never_bars() -> None:
    needs = Needs(conditions=("M54", "M79"))
    known = replace(AMARA, experience={"M54": 3, "M79": 2, "S83": 50})
    facts = reasons(match(known, needs, treated=4), speaking_for=True)["experienced"]
    assert facts == {"series_here": 4, "series_elsewhere": 5}
    new = match(AMARA, needs)
    assert new.may_treat
    assert "not_experienced" in reasons(new, speaking_for=False)


def test_home_visits_name_the_way() -> None:
    base, home = Position(41.5, -73.97), Position(41.7, -73.97)
    found = match(replace(AMARA, base=base), Needs(home=home), home_visit=True)
    assert reasons(found, speaking_for=True)["makes_home_visits"] == {"minutes": 34, "km": 22.2}
    assert not match(replace(AMARA, home_visits=False), home_visit=True).may_treat
    assert match(replace(AMARA, home_visits=False)).may_treat


def test_those_who_may_treat_come_first_then_those_who_suit_best() -> None:
    needs = Needs(conditions=("M54",), language="es", sex="female")
    her = replace(AMARA, sex="female")
    people = [
        replace(her, id=1),
        replace(her, id=2, experience={"M54": 20}),
        replace(her, id=3, experience={"M54": 20}, languages=frozenset({"es"})),
        replace(her, id=4, sex="male", experience={"M54": 99}, languages=frozenset({"es"})),
        replace(her, id=5, languages=frozenset({"en"})),
    ]
    ranked = matches(practice(*people), TERMS, needs, {}, ENDS)
    assert [one.therapist.id for one in ranked] == [3, 2, 1, 5, 4]
    assert [one.id for one in who_may_treat(practice(*people), TERMS, needs)] == [1, 2, 3, 5]


LYMPHEDEMA = {"conditions": ["I89"], "contraindications": ["lymphedema"], "language": "es"}


def suited(house: House, order_id: str) -> dict[str, Any]:
    return {one["name"]: one for one in house.get(f"/orders/{order_id}/therapists")}


def test_only_a_certified_therapist_is_planned_for_lymphedema(house: House) -> None:
    certified = therapist("lucia", certifications=["lymphedema"], languages=["en", "es"])
    house.load(therapists=[therapist("amara", languages=["en"]), certified])
    order_id = order_with(house, LYMPHEDEMA)
    plan = house.plan(order_id).json
    lucia = suited(house, order_id)["Lucia"]
    assert {one["therapist"] for one in plan["visits"]} == {lucia["id"]}
    assert plan["therapists"] == house.get(f"/orders/{order_id}/therapists")
    assert [(one["name"], one["may_treat"]) for one in plan["therapists"]] == [("Lucia", True), ("Amara", False)]
    assert {"code": "certified", "certifications": ["lymphedema"]} in lucia["reasons_for"]
    assert {"code": "speaks_the_language", "language": "es"} in lucia["reasons_for"]
    amara = suited(house, order_id)["Amara"]
    assert {"code": "certification_missing", "certifications": ["lymphedema"]} in amara["reasons_against"]


def test_a_therapist_who_may_not_treat_cannot_be_asked_for(house: House) -> None:
    house.load(therapists=[therapist("amara"), therapist("lucia", certifications=["lymphedema"])])
    order_id = order_with(house, LYMPHEDEMA)
    answer = house.plan(order_id, therapist=suited(house, order_id)["Amara"]["id"])
    assert (answer.status_code, set(answer.json["errors"])) == (422, {"therapist"})


def test_who_asks_for_a_woman_is_planned_with_women_and_the_desk_can_ask_too(house: House) -> None:
    people = [therapist("amara", sex="female"), therapist("jonas", sex="male"), therapist("kim")]
    amara, jonas, _ = house.load(therapists=people)["therapists"]
    asked = house.plan(order_with(house, {"therapist_sex": "female"})).json
    assert {one["therapist"] for one in asked["visits"]} == {amara["id"]}
    by_the_desk = house.plan(order_with(house), therapist_sex="male").json
    assert {one["therapist"] for one in by_the_desk["visits"]} == {jonas["id"]}


def test_completed_series_for_a_similar_condition_count_as_experience(house: House) -> None:
    house.load(therapists=[therapist("amara"), therapist("jonas", experience={"M54": 2})])
    amara, room = house.get("/clinic")["therapists"][0]["id"], house.get("/clinic")["rooms"][0]["id"]
    for condition in ("M54", "S83"):
        hour = "09:00" if condition == "M54" else "10:15"
        order_id = order_with(house, {"conditions": [condition]}, visits=1)
        booked = house.book(order_id, {"start_at": at(f"03-02 {hour}"), "therapist": amara, "room": room}).json
        go_to(house, booked["sessions"][0])
        assert complete(house, booked["sessions"][0]["id"]).status_code == 200
    similar = suited(house, order_with(house, {"conditions": ["M54"]}))
    here, elsewhere = ({"code": "experienced", "series_here": n, "series_elsewhere": m} for n, m in ((1, 0), (0, 2)))
    assert here in similar["Amara"]["reasons_for"]
    assert elsewhere in similar["Jonas"]["reasons_for"]
    other = suited(house, order_with(house, {"conditions": ["G43"]}))
    assert {"code": "not_experienced"} in other["Amara"]["reasons_against"]


def test_a_visit_that_was_missed_is_no_experience(house: House) -> None:
    people = house.load()["therapists"]
    room = house.get("/clinic")["rooms"][0]["id"]
    order_id = order_with(house, {"conditions": ["M54"]}, visits=2)
    times = zip(("03-02 09:00", "03-04 09:00"), people, strict=True)
    visits = [{"start_at": at(time), "therapist": one["id"], "room": room} for time, one in times]
    kept, missed = house.book(order_id, *visits).json["sessions"]
    go_to(house, kept)
    assert complete(house, kept["id"]).status_code == 200
    go_to(house, missed)
    answer = house.ask("POST", f"/sessions/{missed['id']}/miss", {})
    assert answer.status_code == 200, answer.text
    similar = suited(house, order_with(house, {"conditions": ["M54"]}))
    codes = {name: {reason["code"] for reason in one["reasons_for"]} for name, one in similar.items()}
    assert ("experienced" in codes["Amara"], "experienced" in codes["Jonas"]) == (True, False)


def test_experience_changes_who_is_suggested_and_not_what_a_series_costs(house: House) -> None:
    house.load(therapists=[therapist("amara"), therapist("jonas")])
    before = house.plan(order_with(house, {"conditions": ["M54"]})).json
    house.load(therapists=[therapist("amara"), therapist("jonas", experience={"M54": 40})])
    after = house.plan(order_with(house, {"conditions": ["M54"]})).json
    assert [one["name"] for one in after["therapists"]] == ["Jonas", "Amara"]
    assert (after["cost"], after["visits"]) == (before["cost"], before["visits"])


def test_a_licence_is_judged_on_the_day_of_each_visit(house: House) -> None:
    ending = {"state": "NY", "number": "1", "valid_until": "2027-03-10"}
    beginning = {"state": "NY", "number": "2", "valid_from": "2027-03-11", "valid_until": "2029-01-01"}
    house.load(state="NY", therapists=[therapist("amara", licence=ending), therapist("jonas", licence=beginning)])
    amara, jonas = (one["id"] for one in house.get("/clinic")["therapists"])
    order_id = order_with(house, visits=4)
    plan = house.plan(order_id).json
    assert plan["feasible"]
    assert {one["therapist"] for one in plan["visits"] if one["date"] <= "2027-03-10"} == {amara}
    assert {one["therapist"] for one in plan["visits"] if one["date"] > "2027-03-10"} <= {jonas}
    room = house.get("/clinic")["rooms"][0]["id"]
    early = house.book(order_id, {"start_at": at("03-10 10:00"), "therapist": jonas, "room": room})
    assert set(early.json["errors"]["visits"]["0"]) == {"therapist"}


def test_the_therapists_of_an_unknown_order_are_not_found_and_patients_may_not_ask(house: House) -> None:
    house.load()
    assert house.ask("GET", "/orders/0190d3a8-0000-7000-8000-000000000000/therapists").status_code == 404
    order_id = order_with(house)
    assert house.ask("GET", f"/orders/{order_id}/therapists", role="physician").status_code == 403
