"""Two at once, over every door: one of them happens, the other is told so, and nothing is left half done."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.referrals.course.expire import expire_some
from tests.referrals.fhir_house import a_bundle, resource, sent
from tests.referrals.house import Caller, House, a_referral, without
from tests.referrals.test_merging import person


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(acts)) as crowd:
        return [each.result() for each in [crowd.submit(act) for act in acts]]


def test_one_number_over_fhir_and_json_and_paper_at_once_makes_one_referral(house: House) -> None:
    bundle, tag = a_bundle(uuid4().hex), uuid4().hex
    document = a_referral(patient=person(), placer={"system": "https://orders.clinic.example", "number": tag})
    order = resource(bundle, "ServiceRequest")
    order["identifier"] = [{"system": "https://orders.clinic.example", "value": tag}]
    before = house.counts()
    desks = [house.caller("desk") for _ in range(6)]
    answers = at_once(
        lambda: desks[0].post("", document),
        lambda: desks[1].post("/typed", {"referral": document}),
        lambda: desks[2].post("?incomplete=true", document),
        lambda: desks[3].post("", document),
        lambda: sent(desks[4], bundle),
        lambda: sent(desks[5], bundle),
    )
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    assert [answer.status_code for answer in answers].count(201) == 1
    assert house.counts()["referrals"] == before["referrals"] + 1
    assert house.counts()["patients"] == before["patients"] + 1


def test_one_file_imported_twice_at_once_makes_each_referral_once(house: House) -> None:
    rows = [a_referral(patient=person()) for _ in range(4)]
    before = house.counts()["referrals"]

    def load(order: int) -> Any:
        body = "\n".join(json.dumps(each) for each in rows[::order]).encode()
        data = {"file": (io.BytesIO(body), "rows.jsonl")}
        return house.caller("desk")._send("POST", "/imports", data=data, content_type="multipart/form-data")

    answers = at_once(lambda: load(1), lambda: load(-1))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert sum(answer.json["new"] for answer in answers) == len(rows)
    assert [answer.json["refused"] for answer in answers] == [[], []]
    assert house.counts()["referrals"] == before + len(rows)


def test_an_open_referral_completed_twice_at_once_is_received_once(house: House, desk: Caller) -> None:
    document = a_referral(patient=person())
    made = desk.post("?incomplete=true", without(document, "visits")).json
    answers = at_once(
        lambda: house.caller("desk").patch(f"/{made['id']}", {"visits": 8}),
        lambda: house.caller("desk").patch(f"/{made['id']}", {"visits": 9}),
        lambda: house.caller("desk").post("", document),
    )
    codes = sorted(answer.status_code for answer in answers)
    assert codes in ([200, 409, 409], [200, 200, 409])
    assert len(house.told("referral_received", referral_id=made["id"])) == 1
    shown = desk.get(f"/{made['id']}").json
    assert (shown["status"], shown["version"]) == ("received", made["version"] + 1)


def test_two_merges_at_once_in_a_circle_leave_one_record_that_counts(house: House, desk: Caller) -> None:
    ids = [desk.post("", a_referral(patient=person())).json["patient_id"] for _ in range(3)]
    pairs = [(ids[0], ids[1]), (ids[1], ids[2]), (ids[2], ids[0]), (ids[1], ids[0])]
    answers = at_once(
        *(
            lambda keep=keep, other=other: house.caller("desk").post(  # type: ignore[misc]
                "/patients/merge", {"keep_id": keep, "other_id": other}
            )
            for keep, other in pairs
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    rows = house.rows("SELECT id, merged_into FROM patients WHERE id = ANY(CAST(:ids AS uuid[]))", ids=ids)
    assert sum(row.merged_into is None for row in rows) == 1


@pytest.mark.parametrize("_", range(4))
def test_a_merge_and_a_referral_of_each_at_once_lose_nothing(house: House, desk: Caller, _: int) -> None:
    people = [person(), person()]
    ids = [desk.post("", a_referral(patient=each)).json["patient_id"] for each in people]
    answers = at_once(
        lambda: house.caller("desk").post("/patients/merge", {"keep_id": ids[0], "other_id": ids[1]}),
        *(
            lambda each=each: house.caller("desk").post("", a_referral(patient={**each, "language": "es"}))  # type: ignore[misc]
            for each in people
        ),
    )
    assert [answer.status_code for answer in answers] == [200, 201, 201]
    assert desk.get(f"/patients/{ids[0]}").json["contact"]["language"] == "es"


@pytest.mark.parametrize("_", range(4))
def test_an_unmerge_and_a_referral_of_each_at_once_lose_nothing(house: House, desk: Caller, _: int) -> None:
    people = [person(), person()]
    ids = [desk.post("", a_referral(patient=each)).json["patient_id"] for each in people]
    assert desk.post("/patients/merge", {"keep_id": ids[0], "other_id": ids[1]}).status_code == 200
    answers = at_once(
        lambda: house.caller("desk").post("/patients/unmerge", {"patient_id": ids[1]}),
        *(
            lambda each=each: house.caller("desk").post("", a_referral(patient={**each, "language": "es"}))  # type: ignore[misc]
            for each in people
        ),
    )
    assert [answer.status_code for answer in answers] == [200, 201, 201]


def test_what_came_after_a_merge_stays_where_it_was_put_when_it_is_undone(house: House, desk: Caller) -> None:
    people = [person(), person()]
    first, second = (desk.post("", a_referral(patient=each)).json for each in people)
    sides = {"keep_id": first["patient_id"], "other_id": second["patient_id"]}
    assert desk.post("/patients/merge", sides).status_code == 200
    later = desk.post("", a_referral(patient=people[1])).json
    assert later["patient_id"] == first["patient_id"]
    undone = desk.post("/patients/unmerge", {"patient_id": second["patient_id"]})
    assert undone.status_code == 200
    shown = {each["id"]: desk.get(f"/{each['id']}").json for each in (first, second, later)}
    assert shown[second["id"]]["patient"]["name"] == people[1]["name"]
    assert shown[later["id"]]["status"] == "received"
    again = desk.post("", a_referral(patient=people[1])).json
    assert again["patient_id"] == second["patient_id"]


def test_acceptance_and_expiry_at_once_come_to_one_end(house: House, desk: Caller) -> None:
    made = [desk.post("", a_referral(patient=person())).json for _ in range(4)]
    late = "UPDATE referrals SET valid_until = current_date - 400 WHERE id = ANY(CAST(:ids AS uuid[]))"
    with house.running.engine.begin() as connection:
        connection.execute(text(late), {"ids": [each["id"] for each in made]})
    acts: list[Callable[[], Any]] = [
        lambda each=each: house.caller("therapist").post(f"/{each['id']}/accept").status_code  # type: ignore[misc]
        for each in made
    ]
    codes = at_once(*acts, lambda: expire_some(house.running), lambda: expire_some(house.running))
    assert set(codes[:4]) == {409}
    expire_some(house.running)
    for each in made:
        assert len(house.told("referral_ended", referral_id=each["id"])) == 1
        assert house.told("referral_accepted", referral_id=each["id"]) == []
