"""Units by the 8-minute rule."""

import pytest

from services.care.units import billed, together, units


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (0, 0),
        (7, 0),
        (8, 1),
        (15, 1),
        (22, 1),
        (23, 2),
        (30, 2),
        (37, 2),
        (38, 3),
        (45, 3),
        (52, 3),
        (53, 4),
        (67, 4),
        (68, 5),
    ],
)
def test_units_follow_from_minutes(minutes: int, expected: int) -> None:
    assert units(minutes) == expected


def test_every_further_fifteen_minutes_are_one_more() -> None:
    assert all(units(minutes + 15) == units(minutes) + 1 for minutes in range(8, 240))


def test_a_number_that_disagrees_is_told_the_rule() -> None:
    assert billed(37, 2) is None
    assert billed(37, None) is None
    assert billed(37, 3) == (
        "37 minutes are 2 units. One unit is 8 to 22 minutes, two are 23 to 37, three 38 to 52, and so on by 15."
    )


def test_massage_and_manual_therapy_are_not_billed_together() -> None:
    assert together({"97124"}) is None
    assert together({"97124", "97140"})
