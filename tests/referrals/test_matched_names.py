"""Names as they come: what nobody sees does not make two people, and what sets two people apart is not dropped."""

from __future__ import annotations

import pytest

from services.referrals.people.matching import Person, names, plain, score
from tests.referrals.house import Caller, a_referral
from tests.referrals.test_merging import person


@pytest.mark.parametrize(
    "other",
    [
        "Ana\u200b N\u00fa\u200d\u00f1ez",
        "\u202eAna N\u00fa\u00f1ez\u202c",
        "\u2066Ana\u2069 N\u00fa\u00f1ez\u200e",
        "\ufeffAna N\u00fa\u00adn\u0303ez",
        "\uff21\uff4e\uff41 N\u00fa\u00f1ez",
        "Ana\u3000Nu\u0301n\u0303ez",
        "\U0001d400na N\u00fa\u00f1ez",
    ],
)  # fmt: skip
def test_a_name_is_the_same_with_letters_that_nobody_sees_or_of_another_width(other: str) -> None:
    assert names("Ana N\u00fa\u00f1ez", other) == names(other, "Ana N\u00fa\u00f1ez") == "same"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u092e\u0940\u0928\u093e \u0930\u093e\u092f", "\u092e\u094b\u0928\u093e \u0930\u093e\u092f"),
        ("\u305f\u3044\u304d \u68ee", "\u3060\u3044\u304d \u68ee"),
        ("\u0e21\u0e32\u0e19\u0e35", "\u0e21\u0e32\u0e19\u0e30"),
        ("!!!", "???"),
        ("\u263a", "\u2620"),
    ],
    ids=["Mina and Mona", "Taiki and Daiki", "Mani and Mana", "signs", "pictures"],
)  # fmt: skip
def test_twins_whose_names_differ_in_a_vowel_or_a_voicing_are_two(one: str, other: str) -> None:
    assert names(one, other) != "same"
    twins = [Person(name, "2001-02-17", "+14155550126", "parents@mail.example") for name in (one, other)]
    assert score(*twins).outcome != "same"


def test_a_name_that_nobody_sees_is_none(desk: Caller) -> None:
    assert desk.post("", a_referral(patient__name="\u200b\u2060\u202e")).status_code == 422


def test_what_turns_text_around_is_not_kept(desk: Caller) -> None:
    turned = desk.post("", a_referral(patient=person(name="\u202eNoor \u2066Vandersteen")))
    assert turned.json["patient"]["name"] == "Noor Vandersteen"


def test_what_joins_the_letters_of_a_script_is_kept(desk: Caller) -> None:
    joined = "\u0645\u06cc\u200c\u0646\u0627 \u0631\u0636\u0627\u06cc\u06cc"
    assert desk.post("", a_referral(patient=person(name=joined))).json["patient"]["name"] == joined


def test_a_mother_and_a_child_with_one_name_and_one_phone_are_two(desk: Caller) -> None:
    mother = person(born_on="1979-10-05")
    child = {**mother, "born_on": "2009-02-17"}
    sent = [desk.post("", a_referral(patient=each)).json for each in (mother, child)]
    assert sent[0]["patient_id"] != sent[1]["patient_id"]


def test_plain_of_plain_is_plain() -> None:
    for name in ("Ana N\u00fa\u00f1ez", "\u092e\u0940\u0928\u093e", "\u3060\u3044\u304d", "O'Neil, Mary-Jane"):
        assert plain(plain(name)) == plain(name)
