"""Every text in one segment and without health detail, in the alphabet of a text, with the words that end them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.notify.talk.understanding import HELP, START, STOP
from services.notify.wording import gsm, locales, words
from services.sandbox.segments import segments
from tests.notify.sayings import (
    ANSWERS,
    LANGUAGES,
    LONG,
    LONG_LINK,
    TO_PATIENTS,
    TUESDAY,
    covering,
    longest_day,
    text,
    usual,
    worst,
)

NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
OPT_OUT = {"en": "STOP to end", "es": "STOP para no recibir mas"}
HEALTH = (
    "massage", "masaje", "pain", "dolor", "diagnos", "referral", "remisi", "derivaci", "dr.", "dra.", "doctor",
    "medic", "physician", "therap", "terap", "treatment", "tratamiento", "muscle", "muscul", "neck", "cuello", "back ",
    "espalda", "shoulder", "hombro", "lumbar", "score", "puntaje", "nprs", "phq", "pressure", "presi", "injur",
    "lesi", "symptom", "sintoma", "opioid", "ibuprofen", "drug", "pill", "pastilla", "insur", "seguro m", "pregnan",
    "embaraz", "icd", "m54",
)  # fmt: skip
"""What a text must not say in either language; the clinic's own name may."""


def three(language: str) -> dict[str, Any]:
    at = longest_day(language)
    return {"covers": covering(at - timedelta(hours=2), at, at + timedelta(hours=11, minutes=29))}


VARIANTS: dict[str, dict[str, Any]] = {
    "usual": {}, "by the patient": {"by": "patient"}, "nothing to come": {"to_come": False},
    "confirmed": {"status": "confirmed"}, "no address": {"place": None}, "at home": {"place": "home"},
    "one visit": {"visits": 1}, "no choices": {"choices": []},
    "one choice": {"choices": [longest_day("es")]},
    "three in one day": three("es"), "all confirmed": {**three("es"), "all_confirmed": True},
    "six in one day": {"covers": covering(*(longest_day("es") + timedelta(hours=n) for n in range(6)))},
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", TO_PATIENTS)
def test_every_text_fits_one_segment_at_its_worst(kind: str, language: str, variant: str) -> None:
    body = words.text_message(kind, language, worst(kind, language, **VARIANTS[variant]))
    assert all(character in gsm.BASIC | gsm.EXTENSION for character in body), body
    assert gsm.septets(body) <= 160, (gsm.septets(body), body)
    assert segments(body) == 1
    assert body.startswith("Saint-Ex"), "enough of the clinic's name to know it"
    assert (OPT_OUT[language] in body) == (kind not in ANSWERS), body
    said = body.lower().replace(LONG_LINK.lower(), "")
    assert not [word for word in HEALTH if word in said], body
    assert "  " not in body
    assert not re.search(r"\.\.|\{\{|\}\}|None|Undefined|\s[.,:?]|[,:]\.", body.replace("{North}", "North")), body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", TO_PATIENTS)
def test_the_segment_counter_would_see_a_longer_text(kind: str, language: str) -> None:
    body = words.text_message(kind, language, worst(kind, language))
    assert segments(body + "x" * (161 - gsm.septets(body))) == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_day_or_time_of_the_year_takes_more_room_than_the_worst(language: str) -> None:
    year = [datetime(2027, 1, 1, 12, 30, tzinfo=NEW_YORK) + timedelta(days=n) for n in range(365)]
    at = longest_day(language)
    assert max(len(locales.day(one, NEW_YORK, language)) for one in year) == len(locales.day(at, NEW_YORK, language))
    minutes = [at + timedelta(minutes=15 * n) for n in range(96)]
    assert max(len(locales.time(one, NEW_YORK, language)) for one in minutes) == len(
        locales.time(at, NEW_YORK, language)
    )


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Europe/London", "Australia/Sydney"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_day_and_time_of_the_year_is_in_the_alphabet(language: str, zone: str) -> None:
    place = ZoneInfo(zone)
    year = [datetime(2027, 1, 1, tzinfo=UTC) + timedelta(hours=25 * n) for n in range(350)]
    said = {
        part
        for at in year
        for part in (*(locales.day(at, place, language, n) for n in _LENGTHS), locales.time(at, place, language))
    }
    assert not [part for part in said if "\xa0" in part or "\u202f" in part]
    plain = {part: gsm.downgrade(part) for part in said}
    assert not [part for part, in_a_text in plain.items() if "?" in in_a_text or len(in_a_text) != len(part)]


_LENGTHS: Any = ("tiny", "short", "full")


def test_days_and_times_are_the_places_own_as_its_country_writes_them() -> None:
    at = datetime(2027, 3, 9, 20, 0, tzinfo=UTC)
    assert (locales.day(at, NEW_YORK, "en"), locales.time(at, NEW_YORK, "en")) == ("Tue Mar 9", "3:00 PM")
    assert (locales.day(at, NEW_YORK, "es"), locales.time(at, NEW_YORK, "es")) == ("mar 9 mar", "3:00 p.m.")
    assert (locales.day(at, BERLIN, "en"), locales.time(at, BERLIN, "es")) == ("Tue 9 Mar", "21:00")
    assert locales.day(at, NEW_YORK, "en", "full") == "Tuesday, March 9, 2027"
    assert locales.day(at, NEW_YORK, "es", "full") == "martes, 9 de marzo de 2027"
    assert locales.time(datetime(2027, 3, 9, 5, 5, tzinfo=UTC), NEW_YORK, "en") == "12:05 AM"
    assert (locales.number(-7.5, NEW_YORK, "es"), locales.number(7.5, BERLIN, "es")) == ("-7.5", "7,5")


def test_a_sentence_that_ends_with_an_hour_has_one_dot() -> None:
    assert "3:00 p.m. Responda" in text("reminder_120", "es")


def test_where_a_visit_is_is_told_if_there_is_room() -> None:
    assert "2 Pier St" in text("moved", "en", place="2 Pier St")
    assert "1200 Saint" not in words.text_message("moved", "en", worst("moved", "en"))
    assert "at your home" in text("reminder_120", "en", place="home")
    assert "en su casa" in text("reminder_120", "es", place="home")


def test_several_visits_of_one_day_are_told_together_in_the_order_of_their_times() -> None:
    visits = covering(TUESDAY, TUESDAY - timedelta(hours=6))
    assert "your 2 visits on Tue Mar 9: 9:00 AM, 3:00 PM." in text("reminder_2880", "en", covers=visits)
    assert "sus 2 citas del mar 9 mar: 9:00 a.m., 3:00 p.m. " in text("reminder_2880", "es", covers=visits)


def test_several_visits_are_asked_to_be_confirmed_until_all_of_them_are() -> None:
    visits = covering(TUESDAY, TUESDAY - timedelta(hours=6))
    assert "Reply C to confirm" in text("reminder_2880", "en", covers=visits, status="confirmed")
    assert "Reply C" not in text("reminder_2880", "en", covers=visits, all_confirmed=True)


def test_only_an_unconfirmed_visit_is_asked_to_be_confirmed() -> None:
    assert "Reply C to confirm, R for another time, X if you can't come" in text("reminder_120", "en")
    assert "Reply R for another time, X if you can't come" in text("reminder_120", "en", status="confirmed")


def test_who_cancelled_is_said() -> None:
    assert "as you asked" in text("cancelled", "en", by="patient")
    assert "we are sorry" in text("cancelled", "en")


@pytest.mark.parametrize("by", ["patient", "clinic"])
def test_of_a_series_it_is_said_which_visit_was_moved_whoever_did_it(by: str) -> None:
    assert "your visit of Tue Mar 2 is now Tue Mar 9" in text("moved", "en", by=by)


def test_other_times_are_offered_by_digits_as_long_as_they_fit_and_always_by_link() -> None:
    said = text("other_times", "en")
    assert "reply 1: Tue 3/9 3:00 PM, 2: Tue 3/9 4:00 PM, 3: Wed 3/10 3:00 PM, or choose: https://" in said
    assert "reply" not in text("other_times", "en", choices=[])
    assert LONG_LINK in words.text_message("time_gone", "es", worst("time_gone", "es"))
    assert "3: " not in words.text_message("time_gone", "es", worst("time_gone", "es"))


@pytest.mark.parametrize("kind", ["waitlist_offer", "cancel_check", "reminder_120", "other_times"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_question_asks_for_a_word_that_ends_all_texts(kind: str, language: str) -> None:
    body = text(kind, language)
    asked = set(re.findall(r"(?:[Rr]eply|[Rr]esponda|or|o|,) ([A-Z1-9]+)\b", body)) - {"STOP"}
    assert asked
    assert not asked & (STOP | START | HELP)


def test_the_one_text_after_an_opt_out_says_how_to_come_back() -> None:
    for language in LANGUAGES:
        assert "START" in text("opted_out", language)


@pytest.mark.parametrize("first", ["River", "Rivers", "Riverbe", "Riverben"])
def test_a_name_that_is_too_long_ends_with_a_whole_word(first: str) -> None:
    clinic = f"{first} Medical Massage and Lymphatic Care of Beacon, Upper Mills"
    facts = usual("series_confirmation", "text", "en") | {"clinic": clinic}
    said = words.text_message("series_confirmation", "en", facts).partition(":")[0]
    assert len(said) < len(clinic)
    assert f"{clinic} ".startswith(f"{said} ")


@pytest.mark.parametrize("kind", ["invitation", "series_confirmation", "moved", "aftercare", "other_times"])
def test_a_link_is_never_shortened(kind: str) -> None:
    for language in LANGUAGES:
        assert LONG_LINK in words.text_message(kind, language, worst(kind, language, place=None))


def test_an_emoji_in_the_clinics_name_costs_nothing() -> None:
    assert words.text_message("missed", "en", usual("missed", "text", "en", clinic=LONG)).startswith(
        'Saint-Exupéry "Wellness" Center of Old Town Alexandria'
    )


def test_the_patients_language_comes_first_then_the_clinics_then_english() -> None:
    assert words.spoken("reminder_120", "text", "es", "en") == "es"
    assert words.spoken("reminder_120", "text", "es-MX", "en") == "es"
    assert words.spoken("reminder_120", "text", "fr", "es") == "es"
    assert words.spoken("reminder_120", "text", "fr", "de") == "en"
    assert words.spoken("closing_report", "email", "es", "es") == "en"


@pytest.mark.parametrize(
    ("text", "plain"),
    [("O’Neil – “Spa”…", "O'Neil - \"Spa\"..."), ("Córdoba sí", "Cordoba si"), ("ñ Ñ é ü", "ñ Ñ é ü"), ("漢", "?"),
     ("a\xa0b\u202fc", "a b c"), ("Spa 💆🏽‍♀️", "Spa "), ("ﬁne ½ ™", "fine 12 "), ("{a}", "{a}"), ("й", "?")],
)  # fmt: skip
def test_characters_outside_the_alphabet_are_made_plain(text: str, plain: str) -> None:
    assert gsm.downgrade(text) == plain


@pytest.mark.parametrize("text", ["", "a", "{}", "€" * 80, "€" * 81, "a" * 160, "[x]^" * 20])
def test_septets_are_counted_as_the_network_counts_them(text: str) -> None:
    assert (gsm.septets(text) <= 160) == (segments(text) == 1)


def test_a_north_american_number_is_written_as_there() -> None:
    assert words.phone("+12125550100") == "212-555-0100"
    assert words.phone("+442079460123") == "+442079460123"
