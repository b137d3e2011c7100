"""The desk's pages of people and of the loop, with the real service of referrals behind them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify, request
from sqlalchemy import text

import services.web
from services.chassis import database
from services.chassis.ids import new_id
from services.web.desk import destinations, figures, leads, pairs
from tests.referrals.house import today
from tests.web.conftest import Browser
from tests.web.referring import desk_before, serving

_NUMBERS = count(1)
_NAMES = ("Mila", "Otto", "Ines", "Jaro", "Zita", "Hugo", "Vera", "Axel", "Cleo", "Finn", "Gita", "Rufus", "Wanda")


@pytest.fixture(scope="module")
def referrals_database(migrated: Callable[[str], str]) -> str:
    return migrated("referrals")


@pytest.fixture(scope="module")
def referrals_url(referrals_database: str, keys: tuple[str, str]) -> Iterator[str]:
    with serving(referrals_database, keys) as url:
        yield url


@pytest.fixture
def web(
    behind: tuple[str, Any], keys: tuple[str, str], migrated: Callable[[str], str], referrals_url: str
) -> Iterator[Flask]:
    with desk_before(referrals_url, behind[0], migrated("web"), keys) as made:
        yield made


def npi() -> str:
    """A number that checks out, and that nobody had before."""
    stem = f"1{next(_NUMBERS):08d}"
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(stem)]
    total = 24 + sum(value // 10 + value % 10 for value in doubled)
    return f"{stem}{-total % 10}"


def sent(browser: Browser, name: str, **changes: str) -> str:
    """The id of a new referral."""
    filled = {
        "patient.name": name, "patient.born_on": "1984-05-17", "patient.phone": "(415) 555-0130",
        "patient.text_consent": "yes", "physician.name": "Dr. Ibe Castellano", "physician.npi": npi(),
        "physician.phone": "(415) 555-0199", "diagnoses": "M54.50", "visits": "8", "frequency.visits": "2",
        "frequency.per_days": "7", "session_minutes": "45", "issued_on": today().isoformat(),
    }  # fmt: skip
    answer = browser.submit("/referrals/new", {**filled, **{k.replace("__", "."): v for k, v in changes.items()}})
    assert answer.status_code == 303, answer.text
    return answer.location.rsplit("/", 1)[1]


def a_pair(desk: Browser) -> tuple[str, str, str]:
    """The two names, and the referral that raised the question."""
    number = next(_NUMBERS)
    first, last = _NAMES[number % len(_NAMES)], f"Quill{''.join(chr(97 + int(digit)) for digit in str(number))}"
    known, newer, born = f"{first} {last}", f"{first} Maria {last}", f"{1930 + number % 60}-{1 + number % 12:02}-17"
    sent(desk, known, patient__born_on=born)
    news = {
        "patient__phone": "(415) 555-0177",
        "patient__text_consent": "no",
        "patient__email": f"m@{last.lower()}.test",
    }
    return known, newer, sent(desk, newer, patient__born_on=born, **news)


def fields(page: str, *names: str) -> dict[str, str]:
    found = {name: re.search(rf'name="{name}" value="([^"]*)"', page) for name in names}
    return {name: one[1] for name, one in found.items() if one}


def merged(desk: Browser, keep: str = "known") -> tuple[dict[str, str], str, str]:
    """Two records made one: their ids, and the page that says so."""
    _, _, referral = a_pair(desk)
    ids = fields(desk.get(f"/same-patients?referral={referral}").text, "known", "newer")
    return ids, referral, desk.flashed("/same-patients/one", {**ids, "keep": keep, "referral": referral})


def test_two_records_are_side_by_side_with_the_reasons_of_their_score(desk: Browser) -> None:
    known, newer, referral = a_pair(desk)
    page = desk.get(f"/same-patients?referral={referral}").text
    assert f"{known} and {newer}" in page
    assert "<strong>55 points</strong>" in page
    assert 'written alike <span class="points">+25</span>' in page
    assert 'different <span class="points minus">−5</span>' in page
    assert "<td>(415) 555-0130</td><td>(415) 555-0177</td>" in page
    assert f'href="/referrals/{referral}"' in page


def test_what_one_person_would_mean_is_said_before_it_is_decided(desk: Browser) -> None:
    _, _, referral = a_pair(desk)
    page = desk.get(f"/same-patients?referral={referral}").text
    assert "The phone is (415) 555-0130; (415) 555-0177 is not used any more." in page
    assert "The phone is (415) 555-0177; (415) 555-0130 is not used any more." in page
    assert re.search(r"The e-mail m@quill[a-z]+\.test is taken over from the other record\.", page)
    assert "No texts are sent: one of the records says no." in page


@pytest.mark.parametrize("keep", ["known", "newer"])
def test_what_was_said_before_is_what_happens(desk: Browser, keep: str) -> None:
    ids, _, page = merged(desk, keep)
    assert "They are one person now." in page
    assert "Nothing left to decide" in page
    person = desk.get(f"/patients/{ids[keep]}").text
    assert fields(person, "phone") == {"phone": "+14155550130" if keep == "known" else "+14155550177"}
    assert fields(person, "email")["email"].startswith("m@quill")
    other = desk.get(f"/patients/{ids['newer' if keep == 'known' else 'known']}").text
    assert "This record is of the same person as" in other


@pytest.mark.parametrize("keep", ["known", "newer"])
def test_one_person_becomes_two_again(desk: Browser, keep: str) -> None:
    ids, _, _ = merged(desk, keep)
    assert ids["known"] in desk.get("/same-patients?verdict=merged").text
    page = desk.flashed("/same-patients/undo", {**ids, "verdict": "merged"})
    assert "They are two people again." in page
    assert ids["known"] not in page
    assert ids["known"] in desk.get("/same-patients?verdict=apart").text
    assert "of the same person" not in desk.get(f"/patients/{ids['newer']}").text


def test_one_person_becomes_two_from_their_own_page(desk: Browser) -> None:
    ids, _, _ = merged(desk)
    assert "Records of the same person" in desk.get(f"/patients/{ids['known']}").text
    page = desk.flashed(f"/patients/{ids['newer']}/alone", {"of": ids["known"]})
    assert "They are two people again." in page
    assert "Records of the same person" not in page


def test_two_people_stay_two(desk: Browser) -> None:
    known, _, referral = a_pair(desk)
    page = desk.get(f"/same-patients?referral={referral}").text
    [action] = re.findall(r'action="(/same-patients/[^"]+/two)"', page)
    assert "They stay two people." in desk.flashed(action, {"referral": referral})
    assert known in desk.get("/same-patients?verdict=apart").text
    assert known not in desk.get("/same-patients").text


def test_a_form_that_names_nobody_is_refused_and_nothing_happens(desk: Browser) -> None:
    assert desk.submit("/same-patients/undo", {"known": "nobody"}).status_code == 400
    assert "Keep id" in desk.flashed("/same-patients/one", {"known": "nobody", "newer": ""})


def test_a_therapist_decides_nothing_about_people(desk: Browser, therapist: Browser) -> None:
    _, _, referral = a_pair(desk)
    assert therapist.get("/same-patients").status_code == 403
    listed = therapist.get("/referrals").text
    assert ">People<" not in listed
    assert ">Figures<" in listed
    assert referral in listed


def a_proposal(desk: Browser, **changes: str) -> tuple[str, str]:
    """The page of the proposal, and the referral that it came with."""
    number = npi()
    sent(desk, f"Asta Tamm{next(_NUMBERS)}", physician__npi=number, physician__email="old@office.test")
    referral = sent(desk, f"Bodo Rask{next(_NUMBERS)}", physician__npi=number, **changes)
    return desk.get(f"/physician-contacts?referral={referral}").text, referral


def test_a_physicians_old_contact_is_beside_the_new_and_who_sent_it(desk: Browser) -> None:
    page, referral = a_proposal(
        desk, physician__email="new@office.test", physician__fax="(415) 555-0188", physician__delivery="fax"
    )
    assert "<td>old@office.test</td><td>new@office.test</td>" in page
    assert "<td>–</td><td>(415) 555-0188</td>" in page
    assert "sent by <strong>a test</strong>" in page
    assert "Updates go by fax to (415) 555-0188 from now on. Until now: by e-mail to old@office.test." in page
    assert 'by the known number <a href="tel:+14155550199">' in page
    assert f'href="/referrals/{referral}"' in page


@pytest.mark.parametrize(
    ("answer", "said", "email"),
    [("confirm", "it is used from now on", "new@office.test"), ("refuse", "what was known stays", "old@office.test")],
)
def test_a_new_contact_is_confirmed_or_refused(desk: Browser, answer: str, said: str, email: str) -> None:
    page, referral = a_proposal(desk, physician__email="new@office.test")
    [proposal] = re.findall(r'action="(/physician-contacts/[^"]+)/confirm"', page)
    [physician] = re.findall(r'href="(/physicians/[^"]+)"', page)
    done = desk.flashed(f"{proposal}/{answer}", {"referral": referral})
    assert said in done
    assert "Nothing left to decide" in done
    assert fields(desk.get(physician).text, "email") == {"email": email}
    assert "Somebody has decided this." in desk.flashed(f"{proposal}/{answer}")


def test_a_patients_contact_is_corrected_and_only_that(desk: Browser) -> None:
    name = f"Runa Holt{next(_NUMBERS)}"
    referral = sent(desk, name)
    [path] = re.findall(r'href="(/patients/[^"]+)"', desk.get(f"/referrals/{referral}").text)
    page = desk.get(path).text
    assert f'href="/referrals/{referral}"' in page
    held = fields(page, "name", "born_on", "phone", "version")
    corrected = {**held, "phone": "415 555 0144", "email": "runa@holt.test", "text_consent": "no"}
    saved = desk.flashed(path, corrected)
    assert "Saved. It counts from now on." in saved
    assert fields(saved, "phone", "email") == {"phone": "+14155550144", "email": "runa@holt.test"}
    assert "Texts: no, says the desk" in saved
    assert "Somebody else changed this" in desk.flashed(path, {**held, "phone": "(415) 555-0155"})
    assert fields(desk.get(path).text, "phone") == {"phone": "+14155550144"}


def test_a_mistake_is_beside_its_field_and_what_was_typed_stays(desk: Browser) -> None:
    referral = sent(desk, f"Runa Holt{next(_NUMBERS)}")
    [path] = re.findall(r'href="(/patients/[^"]+)"', desk.get(f"/referrals/{referral}").text)
    held = fields(desk.get(path).text, "name", "born_on", "phone", "version")
    answer = desk.submit(path, {**held, "phone": "12"})
    assert answer.status_code == 422
    assert 'id="phone-mistake"' in answer.text
    assert 'value="12"' in answer.text


def test_nothing_changed_is_nothing_told(desk: Browser) -> None:
    referral = sent(desk, f"Runa Holt{next(_NUMBERS)}")
    [path] = re.findall(r'href="(/patients/[^"]+)"', desk.get(f"/referrals/{referral}").text)
    held = fields(desk.get(path).text, "name", "born_on", "phone", "version")
    page = desk.flashed(path, {**held, "text_consent": "yes"})
    assert "Nothing was changed." in page
    assert fields(page, "version") == {"version": held["version"]}


def test_a_physician_is_asked_to_be_told_by_fax(desk: Browser) -> None:
    referral = sent(desk, f"Runa Holt{next(_NUMBERS)}")
    [path] = re.findall(r'href="(/physicians/[^"]+)"', desk.get(f"/referrals/{referral}").text)
    held = fields(desk.get(path).text, "name", "phone", "version")
    page = desk.flashed(path, {**held, "delivery": "fax", "fax": "(415) 555-0188"})
    assert "updates go by fax to (415) 555-0188" in page


def test_a_therapist_sees_a_contact_and_saves_none(desk: Browser, therapist: Browser) -> None:
    referral = sent(desk, f"Runa Holt{next(_NUMBERS)}")
    [path] = re.findall(r'href="(/patients/[^"]+)"', therapist.get(f"/referrals/{referral}").text)
    page = therapist.get(path).text
    assert "<fieldset disabled>" in page
    assert ">Save<" not in page
    held = fields(page, "name", "born_on", "version")
    assert "Your sign-in does not allow this" in therapist.flashed(path, {**held, "phone": "(415) 555-0155"})


def test_the_loop_shows_what_is_open_and_who_did_not_come(
    desk: Browser, therapist: Browser, referrals_database: str
) -> None:
    practice = f"Harbor <b>{next(_NUMBERS)}</b>"
    referral = sent(desk, f"Runa Holt{next(_NUMBERS)}", physician__practice=practice)
    therapist.submit(f"/referrals/{referral}/accept")
    desk.submit(f"/referrals/{referral}/contacted")
    engine = database.connect(referrals_database, pool=1, name="test")
    with engine.begin() as connection:
        for number, status, fate in ((1, "missed", "forfeited"), (2, "completed", "consumed")):
            facts = {"id": new_id(), "of": referral, "series": new_id(), "n": number, "status": status, "fate": fate}
            connection.execute(text(A_VISIT), facts)
    engine.dispose()
    page = " ".join(desk.get("/loop").text.split())
    assert re.search(r'href="/referrals\?status=accepted">Accepted</a> <div class="lane"><div class="stack"', page)
    assert '<span class="figure bad">50 %</span> <span class="quiet">1 of 2, 1 counted as used</span>' in page
    assert f'href="/referrals/{referral}"' in page
    assert "Harbor &lt;b&gt;" in page
    assert "1 visit missed" in page
    assert "first contact after under an hour" in page
    seen = therapist.get("/loop").text
    assert "Harbor" not in seen
    assert "50 %" in seen


def test_where_nothing_happened_the_page_says_what_will_be(desk: Browser) -> None:
    page = desk.get("/loop?since=2001-01-01&until=2001-02-01").text
    assert "No visit was due in these days." in page
    assert "No referral came in these days." in page
    assert "Nothing to measure in these days" in page
    assert 'value="2001-01-01"' in page


def test_days_that_are_none_are_refused_in_words_and_the_last_are_shown(desk: Browser) -> None:
    page = desk.get("/loop?since=2027-02-01&until=2027-01-01").text
    assert "The first day comes before the last" in page
    assert "the last 90 days" in page


def test_a_wish_to_cancel_is_seen_and_decided(desk: Browser, sign_in: Callable[..., Browser]) -> None:
    physician = sign_in("physician")
    referral = sent(physician, f"Runa Holt{next(_NUMBERS)}")
    assert "asks to cancel" not in desk.get(f"/referrals/{referral}").text
    asked = physician.flashed(f"/referrals/{referral}/cancellation")
    assert "The practice decides." in asked
    page = desk.get(f"/referrals/{referral}").text
    assert "The physician's office asks to cancel it" in page
    on = desk.flashed(f"/referrals/{referral}/keep-on")
    assert "It goes on." in on
    assert "asks to cancel" not in on


A_VISIT = """
    INSERT INTO visits (id, referral_id, series_id, version, number, status, starts_at, ends_at, home_visit, fate)
    VALUES (:id, :of, :series, 1, :n, :status, now(), now(), false, :fate)
"""
REFERRAL = "0190c4f2-0000-7000-8000-00000000000a"


@pytest.mark.parametrize(
    ("kind", "leads_to"),
    [
        ("same_patient", f"/same-patients?referral={REFERRAL}"),
        ("physician_contact", f"/physician-contacts?referral={REFERRAL}"),
        ("needs_information", f"/referrals/{REFERRAL}/complete"),
        ("no_activity", f"/referrals/{REFERRAL}"),
        ("cancel_asked", f"/referrals/{REFERRAL}"),
        ("scan_overlooked", "/referrals"),
    ],
)
def test_a_task_leads_to_where_it_is_done(
    desk: Browser, behind: tuple[str, dict[str, Any]], kind: str, leads_to: str
) -> None:
    nothing = dict.fromkeys(("message", "message_id", "session_id", "code", "text", "done_at", "patient_id"))
    task = {**nothing, "id": REFERRAL, "kind": kind, "referral_id": REFERRAL, "conversation": []}
    open_ones = [{**task, "created_at": "2027-03-09T14:00:00Z"}]
    behind[1]["GET api/notify/tasks"] = lambda: jsonify([] if "done" in request.args else open_ones)
    assert f'class="btn btn-fascia" href="{leads_to}"' in desk.get("/tasks").text


def test_every_page_is_reached_from_another(web: Flask) -> None:
    folder = Path(services.web.__file__).parent
    written = {path: path.read_text() for path in folder.rglob("*") if path.suffix in (".html", ".py")}
    linked = {name for text in written.values() for name in re.findall(r"""["']([a-z_]+\.[a-z_]+)["']""", text)}
    built = {"messages.of_patient", "messages.of_physician"}
    own = {rule.endpoint for rule in web.url_map.iter_rules() if "GET" in (rule.methods or ())}
    outside = ("static", "bootstrap.", "door.", "links.", "healthz", "readyz")
    asked_for = {one for one in own if not one.startswith(outside) and "." in one}
    assert asked_for - linked - built == set()


def test_what_counts_for_both_fills_its_gaps_from_the_other() -> None:
    kept = {"name": "Ada King", "born_on": "1984-05-17", "phone": "+14155550130", "text_consent": None}
    other = {"name": "Ada M. King", "born_on": "1984-05-17", "email": "a@king.test", "text_consent": True}
    assert pairs.outcome(kept, other) == [
        "Their name is Ada King, born May 17, 1984.",
        "The e-mail a@king.test is taken over from the other record.",
        "They get texts: one of the records says yes.",
    ]


def test_where_updates_go_is_said_also_when_there_is_no_way() -> None:
    assert destinations.way({"delivery": "fax"}) == "by fax, but there is no number"
    assert destinations.way({}) == "by e-mail, but there is no address"
    held = {"email": "a@b.test", "phone": None}
    assert destinations.consequence(held, {"phone": "+14155550130"}) == "Updates go on by e-mail to a@b.test."


@pytest.mark.parametrize(
    ("days", "most", "ticks"), [((0.2,), 1, 2), ((7,), 8, 5), ((13,), 15, 4), ((90,), 100, 6), ((365,), 400, 5)]
)
def test_a_scale_is_round_and_has_few_ticks(days: tuple[float, ...], most: float, ticks: int) -> None:
    found = figures.scale(days)
    assert (found.most, len(found.ticks)) == (most, ticks)
    assert found.at(found.most) == 100


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0.01, "under an hour"),
        (0.04, "1 hour"),
        (0.5, "12 hours"),
        (1.0, "1 day"),
        (1.52, "1.5 days"),
        (12.4, "12 days"),
    ],
)
def test_a_while_is_said_as_people_say_it(days: float, said: str) -> None:
    assert figures.lasted(days) == said


def test_a_task_about_something_else_leads_nowhere() -> None:
    assert leads.of({"kind": "note", "referral_id": REFERRAL, "patient_id": None}) is None


def test_who_was_hit_by_an_absence_is_moved_on_its_page() -> None:
    assert leads.of({"kind": "absence", "patient_id": None}) == ("absences.page", "See the absences", {})


def test_who_asked_for_another_time_is_found_one() -> None:
    task = {"kind": "another_time", "patient_id": "p1", "session_id": "s1", "referral_id": None}
    assert leads.of(task) == ("doing.other_times", "Look for times", {"visit_id": "s1"})
    assert leads.of({**task, "session_id": None}) is None


def test_visits_that_an_order_covers_no_more_are_settled_on_its_page() -> None:
    task = {"kind": "uncovered_visits", "referral_id": REFERRAL, "patient_id": "p1"}
    assert leads.of(task) == ("orders.page", "See these visits", {"referral_id": REFERRAL})
    assert leads.of({"kind": "same_patient", "referral_id": None, "patient_id": None}) is None
