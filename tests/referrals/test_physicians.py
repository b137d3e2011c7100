"""One physician for each NPI; nobody else decides where a physician's reports go."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from services.referrals.people.npi import is_npi
from tests.referrals.house import Caller, House, a_referral

_NUMBERS = (f"{number}" for number in count(1300000000) if is_npi(f"{number}"))


@pytest.fixture
def npi() -> str:
    return next(_NUMBERS)


def doctor(npi: str, **contact: Any) -> dict[str, Any]:
    known = {"name": "Dr. Ibe Castellano", "practice": "Riverside", "email": "office@riverside.example"}
    return {"npi": npi, **known, **contact}


def sent(caller: Caller, physician: dict[str, Any], **changes: Any) -> dict[str, Any]:
    made = caller.post("", a_referral(physician=physician, **changes))
    assert made.status_code == 201, made.text
    return dict(made.json)


def proposals(desk: Caller, referral: dict[str, Any], decision: str = "open") -> list[dict[str, Any]]:
    listed = desk.get(f"/physicians/proposals?limit=200&decision={decision}").json
    return [each for each in listed if each["referral_id"] == referral["id"]]


def told(house: House, referral: dict[str, Any]) -> list[dict[str, Any]]:
    return house.told("physician_contact_changed", physician_id=referral["physician_id"])


def test_the_first_contact_of_a_physician_counts(house: House, desk: Caller, npi: str) -> None:
    made = sent(desk, doctor(npi, delivery="fax", fax="+14155550177"))
    [event] = told(house, made)
    assert (event["version"], event["delivery"]) == (1, "fax")
    assert house.running.seal.open(event["email"]) == "office@riverside.example"


@pytest.mark.parametrize(
    "other",
    [{"email": "somebody@else.example"}, {"fax": "+14155550166"}, {"phone": "+14155550155"}, {"practice": "Elsewhere"},
     {"delivery": "fax"}, {"name": "Dr. Mallory Quist"}],
)  # fmt: skip
def test_another_contact_for_a_known_physician_is_only_proposed(
    house: House, desk: Caller, npi: str, other: dict[str, Any]
) -> None:
    sent(desk, doctor(npi))
    second = sent(desk, doctor(npi, **other))
    assert len(told(house, second)) == 1
    [proposal] = proposals(desk, second)
    assert proposal["proposed"] == other
    [task] = house.told("referral_stalled", referral_id=second["id"], about="physician_contact")
    assert task["task_id"] == proposal["id"]


@pytest.mark.parametrize("name", ["Ibe Castellano, MD", "DR IBE CASTELLANO", "Castellano, Ibe", "Ibe Castelano"])
def test_a_name_that_is_only_written_differently_is_no_news(house: House, desk: Caller, npi: str, name: str) -> None:
    sent(desk, doctor(npi))
    second = sent(desk, doctor(npi, name=name, practice=None, email=None))
    assert (proposals(desk, second), len(told(house, second))) == ([], 1)


def test_confirmed_it_is_used_and_told(house: House, desk: Caller, npi: str) -> None:
    sent(desk, doctor(npi))
    second = sent(desk, doctor(npi, email="new@riverside.example"))
    [proposal] = proposals(desk, second)
    answer = desk.post(f"/physicians/proposals/{proposal['id']}/confirm")
    assert (answer.status_code, answer.json["decision"]) == (200, "confirmed")
    event = told(house, second)[-1]
    assert (event["version"], house.running.seal.open(event["email"])) == (2, "new@riverside.example")
    assert len(house.told("referral_resumed", task_id=proposal["id"])) == 1
    again = desk.post(f"/physicians/proposals/{proposal['id']}/refuse")
    assert (again.status_code, again.json["errors"]) == (409, {"decision": "confirmed"})


def test_refused_it_is_never_used_nor_proposed_again(house: House, desk: Caller, npi: str) -> None:
    sent(desk, doctor(npi))
    second = sent(desk, doctor(npi, email="mallory@else.example"))
    desk.post(f"/physicians/proposals/{proposals(desk, second)[0]['id']}/refuse")
    third = sent(desk, doctor(npi, email="mallory@else.example"))
    assert (len(told(house, third)), proposals(desk, third)) == (1, [])


def test_what_was_confirmed_once_can_be_proposed_again_later(house: House, desk: Caller, npi: str) -> None:
    sent(desk, doctor(npi))
    for email in ("b@riverside.example", "office@riverside.example", "b@riverside.example"):
        made = sent(desk, doctor(npi, email=email))
        desk.post(f"/physicians/proposals/{proposals(desk, made)[0]['id']}/confirm")
    assert house.running.seal.open(told(house, made)[-1]["email"]) == "b@riverside.example"


def test_an_account_that_speaks_for_the_physician_changes_it_at_once(
    house: House, desk: Caller, physician: Caller, npi: str
) -> None:
    made = sent(desk, doctor(npi))
    bound = house.caller("admin").put(f"/physicians/{made['physician_id']}/accounts/riverside")
    assert bound.json["accounts"] == ["riverside"]
    second = sent(physician, doctor(npi, email="new@riverside.example"))
    assert house.running.seal.open(told(house, second)[-1]["email"]) == "new@riverside.example"
    assert proposals(desk, second) == []


def test_such_an_account_confirms_what_others_sent_and_no_other_does(
    house: House, desk: Caller, physician: Caller, npi: str
) -> None:
    made = sent(desk, doctor(npi))
    second = sent(house.caller("physician", "mallory"), doctor(npi, email="new@riverside.example"))
    path = f"/physicians/proposals/{proposals(desk, second)[0]['id']}/confirm"
    assert physician.post(path).status_code == 404
    assert house.caller("physician", "mallory").post(path).status_code == 404
    house.caller("admin").put(f"/physicians/{made['physician_id']}/accounts/riverside")
    assert physician.post(path).status_code == 200


@pytest.mark.parametrize("role", ["desk", "physician", "therapist"])
def test_only_an_administrator_says_who_speaks_for_a_physician(house: House, desk: Caller, role: str, npi: str) -> None:
    made = sent(desk, doctor(npi))
    assert house.caller(role).put(f"/physicians/{made['physician_id']}/accounts/mallory").status_code == 403


def test_the_desk_corrects_a_physicians_contact(house: House, desk: Caller, npi: str) -> None:
    made = sent(desk, doctor(npi))
    path = f"/physicians/{made['physician_id']}/contact"
    assert desk.put(path, {"fax": "+14155550199", "email": None}).json["contact"]["email"] is None
    assert told(house, made)[-1]["email"] is None
    desk.put(path, {"fax": "+14155550199"})
    assert len(told(house, made)) == 2


def test_other_contacts_sent_at_once_are_each_proposed_once(house: House, desk: Caller, npi: str) -> None:
    made = sent(desk, doctor(npi))
    documents = [a_referral(physician=doctor(npi, email=f"desk{place % 4}@riverside.example")) for place in range(8)]
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda document: house.caller("desk").post("", document), documents))
    assert {answer.status_code for answer in answers} == {201}
    assert len(told(house, made)) == 1
    rows = house.rows("SELECT 1 FROM physician_proposals WHERE physician_id = :id", id=made["physician_id"])
    assert len(rows) == 4


def test_referrals_that_bring_the_same_new_physicians_at_once_make_each_once(house: House) -> None:
    numbers = [next(_NUMBERS) for _ in range(4)]
    orders = [numbers, numbers[::-1]] * 4
    documents = [
        a_referral(
            physician=doctor(order[0]),
            copy_to=[{"physician": doctor(npi), "updates": "end"} for npi in order[1:]],
        )
        for order in orders
    ]
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda document: house.caller("desk").post("", document), documents))
    assert {answer.status_code for answer in answers} == {201}
    assert len(house.rows("SELECT 1 FROM physicians WHERE npi = ANY(:numbers)", numbers=numbers)) == 4


def test_further_physicians_hear_of_a_referral_as_often_as_they_want(house: House, desk: Caller, npi: str) -> None:
    other = next(_NUMBERS)
    copy = {"physician": doctor(other, name="Dr. Sol Ferrante"), "updates": "end"}
    made = sent(desk, doctor(npi), copy_to=[copy])
    assert [(each["physician"]["npi"], each["updates"]) for each in made["copy_to"]] == [(other, "end")]
    [received] = house.told("referral_received", referral_id=made["id"])
    [heard] = received["copies"]
    assert heard["updates"] == "end"
    assert len(house.told("physician_contact_changed", physician_id=heard["physician_id"])) == 1


@pytest.mark.parametrize("copies", [["1932104098", "1932104098"], ["1234567893"]])
def test_each_physician_hears_of_a_referral_once(house: House, desk: Caller, copies: list[str]) -> None:
    said = [{"physician": doctor(npi), "updates": "end"} for npi in copies]
    before = house.counts()
    answer = desk.post("", a_referral(copy_to=said))
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["copy_to"])
    assert house.counts() == before
