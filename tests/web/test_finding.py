"""Somebody calls and says a name: whose referral is meant."""

from __future__ import annotations

import pytest

from services.web.desk.finding import is_meant


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("hopper", "Grace Hopper"),
        ("hopper grace", "Grace Hopper"),
        ("penal", "Joaquín Peñaloza"),
        ("IBÁÑEZ", "Mercedes Ibañez"),
        ("fitz odu", "Wilhelmina Fitzgerald-Oduya"),
    ],
)
def test_case_accents_order_and_the_rest_of_a_name_do_not_matter(typed: str, name: str) -> None:
    assert is_meant(typed, name, "R-2026-000001")


@pytest.mark.parametrize("typed", ["", " - ", "race", "grace hoppe x", "Grace Kelly"])
def test_what_is_no_beginning_of_a_name_means_somebody_else(typed: str) -> None:
    assert not is_meant(typed, "Grace Hopper", "R-2026-000001")


def test_the_end_of_a_reference_is_enough() -> None:
    assert is_meant("000042", "Grace Hopper", "R-2026-000042")
