"""Outcome measures: ranges, directions, and what a change means."""

from decimal import Decimal

import pytest

from services.care.measures import MEASURES, detail_mistake, value_mistake
from services.care.recommend import draft
from services.care.trend import trend

FACTS = {
    "nprs": (0, 10, "lower", "2", "72514-3"),
    "odi": (0, 100, "lower", "12", None),
    "ndi": (0, 100, "lower", "14", None),
    "psfs": (0, 10, "higher", "2.3", None),
    "lefs": (0, 80, "higher", "9", None),
    "uefi": (0, 80, "higher", "6", None),
    "phq9": (0, 27, "lower", "5", "44261-6"),
    "gad7": (0, 21, "lower", "4", "70274-6"),
}


@pytest.mark.parametrize("code", FACTS)
def test_a_measure_is_what_its_paper_says(code: str) -> None:
    one = MEASURES[code]
    assert (one.least, one.most, one.better, str(one.matters), one.loinc) == FACTS[code]


@pytest.mark.parametrize(
    ("code", "value", "sentence"),
    [
        ("nprs", "10", None),
        ("nprs", "11", "Pain, numeric rating is 0 to 10 points."),
        ("nprs", "3.5", "Give a whole number."),
        ("vas", "3.5", None),
        ("vas", "3.55", "Give at most one decimal."),
        ("odi", "-1", "Oswestry Disability Index is 0 to 100 %."),
        ("rom", "-10", None),
    ],
)
def test_a_score_stays_in_its_range(code: str, value: str, sentence: str | None) -> None:
    assert value_mistake(MEASURES[code], Decimal(value)) == sentence


@pytest.mark.parametrize(
    ("code", "detail", "sound"),
    [
        ("rom", "", False),
        ("rom", "left_shoulder_flexion", True),
        ("rom", "Left shoulder", False),
        ("psfs", "", True),
        ("psfs", "stairs", True),
        ("odi", "stairs", False),
    ],
)
def test_a_detail_is_a_code_where_one_is_needed(code: str, detail: str, sound: bool) -> None:
    assert (detail_mistake(MEASURES[code], detail) is None) == sound


def of(code: str, *values: float) -> tuple[str, str] | None:
    judged = trend(MEASURES[code], [Decimal(str(value)) for value in values])
    return judged and (judged.status, judged.recent)


@pytest.mark.parametrize(
    ("code", "values", "judged"),
    [
        ("nprs", (), None),
        ("nprs", (8,), ("plateau", "plateau")),
        ("nprs", (8, 6), ("improving", "improving")),
        ("nprs", (8, 6.1), ("plateau", "plateau")),
        ("nprs", (6, 8), ("worsening", "worsening")),
        ("psfs", (4, 6.3), ("improving", "improving")),
        ("psfs", (6.3, 4), ("worsening", "worsening")),
        ("odi", (50, 39), ("plateau", "plateau")),
        ("odi", (50, 38), ("improving", "improving")),
        ("nprs", (9, 7, 4, 4, 4), ("improving", "plateau")),
        ("nprs", (9, 6, 2, 3, 4), ("plateau", "worsening")),
        ("nprs", (5, 4, 3, 4, 5), ("worsening", "worsening")),
        ("nprs", (4, 8, 8, 7, 6), ("worsening", "improving")),
    ],
)
def test_where_a_measure_is_going(code: str, values: tuple[float, ...], judged: tuple[str, str] | None) -> None:
    assert of(code, *values) == judged


def follow_up(kept: int, planned: int, **courses: tuple[float, ...]) -> tuple[str, str]:
    trends = {}
    for code, values in courses.items():
        judged = trend(MEASURES[code], [Decimal(str(value)) for value in values])
        assert judged
        trends[code] = (MEASURES[code], judged)
    drafted = draft(trends, kept, planned)
    return drafted.follow_up, drafted.reasons[-1].code


def test_the_drafted_follow_up() -> None:
    better, same, worse = (8, 6, 5), (8, 8, 7), (5, 6, 8)
    assert follow_up(1, 8, nprs=better) == ("continue", "too_early")
    assert follow_up(3, 8) == ("continue", "too_early")
    assert follow_up(3, 8, nprs=better) == ("continue", "treatment_helps")
    assert follow_up(8, 8, nprs=better) == ("continue", "ask_for_renewal")
    assert follow_up(3, 8, nprs=same) == ("continue", "too_early")
    assert follow_up(4, 8, nprs=same) == ("modify", "nothing_moves")
    assert follow_up(8, 8, nprs=same) == ("re_refer", "no_effect")
    assert follow_up(3, 8, nprs=worse) == ("modify", "change_the_treatment")
    assert follow_up(4, 8, nprs=worse) == ("re_refer", "ask_the_physician")
    assert follow_up(4, 8, nprs=better, odi=(20, 34)) == ("re_refer", "ask_the_physician")
    assert follow_up(4, 8, nprs=(8, 4, 1)) == ("discharge", "goal_reached")
    assert follow_up(4, 8, nprs=(1, 1, 1)) == ("discharge", "goal_reached")
    assert follow_up(4, 8, nprs=(8, 4, 1), odi=(50, 30)) == ("continue", "treatment_helps")
