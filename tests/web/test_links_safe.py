"""What nobody can do with a link, or without one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.contracts.referrals import PhysicianContactChanged
from services.notify import links
from tests.booking.practice_day import MONDAY
from tests.booking.test_waitlist import first_of, frees, open_offer, tick
from tests.web.linked import Practice, Reader

ACTS = {
    "choose": ("move", "cancel"), "book": ("book",), "offer": ("accept", "decline"), "preferences": ("preferences",)
}  # fmt: skip
REFERRAL = {
    "reference": "R-2027-0007", "status": "active", "received_at": "2027-02-26T15:00:00+00:00", "visits": 8,
    "visits_kept": 0, "valid_until": "2027-05-15", "reviewed_at": None, "ended_at": None, "decline_reason": None,
}  # fmt: skip


@pytest.fixture
def paths(practice: Practice) -> dict[str, str]:
    """A link of every purpose."""
    series = practice.series()
    _, to_book = practice.order()
    practice.referrals[str(series["referral_id"])] = REFERRAL
    first_of(practice.house)
    frees(practice.house)
    tick(practice.house)
    about: dict[Any, tuple[Any, str]] = {
        "series": (series["series_id"], "patient"),
        "choose": (series["sessions"][1]["id"], "patient"),
        "book": (to_book, "patient"),
        "offer": (open_offer(practice.house).id, "patient"),
        "preferences": (practice.person, "patient"),
        "report": (series["series_id"], "physician"),
        "referral": (series["referral_id"], "physician"),
    }
    return {
        purpose: practice.link(purpose, object_id, role=role, referral_id=series["referral_id"])
        for purpose, (object_id, role) in about.items()
    }


def forms(reader: Reader, paths: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    for purpose, acts in ACTS.items():
        page = reader.get(paths[purpose]).text
        for act in acts:
            yield f"{paths[purpose]}/{act}", reader.offers(page, act)[0][1]


def test_a_scanner_that_opens_every_link_changes_no_row(
    practice: Practice, reader: Reader, paths: dict[str, str]
) -> None:
    files = ("", "/visits.ics", "/visit.ics", "/report.pdf", "/unsubscribe", "/move", "/cancel", "/book", "/accept")
    before = practice.everything()
    for path in paths.values():
        for file in files:
            for method in ("HEAD", "GET", "OPTIONS"):
                reader.open(f"{path}{file}", method=method)
    assert practice.everything() == before


def test_a_scanner_that_follows_what_it_finds_changes_no_row(
    practice: Practice, reader: Reader, paths: dict[str, str]
) -> None:
    before = practice.everything()
    for path in paths.values():
        for href in re.findall(r'href="(/l/[^"]+|\?[^"]+)"', reader.get(path).text)[:40]:
            reader.get((path + href if href.startswith("?") else href).replace("&amp;", "&"))
    assert practice.everything() == before


def test_every_page_opens(reader: Reader, paths: dict[str, str]) -> None:
    assert {purpose: reader.get(path).status_code for purpose, path in paths.items() if purpose != "report"} == {
        purpose: 200 for purpose in paths if purpose != "report"
    }


def test_pages_are_kept_by_nobody_and_tell_nobody(reader: Reader, paths: dict[str, str]) -> None:
    for path in [*paths.values(), "/l/AAAAAAAAAAAAAAAAAAAAAA", f"{paths['choose']}/move"]:
        headers = reader.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "Set-Cookie" not in headers


def test_no_page_asks_a_third_party_for_anything(reader: Reader, paths: dict[str, str]) -> None:
    for path in paths.values():
        page = reader.get(path).text
        loaded = re.findall(r'(?:src|srcset|action)="([^"]+)"|<link[^>]*href="([^"]+)"', page)
        assert all(one.startswith("/") for pair in loaded for one in pair if one)


@pytest.mark.parametrize("change", ["expires_at = fascia_now()", "revoked_at = fascia_now()"])
def test_a_link_that_is_over_does_nothing_more(
    practice: Practice, reader: Reader, paths: dict[str, str], change: str
) -> None:
    asked = list(forms(reader, paths))
    with practice.notify.sessions.begin() as session:
        session.connection().exec_driver_sql(f"UPDATE links SET {change}")
    before = practice.everything()
    for path, fields in asked:
        answer = reader.post(path, data=fields)
        assert answer.status_code in (404, 410)
        assert "no longer valid" in answer.text
    for path in paths.values():
        assert reader.get(path).status_code in (404, 410)
        assert reader.post(f"{path}/unsubscribe").status_code in (404, 410)
    assert practice.everything() == before


def test_all_links_of_a_person_can_be_ended_at_once(practice: Practice, reader: Reader, paths: dict[str, str]) -> None:
    with practice.notify.sessions.begin() as session:
        assert links.revoke_all(session, practice.person) == len(paths)
    assert {reader.get(path).status_code for path in paths.values()} == {404}


def test_a_link_does_only_what_it_is_for(practice: Practice, reader: Reader, paths: dict[str, str]) -> None:
    asked = dict(forms(reader, paths))
    before = practice.everything()
    for purpose, path in paths.items():
        for theirs, fields in asked.items():
            act = theirs.rsplit("/", 1)[1]
            if act not in ACTS.get(purpose, ()):
                assert reader.post(f"{path}/{act}", data=fields).status_code == 404
        if purpose != "preferences":
            assert reader.post(f"{path}/unsubscribe").status_code == 404
    assert practice.everything() == before


def test_an_offer_about_one_visit_moves_no_other(practice: Practice, reader: Reader) -> None:
    series = practice.series()
    mine, theirs = (practice.link("choose", series["sessions"][number]["id"]) for number in (1, 4))
    before = practice.everything()
    for act in ("move", "cancel"):
        fields = reader.offers(reader.get(mine).text, act)[0][1]
        assert reader.post(f"{theirs}/{act}", data=fields).status_code == 400
    assert practice.everything() == before


def test_an_offer_to_move_does_not_cancel(practice: Practice, reader: Reader, paths: dict[str, str]) -> None:
    path = paths["choose"]
    fields = reader.offers(reader.get(path).text, "move")[0][1]
    assert reader.post(f"{path}/cancel", data=fields).status_code == 400


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_of_another_site_does_nothing(
    practice: Practice, reader: Reader, paths: dict[str, str], site: str
) -> None:
    """Even with everything that only our page knows."""
    asked = list(forms(reader, paths))
    before = practice.everything()
    for path, fields in asked:
        answer = reader.post(path, data=fields, headers={"Sec-Fetch-Site": site, "Origin": "https://evil.example"})
        assert answer.status_code == 403
        assert "Nothing was done" in answer.text
    assert practice.everything() == before


def test_a_form_that_no_page_made_does_nothing(practice: Practice, reader: Reader, paths: dict[str, str]) -> None:
    before = practice.everything()
    for path, _ in forms(reader, paths):
        for forged in ({}, {"offer": ""}, {"offer": "e30.AAAA"}, {"offer": "\x00"}):
            answer = reader.post(path, data=forged, headers={"Sec-Fetch-Site": "same-origin"})
            assert answer.status_code == 400
            assert "Nothing was done" in answer.text
    assert practice.everything() == before


def test_what_browsers_send_from_our_own_page_is_taken(
    practice: Practice, reader: Reader, paths: dict[str, str]
) -> None:
    """`Origin: null` is what our own Referrer-Policy makes of it."""
    _, fields = next(forms(reader, paths))
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
    assert reader.post(f"{paths['choose']}/move", data=fields, headers=headers).status_code == 200


@pytest.mark.parametrize("token", ["x", "A" * 22, "A" * 500, "..%2f..%2fapi", "%00", "%F0%9F%98%80", "';--"])
def test_a_guess_opens_nothing(practice: Practice, reader: Reader, token: str) -> None:
    assert reader.get(f"/l/{token}").status_code == 404
    assert reader.post(f"/l/{token}/unsubscribe").status_code == 404


def test_what_is_over_is_said_in_the_browsers_language(practice: Practice, reader: Reader) -> None:
    answer = reader.get("/l/AAAAAAAAAAAAAAAAAAAAAA", headers={"Accept-Language": "es-MX,es;q=0.9"})
    assert "Este enlace ya no es válido" in answer.text
    assert "(212) 555-0134" in answer.text


def test_the_token_of_a_link_is_in_no_database(practice: Practice, paths: dict[str, str]) -> None:
    everything = str(practice.everything())
    assert not any(path.removeprefix("/l/") in everything for path in paths.values())


def test_an_address_of_a_page_names_nobody(paths: dict[str, str]) -> None:
    assert all(re.fullmatch(r"/l/[\w-]{22}", path, re.ASCII) for path in paths.values())


@pytest.mark.parametrize("act", ["move", "cancel", "book", "preferences"])
def test_a_window_that_is_opened_again_shows_how_things_stand(
    practice: Practice, reader: Reader, paths: dict[str, str], act: str
) -> None:
    path = next(path for purpose, path in paths.items() if act in ACTS.get(purpose, ()))
    before = practice.everything()
    answer = reader.get(f"{path}/{act}")
    assert (answer.status_code, answer.location) == (302, path)
    assert practice.everything() == before


# physicians


@pytest.fixture
def physician(practice: Practice) -> UUID:
    id_ = uuid4()
    practice.tell_notify(
        PhysicianContactChanged(version=1, physician_id=id_, name="Dr. O", email="o@ortho.example", fax="+12125550199")
    )
    return id_


def referral_page(practice: Practice, reader: Reader, physician: UUID, **changes: Any) -> str:
    referral = changes.pop("referral", uuid4())
    practice.referrals[str(referral)] = {**REFERRAL, **changes}
    path = practice.link("referral", referral, role="physician", recipient=physician, referral_id=referral)
    answer = reader.get(path)
    assert answer.status_code == 200
    return answer.text


def test_a_physician_reads_where_a_referral_stands(practice: Practice, reader: Reader, physician: UUID) -> None:
    series = practice.series()
    page = referral_page(practice, reader, physician, referral=series["referral_id"])
    assert "R-2027-0007" in page
    assert "The visits are booked" in page
    assert "<dt>Next visit</dt><dd>Mar 1, 2027</dd>" in page
    assert "<dt>Visits</dt><dd>0 of 8 kept</dd>" in page


def test_a_physician_reads_why_a_referral_was_declined(practice: Practice, reader: Reader, physician: UUID) -> None:
    reason = "Not before the <cast> is off."
    page = referral_page(practice, reader, physician, status="declined", decline_reason=reason)
    assert "We have declined your referral." in page
    assert "Not before the &lt;cast&gt; is off." in page
    assert "Valid until" not in page


@pytest.mark.parametrize(
    "status",
    ["received", "needs_information", "in_review", "accepted", "completed", "expired", "withdrawn", "closed", "x_y"],
)
def test_every_stage_has_its_words(practice: Practice, reader: Reader, physician: UUID, status: str) -> None:
    assert f"<strong>{status}" not in referral_page(practice, reader, physician, status=status)


def test_the_day_something_happened_is_the_clinics(practice: Practice, reader: Reader, physician: UUID) -> None:
    page = referral_page(practice, reader, physician, received_at="2027-02-27T02:00:00+00:00")
    assert "<dt>Received</dt><dd>Feb 26, 2027</dd>" in page


# preferences


def standing(practice: Practice, person: UUID) -> tuple[bool | None, bool, str]:
    from services.notify.people import preferences

    with practice.notify.sessions.begin() as session:
        known = preferences.of(session, person)
    return known["text"] and known["text"]["agreed"], known["email"]["agreed"], known["language"]


def save(reader: Reader, path: str, **chosen: str) -> Any:
    _, fields = reader.offers(reader.get(path).text, "preferences")[0]
    return reader.post(f"{path}/preferences", data={**fields, **chosen})


def test_a_patient_decides_how_to_be_written_to(practice: Practice, reader: Reader, paths: dict[str, str]) -> None:
    path = paths["preferences"]
    assert standing(practice, practice.person) == (True, True, "en")
    answer = save(reader, path, email="1", language="es")
    assert answer.status_code == 200
    assert "Guardado." in answer.text, "in the language that was just chosen"
    assert standing(practice, practice.person) == (False, True, "es")
    assert "Cómo le escribimos" in reader.get(path).text
    with practice.notify.sessions.begin() as session:
        said = session.connection().exec_driver_sql("SELECT channel, agreed, source FROM consents").all()
    assert ("text", False, "link") in [tuple(row) for row in said]


def test_preferences_saved_twice_are_said_once(practice: Practice, reader: Reader, paths: dict[str, str]) -> None:
    _, fields = reader.offers(reader.get(paths["preferences"]).text, "preferences")[0]
    for _ in range(2):
        assert reader.post(f"{paths['preferences']}/preferences", data={**fields, "email": "1"}).status_code == 200
    with practice.notify.sessions.begin() as session:
        told = session.connection().exec_driver_sql("SELECT count(*) FROM consents WHERE NOT agreed").scalar_one()
    assert told == 1


def test_one_click_in_a_mail_program_ends_e_mails_only(
    practice: Practice, reader: Reader, paths: dict[str, str]
) -> None:
    answer = reader.post(f"{paths['preferences']}/unsubscribe", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert standing(practice, practice.person) == (True, False, "en")


def test_opening_the_address_of_the_one_click_ends_nothing(
    practice: Practice, reader: Reader, paths: dict[str, str]
) -> None:
    page = reader.get(f"{paths['preferences']}/unsubscribe").text
    assert 'id="email"' in page
    assert standing(practice, practice.person) == (True, True, "en")


def test_a_physician_is_not_asked_about_texts(practice: Practice, reader: Reader, physician: UUID) -> None:
    path = practice.link("preferences", physician, role="physician", recipient=physician)
    page = reader.get(path).text
    assert 'id="text"' not in page
    assert "How often you get updates" in page
    assert save(reader, path, language="en").status_code == 200
    assert standing(practice, physician) == (None, False, "en")


def test_a_preferences_link_outlives_a_season(practice: Practice, reader: Reader) -> None:
    path = practice.link("preferences", practice.person, days=90)
    practice.at(MONDAY + timedelta(days=89))
    assert reader.get(path).status_code == 200
