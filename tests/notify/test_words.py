"""Every text in one segment and without health detail; every e-mail without a name."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.notify import gsm, words
from services.notify.understanding import HELP, START, STOP
from services.sandbox.segments import segments

CHANGES = ["moved", "cancelled", "restored", "missed", "visits_changed"]
TEXTS = ["series_confirmation", "reminder_2880", "reminder_120", "aftercare", *CHANGES, "waitlist_offer", "offer_ended"]
TO_PHYSICIANS = ["referral_received", "referral_declined", "series_booked", "session_update", "closing_report"]
EXCEPTIONS = ["missed_visit", "series_cancelled", "renewal_request"]
HEALTH = ("massage", "pain", "diagnos", "referral", "dr.", "therap", "treatment", "muscle", "masaje", "dolor")
LINK = "https://clinic.example-practice.org/l/" + "A" * 22
NEW_YORK = ZoneInfo("America/New_York")
WORST = {
    "clinic": "Saint‑Exupéry “Wellness” Center of Old Town Alexándria {North}",
    "phone": "+442079460123456",
    "visits": 24,
    "number": 23,
    "of": 24,
    "day": "Wed Sep 23",
    "last_day": "Wed Sep 30",
    "time": "12:30 PM",
    "reference": "R-2027-000042",
    "link": LINK,
    "address": "1200 Saint‑Exupéry Boulevard, Building B, Suite 400, Alexandria, VA 22314",
    "was_day": "Wed Sep 16",
    "by": "clinic",
    "by_day": "Wed Sep 23",
    "by_time": "11:30 AM",
    "to_come": True,
}
VARIANTS: list[dict[str, object]] = [{}, {"by": "patient"}, {"to_come": False}, {"confirmed": True}, {"address": None}]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", [*TEXTS, "cancel_check"])
def test_every_text_fits_one_segment_at_its_worst(kind: str, language: str, variant: dict[str, object]) -> None:
    body = words.text_message(kind, language, {**WORST, "confirmed": False, **variant})
    assert all(character in gsm.BASIC | gsm.EXTENSION for character in body)
    assert gsm.septets(body) <= 160, len(body)
    assert segments(body) == 1
    assert "STOP" in body
    assert "Saint-Ex" in body, "enough of the clinic's name to know it"
    assert not [word for word in HEALTH if word in body.lower()]


def test_where_a_moved_visit_is_is_told_if_there_is_room() -> None:
    assert "2 Pier St" in words.text_message("moved", "en", {**WORST, "clinic": "Harbor", "address": "2 Pier St"})
    assert "1200 Saint" not in words.text_message("moved", "en", WORST)


def test_who_cancelled_is_said() -> None:
    facts = {**WORST, "clinic": "Harbor"}
    assert "as you asked" in words.text_message("cancelled", "en", {**facts, "by": "patient"})
    assert "we are sorry" in words.text_message("cancelled", "en", facts)


@pytest.mark.parametrize("kind", ["waitlist_offer", "cancel_check", "reminder_120"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_no_question_asks_for_a_word_that_ends_all_texts(kind: str, language: str) -> None:
    body = words.text_message(kind, language, {**WORST, "clinic": "Harbor", "confirmed": False})
    asked = set(re.findall(r"(?:Reply|Responda|or|o|,) ([A-Z]+)\b", body)) - {"STOP"}
    assert asked
    assert not asked & (STOP | START | HELP)


@pytest.mark.parametrize("first", ["River", "Rivers", "Riverbe", "Riverben"])
def test_a_name_that_is_too_long_ends_with_a_whole_word(first: str) -> None:
    clinic = f"{first} Medical Massage and Lymphatic Care of Beacon, Upper Mills"
    facts = {**WORST, "clinic": clinic, "link": "https://beacon.example/l/AAAAAAAAAAAAAAAAAAAAAA"}
    said = words.text_message("series_confirmation", "en", facts).partition(":")[0]
    assert len(said) < len(facts["clinic"])
    assert f"{facts['clinic']} ".startswith(f"{said} ")


def test_the_link_is_never_shortened() -> None:
    assert LINK in words.text_message("series_confirmation", "en", WORST)


def test_only_an_unconfirmed_visit_is_asked_to_be_confirmed() -> None:
    asked = words.text_message("reminder_120", "en", {**WORST, "clinic": "Harbor", "confirmed": False})
    known = words.text_message("reminder_120", "en", {**WORST, "clinic": "Harbor", "confirmed": True})
    assert "Reply C to confirm" in asked
    assert "Reply C" not in known


def test_spanish_patients_read_spanish_and_others_english() -> None:
    facts = {**WORST, "confirmed": False}
    assert "Responda C" in words.text_message("reminder_120", "es", facts)
    assert "Reply C" in words.text_message("reminder_120", "fr", facts)


@pytest.mark.parametrize("kind", [*TO_PHYSICIANS, *EXCEPTIONS])
def test_an_e_mail_to_a_physician_has_a_subject_both_parts_and_no_clinical_word(kind: str) -> None:
    mail = words.email(kind, "en", WORST)
    assert mail.subject.startswith("Referral R-2027-000042")
    assert "\n" not in mail.subject
    assert "R-2027-000042" in mail.text
    assert "R-2027-000042" in mail.html
    clinical = ("pain", "diagnos", "pressure", "muscle", "score")
    assert not [word for word in clinical if word in (mail.text + mail.html).lower()]


@pytest.mark.parametrize("kind", ["session_update", "closing_report", "series_confirmation", "visits_changed"])
def test_a_link_can_be_clicked_and_copied(kind: str) -> None:
    mail = words.email(kind, "en", WORST)
    assert LINK in mail.text
    assert f'href="{LINK}"' in mail.html


def test_what_the_clinic_is_called_cannot_break_the_html() -> None:
    mail = words.email("referral_received", "en", {**WORST, "clinic": "<b>Salt & Sea</b>"})
    assert "&lt;b&gt;Salt &amp; Sea&lt;/b&gt;" in mail.html


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", TEXTS)
def test_patients_without_texts_get_the_same_by_e_mail(kind: str, language: str) -> None:
    mail = words.email(kind, language, {**WORST, "confirmed": False})
    assert mail.subject
    assert f'lang="{language}"' in mail.html


@pytest.mark.parametrize(
    ("text", "plain"),
    [("O’Neil – “Spa”…", "O'Neil - \"Spa\"..."), ("Córdoba sí", "Cordoba si"), ("ñ Ñ é ü", "ñ Ñ é ü"), ("漢", "?"),
     ("a\xa0b", "a b"), ("😀", "?")],
)  # fmt: skip
def test_characters_outside_the_alphabet_are_made_plain(text: str, plain: str) -> None:
    assert gsm.downgrade(text) == plain


def test_days_and_times_are_the_clinics_own() -> None:
    at = datetime(2027, 3, 9, 20, 0, tzinfo=UTC)
    assert (words.day(at, NEW_YORK, "en"), words.time(at, NEW_YORK)) == ("Tue Mar 9", "3:00 PM")
    assert words.day(at, NEW_YORK, "es") == "mar 9 mar"
    assert words.time(datetime(2027, 3, 9, 5, 5, tzinfo=UTC), NEW_YORK) == "12:05 AM"


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_name_of_a_day_and_month_fits_the_alphabet(language: str) -> None:
    year = [datetime(2027, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(365)]
    assert {gsm.downgrade(words.day(at, NEW_YORK, language)) for at in year} == {
        words.day(at, NEW_YORK, language) for at in year
    }


def test_a_north_american_number_is_written_as_there() -> None:
    assert words.phone("+12125550100") == "212-555-0100"
    assert words.phone("+442079460123") == "+442079460123"
