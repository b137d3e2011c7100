"""Scans that nobody types in: the desk is told, they are thrown away, can be taken back, and are gone in the end."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from services.chassis import clock
from services.referrals.models import Document
from services.referrals.paper import shelf
from tests.referrals.filling import a_form, code_on, send
from tests.referrals.house import Caller, House, a_referral


def a_scan() -> bytes:
    written = io.BytesIO()
    Image.effect_noise((60, 80), 40).convert("RGB").save(written, "PNG")
    return written.getvalue()


@pytest.fixture
def scan(desk: Caller) -> str:
    made: str = send(desk, "/documents", a_scan()).json["document"]["id"]
    return made


def age(house: House, document_id: str, days: int, since: str = "waits_since") -> None:
    """As if it lay there for so many days, and then what time does to it."""
    with house.running.sessions.begin() as session:
        document = session.get_one(Document, UUID(document_id))
        setattr(document, since, clock.now(session) - timedelta(days=days, minutes=1))
    look_after(house)


def look_after(house: House) -> None:
    while shelf.look_after_some(house.running):
        pass


def waiting(desk: Caller, discarded: bool = False) -> dict[str, Any]:
    found = desk.get(f"/documents?discarded={str(discarded).lower()}").json
    return {one["id"]: one for one in found}


def told(house: House, kind: str, document_id: str) -> int:
    return len(house.told(kind, document_id=document_id))


def test_the_list_says_since_when_a_scan_waits_and_until_when(desk: Caller, scan: str) -> None:
    one = waiting(desk)[scan]
    assert one["goes_at"][:10] > one["received_at"][:10]
    assert one["discarded_at"] is None


def test_the_desk_is_told_once_of_a_scan_that_waits_for_a_week(house: House, desk: Caller, scan: str) -> None:
    age(house, scan, 6)
    assert told(house, "scan_overlooked", scan) == 0
    age(house, scan, 7)
    look_after(house)
    assert told(house, "scan_overlooked", scan) == 1


def test_its_task_is_done_when_it_is_typed_in(house: House, desk: Caller, scan: str) -> None:
    age(house, scan, 8)
    assert desk.post("/typed", {"referral": a_referral(), "documents": [scan]}).status_code == 201
    assert told(house, "scan_settled", scan) == 1
    age(house, scan, 200)
    assert desk.get(f"/documents/{scan}").status_code == 200


def test_its_task_is_done_when_it_is_thrown_away(house: House, desk: Caller, scan: str) -> None:
    age(house, scan, 8)
    assert desk.delete(f"/documents/{scan}").status_code == 204
    assert told(house, "scan_settled", scan) == 1


def test_what_was_never_a_task_is_settled_in_silence(house: House, desk: Caller, scan: str) -> None:
    desk.delete(f"/documents/{scan}")
    assert told(house, "scan_settled", scan) == 0


def test_a_scan_that_nobody_wants_is_thrown_away_and_then_gone(house: House, desk: Caller, scan: str) -> None:
    age(house, scan, 90)
    assert scan not in waiting(desk)
    assert scan in waiting(desk, discarded=True)
    age(house, scan, 14, since="discarded_at")
    assert scan not in waiting(desk, discarded=True)
    assert house.rows("SELECT 1 FROM documents WHERE id = CAST(:id AS uuid)", id=scan) == []
    acts = house.rows("SELECT act FROM audit WHERE object_id = :id ORDER BY id", id=scan)
    assert [act for (act,) in acts] == ["document_received", "document_discarded", "document_gone"]


def test_a_scan_that_was_thrown_away_can_be_taken_back_and_waits_as_if_it_came_now(
    house: House, desk: Caller, scan: str
) -> None:
    age(house, scan, 90)
    answer = desk.post(f"/documents/{scan}/restore")
    assert (answer.status_code, answer.json["discarded_at"]) == (200, None)
    look_after(house)
    assert scan in waiting(desk)
    age(house, scan, 8)
    assert told(house, "scan_overlooked", scan) == 2


def test_what_waits_cannot_be_taken_back_nor_what_is_gone(desk: Caller, scan: str) -> None:
    assert desk.post(f"/documents/{scan}/restore").status_code == 404
    assert desk.post(f"/documents/{uuid4()}/restore").status_code == 404


def test_what_was_thrown_away_is_not_attached_before_it_is_taken_back(desk: Caller, scan: str) -> None:
    desk.delete(f"/documents/{scan}")
    said = {"referral": a_referral(), "documents": [scan]}
    assert desk.post("/typed", said).status_code == 404
    desk.post(f"/documents/{scan}/restore")
    assert desk.post("/typed", said).status_code == 201


def test_the_same_sheet_sent_again_after_it_was_thrown_away_waits_anew(desk: Caller) -> None:
    sheet = a_scan()
    first = send(desk, "/documents", sheet).json["document"]["id"]
    desk.delete(f"/documents/{first}")
    again = send(desk, "/documents", sheet).json["document"]["id"]
    assert again != first
    assert again in waiting(desk)


def test_a_scan_of_a_referral_that_came_another_way_is_put_with_it(desk: Caller, physician: Caller, scan: str) -> None:
    referral = desk.post("", a_referral()).json["id"]
    assert physician.put(f"/{referral}/documents/{scan}").status_code == 403
    attached = desk.put(f"/{referral}/documents/{scan}")
    assert [one["id"] for one in attached.json] == [scan]
    assert scan not in waiting(desk)
    assert desk.put(f"/{referral}/documents/{scan}").status_code == 404


def test_only_the_desk_throws_away_and_takes_back(physician: Caller, therapist: Caller, scan: str) -> None:
    for who in (physician, therapist):
        assert who.get("/documents?discarded=true").status_code == 403
        assert who.delete(f"/documents/{scan}").status_code == 403
        assert who.post(f"/documents/{scan}/restore").status_code == 403


def test_what_can_be_told_to_be_an_erased_patients_goes_too_and_nothing_else(house: House, desk: Caller) -> None:
    """The same sheet sent once more, one that was thrown away, and one that was scanned with their code."""
    sheet, form = a_scan(), a_form(desk)
    mine = desk.post("", a_referral()).json["id"]
    send(desk, f"/{mine}/documents", sheet)
    twin = send(desk, "/documents", sheet).json["document"]["id"]
    shelved = send(house.caller("desk", "other"), "/documents", sheet).json["document"]["id"]
    desk.delete(f"/documents/{shelved}")
    code = code_on(form)
    opened = send(desk, "/intake-codes/open", a_scan(), "scan.png", code=code).json["documents"][0]["id"]
    desk.delete(f"/documents/{opened}")
    typed = desk.post("/typed", {"referral": a_referral(), "code": code}).json["id"]
    other = send(desk, "/documents", a_scan()).json["document"]["id"]
    with house.running.sessions.begin() as session:
        ids = [UUID(mine), UUID(typed)]
        assert shelf.erase(session, house.running.outbox, ids, now=clock.now(session)) == 3
    gone = [desk.get(f"/documents/{one}").status_code for one in (twin, shelved, opened)]
    assert gone == [404, 404, 404]
    assert other in waiting(desk)


def test_an_erased_patients_task_is_done(house: House, desk: Caller) -> None:
    sheet = a_scan()
    mine = desk.post("", a_referral()).json["id"]
    send(desk, f"/{mine}/documents", sheet)
    twin = send(desk, "/documents", sheet).json["document"]["id"]
    age(house, twin, 8)
    with house.running.sessions.begin() as session:
        shelf.erase(session, house.running.outbox, [UUID(mine)], now=clock.now(session))
    assert told(house, "scan_settled", twin) == 1
