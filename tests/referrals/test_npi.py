"""The check digit of a physician's identifier."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referrals.people.npi import is_npi

DIGITS = st.text("0123456789", min_size=10, max_size=10)
DOUBLED = {"0": 0, "1": 2, "2": 4, "3": 6, "4": 8, "5": 1, "6": 3, "7": 5, "8": 7, "9": 9}


def check_digit_by_table(nine: str) -> int:
    """The same rule told otherwise: the prefix contributes 24, and doubled digits come from a table."""
    total = 24 + sum(DOUBLED[digit] for digit in nine[0::2]) + sum(int(digit) for digit in nine[1::2])
    return -total % 10


@pytest.mark.parametrize("npi", ["1234567893", "1932104098"])
def test_known_identifiers_are_recognised(npi: str) -> None:
    assert is_npi(npi)


def test_the_published_example_with_a_wrong_check_digit_is_refused() -> None:
    assert not is_npi("1234567898")


@given(DIGITS)
def test_the_check_digit_agrees_with_an_independent_reckoning(digits: str) -> None:
    assert is_npi(digits) == (int(digits[9]) == check_digit_by_table(digits[:9]))


@given(DIGITS, st.integers(0, 9), st.integers(1, 9))
def test_any_single_wrong_digit_is_noticed(digits: str, place: int, step: int) -> None:
    npi = digits[:9] + str(check_digit_by_table(digits[:9]))
    wrong = npi[:place] + str((int(npi[place]) + step) % 10) + npi[place + 1 :]
    assert is_npi(npi)
    assert not is_npi(wrong)


@given(st.text(max_size=12).filter(lambda text: not (text.isascii() and text.isdigit() and len(text) == 10)))
def test_whatever_is_not_ten_digits_is_refused(text: str) -> None:
    assert not is_npi(text)
