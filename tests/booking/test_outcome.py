"""What became of pain and of each other measure, and the follow-up that is drafted and signed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.booking.treatment.outcome import Noted, Outcome, courses, drafted, judge
from tests.booking.conftest import House
from tests.booking.treatment import code, faults, keep, treat

BEGIN = datetime(2027, 3, 2, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before_first", "after_last", "status"),
    [(8, 6, "improving"), (8, 7, "plateau"), (5, 5, "plateau"), (3, 4, "plateau"), (3, 5, "worsening")],
)
def test_two_points_of_pain_are_the_change_that_matters(before_first: int, after_last: int, status: str) -> None:
    assert judge([(before_first, 5), (5, after_last)]).status == status


def test_pain_before_the_first_visit_is_compared_with_pain_after_the_last() -> None:
    assert judge([(8, 3), (9, 9), (7, 4)]) == Outcome(8, 4, -4, "improving")


def test_nothing_is_judged_before_a_visit_took_place() -> None:
    assert judge([]) == Outcome(None, None, None, None)


def noted(*pains: tuple[int, int], **scores: list[int]) -> list[Noted]:
    """Visits on days in a row; a score is named as `odi`, or `rom__left_knee_flexion`."""
    return [
        Noted(
            number=place + 1,
            starts_at=BEGIN + timedelta(days=place),
            ends_at=BEGIN + timedelta(days=place, minutes=45),
            pain_before=before,
            pain_after=after,
            scores=[
                (name.partition("__")[0], name.partition("__")[2], Decimal(values[place]))
                for name, values in scores.items()
                if place < len(values)
            ],
        )
        for place, (before, after) in enumerate(pains)
    ]


def test_each_joint_and_movement_has_a_course_of_its_own() -> None:
    found = courses(noted((8, 6), (6, 5), rom__right_knee=[90, 110], rom__left_knee=[90, 70], odi=[40]))
    assert [(one.label, one.trend.status) for one in found] == [
        ("nprs", "improving"),
        ("odi", "plateau"),
        ("rom_left_knee", "worsening"),
        ("rom_right_knee", "improving"),
    ]


def test_a_measure_that_left_the_table_is_left_out() -> None:
    assert [one.label for one in courses(noted((8, 6), shoe_size=[43]))] == ["nprs"]


def test_the_draft_gives_its_reasons() -> None:
    found = drafted(noted((8, 6), (6, 5)), 6)
    assert found.follow_up == "continue"
    assert [reason.code for reason in found.reasons] == ["nprs_improving", "treatment_helps"]


def recommendation(house: House, series: dict[str, Any], role: str = "therapist") -> Any:
    return house.ask("GET", f"/series/{series['series_id']}/recommendation", role=role)


def sign(house: House, series: dict[str, Any], role: str = "therapist", **said: Any) -> Any:
    return house.ask("POST", f"/series/{series['series_id']}/recommendation", said, role=role)


def test_a_recommendation_is_drafted_and_the_therapist_signs_another(house: House) -> None:
    series = treat(house)
    keep(house, series, 0, pain_before=7, pain_after=6)
    keep(house, series, 1, pain_before=7, pain_after=7)
    shown = recommendation(house, series).json
    assert (shown["kept"], shown["planned"], shown["signed"]) == (2, 2, None)
    assert (shown["drafted"]["follow_up"], shown["drafted"]["reasons"][-1]["code"]) == ("re_refer", "no_effect")
    signed = sign(house, series, follow_up="discharge", recommendation="CANARY").json["signed"]
    assert (signed["follow_up"], signed["recommendation"], signed["signed_by"]) == (
        "discharge",
        "CANARY",
        "a-therapist",
    )
    assert recommendation(house, series).json["signed"] == signed
    assert "CANARY" not in str(house.rows("SELECT * FROM series")) + str(house.rows("SELECT * FROM audit"))
    acts = house.rows("SELECT act, object_id FROM audit WHERE act LIKE 'rec%'")
    assert acts == [("recommendation_signed", series["series_id"])]


def test_nothing_is_signed_before_a_visit_took_place(house: House) -> None:
    series = treat(house)
    assert code(sign(house, series, follow_up="continue")) == (409, "nothing_kept")


@pytest.mark.parametrize("said", [{}, {"follow_up": "give_up"}, {"follow_up": None}])
def test_a_signature_is_under_one_of_four_follow_ups(house: House, said: dict[str, Any]) -> None:
    series = treat(house)
    assert set(faults(sign(house, series, **said))) == {"follow_up"}


def test_a_recommendation_is_the_therapists(house: House) -> None:
    series = treat(house)
    assert recommendation(house, series, role="desk").status_code == 403
    assert sign(house, series, role="desk", follow_up="continue").status_code == 403
