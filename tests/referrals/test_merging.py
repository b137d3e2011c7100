"""One patient: found again, perhaps the same, merged and separated, with nothing lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.referrals.house import Caller, House, a_referral


def person(**changes: Any) -> dict[str, Any]:
    """Somebody whom nobody resembles."""
    tag = uuid4().int
    return {
        "name": f"{_word(tag)} {_word(tag // 7**9)}",
        "born_on": f"19{tag % 60 + 30}-0{tag % 9 + 1}-1{tag % 10}",
        "phone": f"+1415{2000000 + tag % 7999999}",
        "email": f"{tag}@mail.example",
        **changes,
    }


def _word(number: int) -> str:
    return "".join("bdfglmnprstvz"[number // 13**place % 13] + "aeiou"[number // 5**place % 5] for place in range(4))


def sent(desk: Caller, patient: dict[str, Any]) -> dict[str, Any]:
    made = desk.post("", a_referral(patient=patient))
    assert made.status_code == 201, made.text
    return dict(made.json)


def matches(desk: Caller, referral: dict[str, Any], verdict: str = "open") -> list[dict[str, Any]]:
    raised = desk.get(f"/patients/matches?limit=200&verdict={verdict}").json
    return [match for match in raised if match["referral_id"] == referral["id"]]


def contacts(house: House, patient_id: str) -> list[dict[str, Any]]:
    return house.told("patient_contact_changed", patient_id=patient_id)


@pytest.mark.parametrize("change", [{"phone": None}, {"email": None}, {"phone": "+14155559999"}])
def test_the_same_name_birthday_and_one_way_to_reach_them_is_one_person(desk: Caller, change: dict[str, Any]) -> None:
    someone = person()
    assert sent(desk, someone)["patient_id"] == sent(desk, {**someone, **change})["patient_id"]


def test_a_name_may_be_written_in_another_order_and_without_accents(desk: Caller) -> None:
    someone = person(name=f"Zoë Œuvrard {_word(uuid4().int)}")
    other = ", ".join(reversed(someone["name"].upper().replace("Ë", "E").rsplit(" ", 1)))
    assert sent(desk, someone)["patient_id"] == sent(desk, {**someone, "name": other})["patient_id"]


def test_who_may_be_known_gets_a_record_of_their_own_and_the_desk_is_asked(house: House, desk: Caller) -> None:
    someone = person()
    first = sent(desk, someone)
    second = sent(desk, {**someone, "phone": None, "email": "new@mail.example"})
    assert second["patient_id"] != first["patient_id"]
    [match] = matches(desk, second)
    assert (match["newer"]["id"], match["known"]["id"]) == (second["patient_id"], first["patient_id"])
    assert match["newer"]["contact"]["name"] == someone["name"]
    assert match["score"] == 70
    assert match["reasons"] == {
        "name": {"how": "same", "points": 40},
        "born_on": {"how": "same", "points": 35},
        "phone": {"how": "unknown", "points": 0},
        "email": {"how": "different", "points": -5},
    }
    [task] = house.told("referral_stalled", referral_id=second["id"])
    assert (task["about"], task["task_id"]) == ("same_patient", match["id"])


def test_twins_share_all_but_a_name_and_are_asked_about_once(house: House, desk: Caller) -> None:
    one = person()
    other = {**one, "name": f"{_word(uuid4().int)} {one['name'].split()[1]}"}
    sent(desk, one)
    second = sent(desk, other)
    assert len(matches(desk, second)) == 1
    third = sent(desk, other)
    assert (third["patient_id"], matches(desk, third)) == (second["patient_id"], [])


def test_a_stranger_is_new_and_nobody_is_asked(house: House, desk: Caller) -> None:
    made = sent(desk, person())
    assert house.told("referral_stalled", referral_id=made["id"]) == []


@pytest.fixture
def pair(desk: Caller) -> tuple[dict[str, Any], dict[str, Any]]:
    """Referrals of one person under two records: the first has a phone, the second an e-mail address."""
    someone = person(text_consent=True, email_consent=True)
    return sent(desk, {**someone, "email": None}), sent(desk, {**someone, "phone": None})


def test_merged_records_keep_their_referrals_and_share_one_contact(
    house: House, desk: Caller, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = pair
    keep, other = first["patient_id"], second["patient_id"]
    answer = desk.post("/patients/merge", {"keep_id": keep, "other_id": other})
    assert answer.status_code == 200, answer.text
    assert answer.json["counts_for"] == [other]
    assert answer.json["referral_ids"] == sorted([first["id"], second["id"]])
    assert (answer.json["contact"]["phone"], answer.json["contact"]["email"]) == (
        first["patient"]["phone"],
        second["patient"]["email"],
    )
    [merged] = house.told("patients_merged", merged_id=other)
    assert merged["patient_id"] == keep
    for patient_id in (keep, other):
        told = contacts(house, patient_id)[-1]
        assert told["version"] == 2
        assert house.running.seal.open(told["phone"]) == first["patient"]["phone"]
        assert house.running.seal.open(told["email"]) == second["patient"]["email"]
    assert desk.get(f"/{second['id']}").json["patient_id"] == other


def test_the_task_is_settled_when_two_are_merged(
    house: House, desk: Caller, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = pair
    [match] = matches(desk, second)
    desk.post("/patients/merge", {"keep_id": second["patient_id"], "other_id": first["patient_id"]})
    assert matches(desk, second) == []
    [settled] = house.told("referral_resumed", task_id=match["id"])
    assert settled["about"] == "same_patient"


def test_a_new_referral_goes_to_the_record_that_counts(
    desk: Caller, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = pair
    desk.post("/patients/merge", {"keep_id": first["patient_id"], "other_id": second["patient_id"]})
    again = sent(desk, {**second["patient"]})
    assert again["patient_id"] == first["patient_id"]


def test_separated_again_everything_is_as_it_was(
    house: House, desk: Caller, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = pair
    before = [desk.get(f"/patients/{each['patient_id']}").json for each in pair]
    desk.post("/patients/merge", {"keep_id": first["patient_id"], "other_id": second["patient_id"]})
    answer = desk.post("/patients/unmerge", {"patient_id": second["patient_id"]})
    assert answer.status_code == 200, answer.text
    after = [desk.get(f"/patients/{each['patient_id']}").json for each in pair]
    for was, now in zip(before, after, strict=True):
        assert {**was, "version": None} == {**now, "version": None}
    [separated] = house.told("patients_separated", separated_id=second["patient_id"])
    assert separated["patient_id"] == first["patient_id"]
    assert contacts(house, first["patient_id"])[-1]["email"] is None
    assert contacts(house, second["patient_id"])[-1]["phone"] is None
    assert [match["verdict"] for match in matches(desk, second, "apart")] == ["apart"]
    assert desk.post("/patients/unmerge", {"patient_id": second["patient_id"]}).json["code"] == "not_merged"


def test_three_records_become_one_and_come_apart_in_any_order(desk: Caller) -> None:
    ids = [sent(desk, person())["patient_id"] for _ in range(3)]
    desk.post("/patients/merge", {"keep_id": ids[1], "other_id": ids[2]})
    answer = desk.post("/patients/merge", {"keep_id": ids[0], "other_id": ids[2]})
    assert (answer.json["id"], answer.json["counts_for"]) == (ids[0], sorted(ids[1:]))
    alone = desk.post("/patients/unmerge", {"patient_id": ids[1]}).json
    assert (alone["id"], alone["counts_for"]) == (ids[1], [ids[2]])
    assert desk.get(f"/patients/{ids[0]}").json["counts_for"] == []


def test_merging_again_changes_nothing(house: House, desk: Caller) -> None:
    ids = [sent(desk, person())["patient_id"] for _ in range(2)]
    desk.post("/patients/merge", {"keep_id": ids[0], "other_id": ids[1]})
    before = house.counts()["outbox"]
    assert desk.post("/patients/merge", {"keep_id": ids[1], "other_id": ids[0]}).json["id"] == ids[0]
    assert house.counts()["outbox"] == before


def test_merges_of_the_same_people_at_once_end_with_one_record(house: House, desk: Caller) -> None:
    ids = [sent(desk, person())["patient_id"] for _ in range(3)]
    sides = [(0, 1), (1, 0), (1, 2), (2, 0), (0, 2), (2, 1)]
    with ThreadPoolExecutor(6) as crowd:
        merge = lambda side: house.caller("desk").post(  # noqa: E731
            "/patients/merge", {"keep_id": ids[side[0]], "other_id": ids[side[1]]}
        )
        answers = list(crowd.map(merge, sides))
    assert {answer.status_code for answer in answers} == {200}
    shown = [desk.get(f"/patients/{id_}").json for id_ in ids]
    [top] = [each for each in shown if each["merged_into"] is None]
    assert sorted([top["id"], *top["counts_for"]]) == sorted(ids)
    assert sum(len(house.told("patients_merged", merged_id=id_)) for id_ in ids) == 2


def test_one_no_is_a_no_for_the_whole_person_and_comes_apart_again(house: House, desk: Caller) -> None:
    yes, no = sent(desk, person(text_consent=True)), sent(desk, person(text_consent=False))
    desk.post("/patients/merge", {"keep_id": yes["patient_id"], "other_id": no["patient_id"]})
    assert contacts(house, yes["patient_id"])[-1]["text_consent"] is False
    desk.post("/patients/unmerge", {"patient_id": no["patient_id"]})
    assert contacts(house, yes["patient_id"])[-1]["text_consent"] is True
    assert contacts(house, no["patient_id"])[-1]["text_consent"] is False


def test_kept_apart_they_are_not_asked_about_again(
    house: House, desk: Caller, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    [match] = matches(desk, pair[1])
    answer = desk.post(f"/patients/matches/{match['id']}/apart")
    assert (answer.status_code, answer.json["verdict"]) == (200, "apart")
    assert len(house.told("referral_resumed", task_id=match["id"])) == 1
    assert desk.post(f"/patients/matches/{match['id']}/apart").status_code == 200
    assert len(house.told("referral_resumed", task_id=match["id"])) == 1


def test_a_corrected_contact_is_told_and_found_by(house: House, desk: Caller) -> None:
    someone = person()
    made = sent(desk, someone)
    path = f"/patients/{made['patient_id']}/contact"
    answer = desk.put(path, {"phone": "+14155551212", "name": "Corrected Name", "email": None})
    assert answer.json["contact"].items() >= {"phone": "+14155551212", "name": "Corrected Name", "email": None}.items()
    told = contacts(house, made["patient_id"])[-1]
    assert (told["version"], house.running.seal.open(told["phone"]), told["email"]) == (2, "+14155551212", None)
    found = {**someone, "phone": "+1 415 555 1212", "name": "corrected name"}
    assert sent(desk, found)["patient_id"] == made["patient_id"]
    before = house.counts()
    assert desk.put(path, {"phone": "+14155551212"}).json["version"] == answer.json["version"] + 1
    assert house.counts()["outbox"] == before["outbox"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "_schema"),
        ({"phone": "12"}, "phone"),
        ({"name": None}, "name"),
        ({"npi": "1"}, "npi"),
        ({"timezone": "Mars"}, "timezone"),
    ],
)
def test_a_correction_follows_the_rules_of_an_intake(desk: Caller, body: dict[str, Any], field: str) -> None:
    made = sent(desk, person())
    answer = desk.put(f"/patients/{made['patient_id']}/contact", body)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_corrections_of_one_person_at_once_are_told_one_after_the_other(house: House, desk: Caller) -> None:
    made = sent(desk, person())
    path = f"/patients/{made['patient_id']}/contact"
    with ThreadPoolExecutor(8) as crowd:
        correct = lambda number: house.caller("desk").put(path, {"phone": f"+141555512{number:02}"})  # noqa: E731
        answers = list(crowd.map(correct, range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert [told["version"] for told in contacts(house, made["patient_id"])] == list(range(1, 10))


@pytest.mark.parametrize("role", ["physician", "therapist", "service"])
def test_only_the_desk_decides_who_is_one_person(house: House, role: str) -> None:
    caller = house.caller(role)
    assert caller.get("/patients/matches").status_code == 403
    assert caller.post("/patients/merge", {}).status_code == 403
    assert caller.post("/patients/unmerge", {}).status_code == 403
    assert caller.put(f"/patients/{uuid4()}/contact", {}).status_code == 403


@pytest.mark.parametrize("path", ["merge", "unmerge"])
def test_people_whom_nobody_knows_are_neither_merged_nor_separated(desk: Caller, path: str) -> None:
    sides = {"keep_id": str(uuid4()), "other_id": str(uuid4())} if path == "merge" else {"patient_id": str(uuid4())}
    assert desk.post(f"/patients/{path}", sides).status_code == 404


def test_a_record_is_not_merged_into_itself(desk: Caller) -> None:
    made = sent(desk, person())
    answer = desk.post("/patients/merge", {"keep_id": made["patient_id"], "other_id": made["patient_id"]})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["other_id"])


def test_reading_who_may_be_one_person_leaves_a_trace(
    house: House, desk: Caller, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    matches(desk, pair[1])
    desk.get(f"/patients/{pair[0]['patient_id']}")
    acts = house.rows("SELECT act FROM audit WHERE object_id = :id", id=pair[0]["patient_id"])
    assert {"patient_name_read", "patient_read"} <= {row.act for row in acts}
