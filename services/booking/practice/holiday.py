"""Public holidays of a country and its state."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date
from functools import lru_cache

_OBSERVED = re.compile(r" \(observed[^)]*\)\Z")


def holidays_between(country: str, state: str | None, first: date, last: date, open_on: Collection[str]) -> set[date]:
    """Dates, both ends included, without those whose every name, or whose ISO date, is in `open_on`.

    A holiday that is observed on another day has the same name there.
    """
    return {
        day
        for year in range(first.year, last.year + 1)
        for day, names in of_year(country, state, year)
        if first <= day <= last and day.isoformat() not in open_on and not names.issubset(open_on)
    }


@lru_cache(maxsize=512)
def of_year(country: str, state: str | None, year: int) -> tuple[tuple[date, frozenset[str]], ...]:
    """Each holiday with its names, in the language that the country names them in by itself.

    Raises `NotImplementedError` for a country or state that is not known. Source: the `holidays` library.
    """
    # large, and asked once a country and year
    import holidays

    found = holidays.country_holidays(country, subdiv=state, years=year)
    return tuple((day, frozenset(_names(said))) for day, said in sorted(found.items()) if day.year == year)


def _names(said: str) -> Iterator[str]:
    return (_OBSERVED.sub("", name) for name in said.split("; "))
