"""The pages of referrals, with the real service of referrals behind them: what the desk, a therapist and a physician's
office do there."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from tests.referrals.batches import a_row, as_csv
from tests.referrals.filling import SPOKEN, code_on, fill, scanned
from tests.referrals.house import today
from tests.web.conftest import Browser
from tests.web.referring import desk_before, serving

FILLED = {
    "patient.name": "Grace Hopper", "patient.born_on": "1986-12-09", "patient.phone": "(415) 555-0126",
    "patient.text_consent": "yes", "physician.name": "Dr. Ibe Castellano", "physician.npi": "1234567893",
    "diagnoses": "M54.50, M54.2", "visits": "8", "frequency.visits": "2", "frequency.per_days": "7",
    "session_minutes": "45", "goals": "Sleep through the night\nTurn the head", "home_visit": "yes",
    "issued_on": today().isoformat(), "contraindications": ["osteoporosis"], "updates": "midpoint_and_end",
}  # fmt: skip


@pytest.fixture(scope="module")
def referrals_url(migrated: Callable[[str], str], keys: tuple[str, str]) -> Iterator[str]:
    with serving(migrated("referrals"), keys) as url:
        yield url


@pytest.fixture
def web(
    behind: tuple[str, Any], keys: tuple[str, str], migrated: Callable[[str], str], referrals_url: str
) -> Iterator[Flask]:
    with desk_before(referrals_url, behind[0], migrated("web"), keys) as made:
        yield made


def sent(browser: Browser, **changes: Any) -> tuple[str, str]:
    """The address of a new referral's page, and the page."""
    answer = browser.submit("/referrals/new", {**FILLED, **{k.replace("__", "."): v for k, v in changes.items()}})
    assert answer.status_code == 303, answer.text
    return answer.location, browser.get(answer.location).text


def with_file(browser: Browser, path: str, content: bytes, **more: str) -> Any:
    return browser.submit(path, {**more, "file": (io.BytesIO(content), "a name.bin")})


def test_the_desk_types_a_referral_in_and_sees_it(desk: Browser) -> None:
    location, page = sent(desk)
    assert "It waits for its review" in page
    assert "Grace Hopper" in page
    assert "M54.50, M54.2" in page
    assert "(415) 555-0126" in page
    assert "midpoint and end" in page
    assert "Sleep through the night\nTurn the head" in page
    listed = desk.get("/referrals").text
    assert f'href="{location}"' in listed
    assert "Grace Hopper" in listed


def test_a_physicians_office_signs_in_to_send_and_see_its_own(
    desk: Browser, physician: Browser, web: Flask, token: Callable[..., str]
) -> None:
    other, _ = sent(desk)
    mine, page = sent(physician)
    assert "Grace Hopper" in page
    listed = physician.get("/referrals").text
    assert f'href="{mine}"' in listed
    assert f'href="{other}"' not in listed
    assert physician.get(other).status_code == 404
    assert physician.get("/tasks").status_code == 302
    browser = web.test_client()
    assert isinstance(browser, Browser)
    assert browser.submit("/login", {"token": token("physician"), "after": "/"}).location == "/referrals"


def test_mistakes_are_beside_their_fields_and_nothing_is_lost(desk: Browser) -> None:
    wrong = {"physician.npi": "1234567898", "visits": "many", "diagnoses": "M54.99", "patient.name": "Ada <b>Byron</b>"}
    answer = desk.submit("/referrals/new", {**FILLED, **wrong})
    assert answer.status_code == 422
    assert 'id="physician-npi-mistake"' in answer.text
    assert 'id="visits-mistake"' in answer.text
    assert 'id="diagnoses-mistake"' in answer.text
    assert "Ada &lt;b&gt;Byron&lt;/b&gt;" in answer.text
    assert 'value="many"' in answer.text
    assert re.search(r'value="osteoporosis" checked', answer.text)


def test_what_is_missing_is_filled_in_later(desk: Browser) -> None:
    location, page = sent(desk, visits="", diagnoses="", pressure_ceiling="4")
    assert "It lacks something" in page
    assert "It waits for: diagnoses, visits." in page
    assert "Lacks something" in desk.get("/referrals?status=needs_information").text
    form = desk.get(f"{location}/complete").text
    assert 'name="visits"' in form
    assert 'name="patient.name"' not in form
    assert '<option value="4" selected>' in form, "the physician's own word, not what the gate makes of it"
    done = desk.flashed(f"{location}/complete", {"visits": "6", "diagnoses": "M54.2"})
    assert "It waits for its review" in done


def test_a_therapist_sees_the_gate_and_signs(desk: Browser, therapist: Browser) -> None:
    location, _ = sent(desk, pressure_ceiling="4")
    page = therapist.get(location).text
    assert "What the safety gate says" in page
    assert "named by the physician" in page
    assert "5 – deep" not in page
    accepted = therapist.flashed(
        f"{location}/accept", {"pressure_ceiling": "2", "contraindications": ["recent_sprain"]}
    )
    assert "Accepted. It can be booked now." in accepted
    assert "found at the review" in accepted
    assert "Accept and sign" not in accepted


def test_a_therapist_signs_for_the_page_that_they_saw(desk: Browser, therapist: Browser) -> None:
    location, _ = sent(desk)
    [seen] = re.findall(r'accept">\s*<input[^>]*>\s*<input type="hidden" name="version" value="(\d+)"',
                        therapist.get(location).text)  # fmt: skip
    desk.submit(f"{location}/contacted")
    assert "Somebody else changed this" in therapist.flashed(f"{location}/accept", {"version": seen})
    assert "Accept and sign" in therapist.get(location).text


def test_what_can_hardly_be_kept_is_accepted_with_a_tick(desk: Browser, therapist: Browser) -> None:
    location, _ = sent(desk, start_by=today().isoformat())
    assert "the first visit would have to be today" in therapist.get(location).text
    assert "Not all of this order can be kept." in therapist.flashed(f"{location}/accept")
    signed = therapist.flashed(f"{location}/accept", {"despite": ["starts_today"], "visits": "6"})
    assert "Accepted. It can be booked now." in signed
    assert "6 visits of 45 minutes" in signed
    assert "6 visits (18 units) left" in signed


def test_a_decline_says_why_and_can_be_undone(desk: Browser, therapist: Browser) -> None:
    location, _ = sent(desk)
    assert "Declined: No therapist" in therapist.flashed(f"{location}/decline", {"reason": "No therapist"})
    assert "The decline is undone" in therapist.flashed(f"{location}/reopen")


def test_what_the_desk_may_not_do_is_not_offered_and_refused(desk: Browser) -> None:
    location, page = sent(desk)
    assert "Accept and sign" not in page
    assert "Your sign-in does not allow this" in desk.flashed(f"{location}/accept")


def test_a_referral_is_closed_with_a_reason(desk: Browser) -> None:
    location, _ = sent(desk)
    assert "Closed." in desk.flashed(f"{location}/close", {"reason": "patient_unreachable"})


def test_the_code_of_a_printed_form_opens_it_and_the_scan_is_kept(desk: Browser) -> None:
    printed = desk.get("/paper/referral.pdf").data
    opened = with_file(desk, "/paper/scan", scanned(printed), code=code_on(printed))
    assert opened.status_code == 200
    documents = re.findall(r'name="documents" value="([^"]+)"', opened.text)
    assert len(documents) == 1
    _, page = sent(desk, code=code_on(printed), documents=documents)
    assert f'href="/documents/{documents[0]}"' in page
    again = desk.submit("/paper/scan", {"code": code_on(printed)})
    said = desk.get(again.location).text
    assert "This form was taken in already." in said
    assert re.search(r"It is R-\d{4}-\d{6}\.", said)


def test_a_filled_form_becomes_a_referral_and_a_scan_is_typed_in(desk: Browser) -> None:
    form = fill(desk.get("/paper/referral.pdf").data, **SPOKEN)
    answer = with_file(desk, "/paper/upload", form)
    assert "Read as R-" in desk.get(answer.location).text
    scan = with_file(desk, "/paper/upload", scanned(form))
    assert scan.location.startswith("/referrals/new?document=")
    assert "Scans to be typed in" in desk.get("/referrals").text
    wrong = fill(desk.get("/paper/referral.pdf").data, **{**SPOKEN, "placer_number": "2", "visits": "a few"})
    answer = with_file(desk, "/paper/upload", wrong)
    assert "Visits: Write a whole number." in desk.get(answer.location).text


def test_a_document_is_saved_never_shown(desk: Browser) -> None:
    location, _ = sent(desk)
    answer = with_file(desk, f"{location}/documents", scanned(desk.get("/paper/permission.pdf").data))
    page = desk.get(answer.location).text
    [document] = re.findall(r'href="(/documents/[^"]+)"', page)
    saved = desk.get(document)
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert saved.headers["X-Content-Type-Options"] == "nosniff"
    assert saved.data.startswith(b"\x89PNG")


def test_what_is_no_document_is_refused_in_words(desk: Browser) -> None:
    answer = with_file(desk, "/paper/upload", b"<html>")
    assert "This is not a PDF, PNG or JPEG file" in desk.get(answer.location).text


def test_a_file_of_ten_megabytes_goes_through_the_page_and_one_of_twelve_does_not(desk: Browser) -> None:
    assert with_file(desk, "/paper/upload", b"\x89PNG\r\n\x1a\n" + bytes(9 * 1024**2)).status_code == 303
    assert with_file(desk, "/paper/upload", bytes(12 * 1024**2)).status_code == 413


def test_an_import_shows_what_became_of_each_row(desk: Browser) -> None:
    rows = as_csv([a_row(), a_row(visits="0")]).encode()
    tried = with_file(desk, "/paper/import", rows, dry_run="on").text
    assert "1 would be new, 0 known already, 1 refused" in " ".join(tried.split())
    done = with_file(desk, "/paper/import", rows).text
    assert "<td>2</td><td>visits</td>" in done
    many = json.dumps([{} for _ in range(501)]).encode()
    answer = with_file(desk, "/paper/import", many)
    assert "fascia referrals import FILE" in desk.get(answer.location).text


def test_the_door_takes_a_document_of_ten_megabytes_and_nothing_else_so_large(
    web: Flask, token: Callable[..., str]
) -> None:
    client, large = web.test_client(), bytes(2 * 1024**2)
    headers = {"Authorization": f"Bearer {token('desk')}"}

    def post(path: str) -> Any:
        return client.post(path, data={"file": (io.BytesIO(large), "x")}, headers=headers)

    assert post("/api/referrals/documents").status_code == 415
    assert post("/api/referrals").status_code == 413
    assert post("/api/booking/documents").status_code == 413


@pytest.mark.parametrize("path", ["/referrals", "/referrals/new", "/paper", "/paper/referral.pdf"])
def test_nobody_gets_in_without_a_sign_in(web: Flask, path: str) -> None:
    assert web.test_client().get(path).status_code == 302


def test_a_therapist_types_nothing_in_but_sees_the_list(desk: Browser, therapist: Browser) -> None:
    sent(desk)
    listed = therapist.get("/referrals").text
    assert "Grace Hopper" in listed
    assert "New referral" not in listed


def the_key(page: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found
    return found[1]


def test_a_form_that_is_sent_twice_is_one_referral(desk: Browser) -> None:
    key = the_key(desk.get("/referrals/new").text)
    first, _ = sent(desk, key=key)
    again, page = sent(desk, key=key)
    assert again == first
    assert page.count("Received as") == 1
    other, _ = sent(desk, key=the_key(desk.get("/referrals/new").text))
    assert other != first, "the same words in another form are another referral"


def test_going_back_and_sending_something_else_asks_whether_it_is_another_one(desk: Browser) -> None:
    key = the_key(desk.get("/referrals/new").text)
    first, _ = sent(desk, key=key)
    changed = desk.submit("/referrals/new", {**FILLED, "visits": "6", "key": key})
    assert changed.status_code == 409
    assert "This form was sent before" in changed.text
    assert 'value="6"' in changed.text
    answer = desk.submit("/referrals/new", {**FILLED, "visits": "6", "key": the_key(changed.text)})
    assert answer.location not in (first, None)


def test_the_desk_asks_for_what_is_not_known_and_fills_it_in(desk: Browser) -> None:
    location, page = sent(desk)
    assert 'value="areas"' in page
    assert 'value="goals"' not in page.split('name="names"', 1)[1], "what is known is not asked for"
    asked = desk.flashed(f"{location}/ask", {"names": ["areas", "permission"]})
    assert "It waits for: areas to treat, whether the physician permits massage." in asked
    assert 'name="permission.decision"' in desk.get(f"{location}/complete").text
    filled = {"kind": "permission", "areas": "neck", "permission.decision": "cleared"}
    filled["permission.decided_on"] = today().isoformat()
    done = desk.flashed(f"{location}/complete", filled)
    assert "It waits for its review" in done
    assert '<dd class="lines">cleared</dd>' in done


def test_a_permission_that_comes_later_is_entered_beside_the_order(desk: Browser, therapist: Browser) -> None:
    location, page = sent(desk)
    assert f'href="{location}/permission"' in page
    refused = desk.submit(f"{location}/permission", {"kind": "permission", "permission.decision": "not_advised"})
    assert refused.status_code == 422
    assert "Say why massage is not advised." in refused.text
    said = {"permission.decision": "cleared_with_modifications", "permission.conditions": "Side-lying only"}
    kept = desk.flashed(f"{location}/permission", {"kind": "permission", **said})
    assert "is kept with the referral" in kept
    assert "Side-lying only" in therapist.get(location).text


def test_what_the_physician_changes_of_an_accepted_order_is_entered(desk: Browser, therapist: Browser) -> None:
    location, _ = sent(desk)
    therapist.submit(f"{location}/accept", {})
    page = desk.get(location).text
    assert "The physician changed the order" in page
    assert f'href="{location}/book"' in page
    known = {"visits": "8", "frequency.visits": "2", "frequency.per_days": "7", "session_minutes": "45"}
    assert desk.submit(f"{location}/amend", known).location == location
    assert "Nothing was changed." in desk.get(location).text
    assert desk.submit(f"{location}/amend", {**known, "visits": "6"}).location == f"{location}/visits"
    changed = desk.get(location).text
    assert "visits: 8 → 6" in changed
    assert "frequency:" not in changed


def test_an_amendment_of_what_changed_meanwhile_is_not_done(desk: Browser, therapist: Browser) -> None:
    location, _ = sent(desk)
    therapist.submit(f"{location}/accept", {})
    desk.submit(f"{location}/amend", {"visits": "7", "version": "1"})
    assert "visits: 8 → 7" not in desk.get(location).text


def test_a_patient_is_found_by_name_and_no_name_is_in_an_address(desk: Browser) -> None:
    mine, _ = sent(desk, patient__name="Quirina Zzyzxworth")
    other, _ = sent(desk, patient__name="Somebody Else")
    answer = desk.submit("/referrals/find", {"typed": "zzyzx quirina"})
    assert answer.status_code == 200
    assert f'href="{mine}"' in answer.text
    assert f'href="{other}"' not in answer.text
    assert "Nobody of that name" in desk.submit("/referrals/find", {"typed": "nobody at all"}).text
    assert 'method="post" action="/referrals/find"' in desk.get("/referrals").text


def test_an_office_cannot_look_for_patients(physician: Browser) -> None:
    assert "/referrals/find" not in physician.get("/referrals").text
    assert physician.submit("/referrals/find", {"typed": "a"}).location == "/login?after=/"
