"""How long what a practice did has to be kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


def kept_until(acts: Iterable[datetime], years: int) -> datetime | None:
    """So many years after the last act, to the day; None where nothing was done. The 29th of February counts as the
    28th where there is none.
    """
    last = max(acts, default=None)
    if last is None:
        return None
    try:
        return last.replace(year=last.year + years)
    except ValueError:
        return last.replace(year=last.year + years, day=28)
