"""How long to wait before trying again: longer each time, never all at once, never for ever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.notify.sending import backoff

CHANCES = st.floats(0, 1, exclude_max=True)


@given(st.integers(1, 1000), CHANCES)
def test_a_wait_lies_in_the_upper_half_of_its_doubling_and_below_fifteen_minutes(attempts: int, chance: float) -> None:
    doubled = min(2 * 2 ** (min(attempts, 20) - 1), backoff.LONGEST)
    assert doubled / 2 <= backoff.wait(attempts, chance) <= doubled


@given(st.integers(1, 1000), CHANCES, CHANCES)
def test_even_with_bad_luck_the_next_wait_is_not_shorter(attempts: int, early: float, late: float) -> None:
    assert backoff.wait(attempts + 1, late) >= min(backoff.wait(attempts, early), backoff.LONGEST / 2)


def test_what_failed_together_does_not_come_again_together() -> None:
    waits = {backoff.wait(5, n / 100) for n in range(100)}
    assert len(waits) == 100
    assert (min(waits), round(max(waits), 1)) == (16, 31.8)


@given(CHANCES)
def test_a_handset_is_tried_twice_more_and_late(chance: float) -> None:
    waits = [backoff.unreachable(tries, chance) for tries in (1, 2, 3, 4)]
    assert waits[2:] == [None, None]
    assert 12 * 60 <= (waits[0] or 0) <= 18 * 60
    assert 36 * 60 <= (waits[1] or 0) <= 54 * 60


@given(st.integers(1, 1000), CHANCES)
def test_a_channel_is_stopped_for_about_a_minute_at_first_and_for_fifteen_at_most(failures: int, chance: float) -> None:
    assert 48 <= backoff.stop(1, chance) <= 60
    assert 48 <= backoff.stop(failures, chance) <= 900
    assert backoff.stop(10, chance) >= 720
