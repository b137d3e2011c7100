"""Two people at the desk do not overwrite one another: a contact is changed as it was seen, or not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.referrals.house import Caller, House, a_referral
from tests.referrals.test_merging import person
from tests.referrals.test_physicians import _NUMBERS, doctor


@pytest.fixture(params=["patients", "physicians"])
def path(request: pytest.FixtureRequest, desk: Caller) -> str:
    made = desk.post("", a_referral(patient=person(), physician=doctor(next(_NUMBERS)))).json
    return f"/{request.param}/{made['patient_id' if request.param == 'patients' else 'physician_id']}"


def put(caller: Caller, path: str, document: dict[str, Any], seen: str) -> Any:
    return caller._send("PUT", f"{path}/contact", json=document, headers={"If-Match": seen})


def test_what_was_changed_meanwhile_is_not_overwritten(desk: Caller, path: str) -> None:
    seen = desk.get(path).headers["ETag"]
    first = put(desk, path, {"email": "first@mail.example"}, seen)
    second = put(desk, path, {"email": "second@mail.example"}, seen)
    assert (first.status_code, second.status_code, second.json["code"]) == (200, 412, "stale_version")
    assert f'"{second.json["errors"]["version"]}"' == first.headers["ETag"] == desk.get(path).headers["ETag"]
    assert desk.get(path).json["contact"]["email"] == "first@mail.example"
    assert put(desk, path, {"email": "second@mail.example"}, first.headers["ETag"]).status_code == 200


@pytest.mark.parametrize("seen", ["nonsense", '"999999999999"', "-1", '"0"'])
def test_a_version_that_there_never_was_is_stale(house: House, desk: Caller, path: str, seen: str) -> None:
    before = house.counts()["outbox"]
    assert put(desk, path, {"email": "other@mail.example"}, seen).status_code == 412
    assert house.counts()["outbox"] == before


def test_whoever_does_not_say_what_they_saw_changes_it_as_it_is(desk: Caller, path: str) -> None:
    for seen in ("*", ' "1" '):
        assert put(desk, path, {"email": "other@mail.example"}, seen).status_code == 200 or seen != "*"
    assert desk.put(f"{path}/contact", {"email": "last@mail.example"}).status_code == 200


def test_of_many_at_once_one_changes_it(house: House, desk: Caller, path: str) -> None:
    seen = desk.get(path).headers["ETag"]
    with ThreadPoolExecutor(8) as crowd:
        answers = list(
            crowd.map(lambda n: put(house.caller("desk"), path, {"email": f"m{n}@mail.example"}, seen), range(8))
        )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7


def test_the_contact_of_one_person_is_seen_under_each_of_their_records(house: House, desk: Caller) -> None:
    keep, other = (desk.post("", a_referral(patient=person())).json["patient_id"] for _ in range(2))
    seen = desk.get(f"/patients/{other}").headers["ETag"]
    desk.post("/patients/merge", {"keep_id": keep, "other_id": other})
    assert put(desk, f"/patients/{other}", {"language": "es"}, seen).status_code == 412
    seen = desk.get(f"/patients/{other}").headers["ETag"]
    assert put(desk, f"/patients/{keep}", {"language": "fr"}, "*").status_code == 200
    assert put(desk, f"/patients/{other}", {"language": "es"}, seen).status_code == 412
    assert desk.get(f"/patients/{keep}").json["contact"]["language"] == "fr"
    latest = put(desk, f"/patients/{other}", {"language": "es"}, desk.get(f"/patients/{other}").headers["ETag"])
    assert latest.headers["ETag"] == desk.get(f"/patients/{other}").headers["ETag"]


@pytest.mark.parametrize("_", range(3))
def test_a_merge_and_corrections_of_both_records_at_once_lose_nothing(house: House, desk: Caller, _: int) -> None:
    keep, other = (desk.post("", a_referral(patient=person())).json["patient_id"] for _ in range(2))
    seen = {id_: desk.get(f"/patients/{id_}").headers["ETag"] for id_ in (keep, other)}
    with ThreadPoolExecutor(3) as crowd:
        merging = crowd.submit(house.caller("desk").post, "/patients/merge", {"keep_id": keep, "other_id": other})
        acts = {
            id_: crowd.submit(put, house.caller("desk"), f"/patients/{id_}", {"language": "es"}, seen[id_])
            for id_ in seen
        }
        codes = {id_: act.result().status_code for id_, act in acts.items()}
    assert merging.result().status_code == 200
    assert set(codes.values()) <= {200, 412}
    said = desk.get(f"/patients/{keep}").json["contact"]["language"]
    assert said == "es" if 200 in codes.values() else said is None
