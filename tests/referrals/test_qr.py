"""The one-time code of a printed form: scanned at the desk, it opens the referral; used once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from services.referrals.paper import intake_codes
from tests.referrals.filling import SPOKEN, a_form, code_in, code_on, fill, page_of, photographed, scanned, send
from tests.referrals.house import Caller, House, a_referral

NPI = "1003000126"


def open_code(desk: Caller, code: str, scan: bytes | None = None) -> Any:
    if scan:
        return send(desk, "/intake-codes/open", scan, "scan.png", code=code)
    return desk._send("POST", "/intake-codes/open", data={"code": code}, content_type="multipart/form-data")


@pytest.fixture
def practice(desk: Caller) -> str:
    desk.post("", a_referral(physician={"name": "Dr. Per Holm", "npi": NPI, "email": "holm@clinic.example"}))
    return NPI


def test_the_code_on_the_paper_opens_the_referral_with_the_scan(desk: Caller, practice: str) -> None:
    form = a_form(desk, practice=practice)
    opened = open_code(desk, code_on(form), scanned(form))
    assert opened.status_code == 200, opened.text
    assert (opened.json["kind"], opened.json["referral"]["physician"]["npi"]) == ("referral", NPI)
    assert [one["media_type"] for one in opened.json["documents"]] == ["image/png"]
    said = {**a_referral(), "physician": opened.json["referral"]["physician"]}
    typed = desk.post("/typed", {"referral": said, "code": code_on(form)})
    assert typed.status_code == 201, typed.text
    kept = desk.get(f"/{typed.json['id']}/documents").json
    assert [one["id"] for one in kept] == [opened.json["documents"][0]["id"]]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "PDF"])
@pytest.mark.parametrize("turned", [2, -2])
def test_a_noisy_scan_that_lies_askew_opens_the_referral_and_is_attached_to_it(
    desk: Caller, practice: str, kind: str, turned: float
) -> None:
    """Printed, filled in by hand, scanned with 150 dots an inch."""
    scan = photographed(fill(a_form(desk, practice=practice), **SPOKEN), kind, turned=turned)
    opened = open_code(desk, code_in(scan), scan)
    assert opened.status_code == 200, opened.text
    assert opened.json["referral"]["physician"]["npi"] == practice
    said = {**a_referral(), "physician": opened.json["referral"]["physician"]}
    typed = desk.post("/typed", {"referral": said, "code": code_in(scan)})
    [kept] = desk.get(f"/{typed.json['id']}/documents").json
    assert desk.get(f"/documents/{kept['id']}").data == scan


def test_opening_uses_nothing_up_and_keeps_a_scan_once(desk: Caller) -> None:
    form = a_form(desk)
    scan = scanned(form)
    opened = [open_code(desk, code_on(form), scan) for _ in range(2)]
    assert [one.status_code for one in opened] == [200, 200]
    assert len(opened[1].json["documents"]) == 1


def test_a_used_code_is_refused_with_the_reference_that_it_became(desk: Caller) -> None:
    code = code_on(a_form(desk))
    made = desk.post("/typed", {"referral": a_referral(), "code": code}).json
    for answer in (open_code(desk, code), desk.post("/typed", {"referral": a_referral(), "code": code})):
        assert (answer.status_code, answer.json["code"]) == (409, "intake_code_used")
        assert answer.json["errors"] == {"reference": made["reference"]}


def test_a_copy_of_a_form_with_another_patient_on_it_is_refused(house: House, desk: Caller) -> None:
    form = a_form(desk)
    made = send(desk, "/documents", fill(form, **{**SPOKEN, "placer_number": uuid4().hex})).json
    before = house.counts()
    copy = send(desk, "/documents", fill(form, **{**SPOKEN, "placer_number": uuid4().hex, "patient_name": "Bo Li"}))
    assert (copy.status_code, copy.json["errors"]) == (409, {"reference": made["reference"]})
    assert house.counts() == before


def test_of_twenty_that_use_one_code_at_once_one_does(desk: Caller) -> None:
    code = code_on(a_form(desk))
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: desk.post("/typed", {"referral": a_referral(), "code": code}), range(20)))
    assert sorted(one.status_code for one in answers) == [201] + [409] * 19


def test_a_mistyped_code_is_nobodys_and_a_spoken_one_is_understood(desk: Caller) -> None:
    code = code_on(a_form(desk))
    assert open_code(desk, code[:-1] + ("0" if code[-1] != "0" else "1")).json["code"] == "intake_code_unknown"
    assert open_code(desk, intake_codes.spoken(code).lower().replace("0", "o")).status_code == 200


def test_an_old_code_is_refused_and_stays_unused(house: House, desk: Caller) -> None:
    code = code_on(a_form(desk))
    with house.running.sessions.begin() as session:
        row = intake_codes.known(session, house.vault, code)
        assert row
        row.expires_at = row.made_at
    answer = open_code(desk, code)
    assert (answer.status_code, answer.json["code"]) == (409, "intake_code_expired")


def test_a_form_of_one_practice_is_not_taken_from_another(desk: Caller, practice: str) -> None:
    form = a_form(desk, practice=practice)
    wrong = fill(form, **{**SPOKEN, "placer_number": uuid4().hex, "physician_npi": "1234567893"})
    answer = send(desk, "/documents", wrong)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["NPI"])
    typed = desk.post("/typed", {"referral": a_referral(), "code": code_on(form)})
    assert (typed.status_code, list(typed.json["errors"]["physician"])) == (422, ["npi"])


def test_the_code_says_nothing_about_anybody_and_is_not_in_the_database(house: House, desk: Caller) -> None:
    code = code_on(a_form(desk, practice=""))
    assert len(code) == 26
    assert code.isalnum()
    assert house.rows("SELECT count(*) FROM intake_codes t WHERE t::text LIKE '%' || :code || '%'", code=code) == [(0,)]
    assert house.rows("SELECT count(*) FROM audit t WHERE t::text LIKE '%' || :code || '%'", code=code) == [(0,)]


def test_each_printed_form_has_a_code_of_its_own(desk: Caller) -> None:
    assert len({code_on(a_form(desk)) for _ in range(3)}) == 3


def test_the_code_is_read_from_paper_that_was_printed_small(desk: Caller) -> None:
    import zxingcpp

    form = a_form(desk)
    [found] = zxingcpp.read_barcodes(page_of(form, 1.2).convert("L"))
    assert found.text == code_on(form)


def test_only_the_desk_scans(physician: Caller, therapist: Caller) -> None:
    assert open_code(physician, "0" * 26).status_code == 403
    assert open_code(therapist, "0" * 26).status_code == 403
