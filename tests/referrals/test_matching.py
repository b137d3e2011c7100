"""Whether two records are of one person: every comparison, its points, and what follows from their sum."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referrals.people.matching import MAYBE, POINTS, SAME, Person, Score, birthdays, names, plain, score
from services.referrals.people.sound import soundex

ANA = Person("Ana Núñez", "1979-10-05", "+14155550126", "ana@mail.example")


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("Ana Núñez", "ana  NUNEZ", "same"),
        ("Ana Núñez", "Núñez, Ana", "same"),
        ("Mary-Jane O'Neil", "Mary Jane O Neil", "same"),
        ("Jon Smith", "John Smith", "alike"),
        ("Catherine Meyer", "Katherine Meier", "alike"),
        ("Steven Meyer", "Stephen Meier", "alike"),
        ("Maria Lopez", "Maria Lopez Garcia", "alike"),
        ("Ana Núñez", "Ana Delgado", "partly"),
        ("Ana Núñez", "Luis Núñez", "partly"),
        ("Ana Núñez", "Peter Brandt", "different"),
        ("李 小龙", "李 小龙", "same"),
        ("李 小龙", "王 芳", "different"),
    ],
)
def test_names_are_the_same_alike_partly_the_same_or_different(one: str, other: str, how: str) -> None:
    assert (names(one, other), names(other, one)) == (how, how)


@pytest.mark.parametrize(
    ("other", "how"),
    [
        ("1979-10-05", "same"),
        ("1979-10-06", "near"),
        ("1978-10-05", "near"),
        ("1979-05-10", "near"),
        ("1979-11-15", "different"),
        ("1997-10-05", "different"),
    ],
)
def test_a_birthday_is_near_when_one_digit_slipped_or_day_and_month_changed_places(other: str, how: str) -> None:
    assert birthdays("1979-10-05", other) == birthdays(other, "1979-10-05") == how


@pytest.mark.parametrize(
    ("word", "code"),
    [("robert", "R163"), ("rupert", "R163"), ("ashcraft", "A261"), ("tymczak", "T522"), ("pfister", "P236"),
     ("honeyman", "H555"), ("lee", "L000"), ("washington", "W252")],
)  # fmt: skip
def test_soundex_codes_are_those_of_the_national_archives(word: str, code: str) -> None:
    assert soundex(word).casefold() == code.casefold()


@pytest.mark.parametrize(
    ("other", "total", "outcome"),
    [
        (ANA, 115, "same"),
        (replace(ANA, email=None), 95, "same"),
        (replace(ANA, phone=None), 95, "same"),
        (replace(ANA, phone="+14155550199"), 90, "same"),
        (replace(ANA, phone=None, email=None), 75, "maybe"),
        (replace(ANA, phone="+14155550199", email="other@mail.example"), 65, "maybe"),
        (replace(ANA, born_on="1979-10-06"), 90, "maybe"),
        (replace(ANA, born_on="1991-02-17"), 40, "new"),
        (replace(ANA, name="Anna Núñez"), 100, "maybe"),
        (replace(ANA, name="Luis Núñez"), 75, "maybe"),
        (replace(ANA, name="Luis Núñez", phone=None, email=None), 35, "new"),
        (replace(ANA, name="Peter Brandt"), 35, "new"),
        (replace(ANA, name="Peter Brandt", born_on="1991-02-17"), -40, "new"),
    ],
)
def test_the_points_add_up_and_say_same_maybe_or_new(other: Person, total: int, outcome: str) -> None:
    compared = score(ANA, other)
    assert (compared.total, compared.outcome) == (total, outcome)
    assert sum(reason["points"] for reason in compared.reasons.values()) == total


def test_the_weights_are_written_down_once() -> None:
    assert POINTS == {
        "name": {"same": 40, "alike": 25, "partly": 0, "different": -40},
        "born_on": {"same": 35, "near": 10, "different": -40},
        "phone": {"same": 20, "unknown": 0, "different": -5},
        "email": {"same": 20, "unknown": 0, "different": -5},
    }
    assert (SAME, MAYBE) == (90, 50)


def test_likeness_alone_never_makes_two_records_one() -> None:
    for outcomes in product(*POINTS.values()):
        compared = Score(dict(zip(POINTS, outcomes, strict=True)))
        if compared.outcome == "same":
            assert outcomes[:2] == ("same", "same")
            assert "same" in outcomes[2:]


people = st.builds(
    Person,
    st.text(min_size=1, max_size=30).filter(lambda name: plain(name) != ""),
    st.dates().map(lambda day: day.isoformat()),
    st.none() | st.sampled_from(["+14155550126", "+14155550127"]),
    st.none() | st.sampled_from(["a@mail.example", "A@mail.example", "b@mail.example"]),
)


@given(people, people)
def test_it_does_not_matter_who_is_compared_with_whom(one: Person, other: Person) -> None:
    assert score(one, other) == score(other, one)
    assert score(one, one).findings["name"] == score(one, one).findings["born_on"] == "same"
