import pytest

from services.booking.outcome import Outcome, judge


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
