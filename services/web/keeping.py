"""Visits of a series that stay as they were chosen, as an address says it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

Kept = dict[str, dict[str, Any]]
"""By the visit's number, as booking takes it; dates and times are local."""

_KEEP = re.compile(r"(\d{1,3})_(\d{4}-\d\d-\d\d)_(\d\d:\d\d)_(\d{1,18})_(\d{0,18})", re.ASCII)
_NAMES = ("date", "start", "therapist", "room")


def read(given: Sequence[str]) -> Kept:
    """`3_2027-03-09_15:00_2_4`: the third visit then, with therapist 2 in room 4; what is no such thing is left out."""
    found = (_KEEP.fullmatch(one) for one in given[:200])
    return {
        str(int(match[1])): {
            "date": match[2],
            "start": match[3],
            "therapist": int(match[4]),
            "room": int(match[5]) if match[5] else None,
        }
        for match in found
        if match
    }


def local(one: Mapping[str, Any]) -> datetime:
    """When it begins, where it takes place."""
    return datetime.combine(date.fromisoformat(one["date"]), time.fromisoformat(one["start"]))


def written(kept: Kept, number: int, one: Mapping[str, Any]) -> list[str]:
    """With this visit there too."""
    return _said(kept | {str(number): {name: one[name] for name in _NAMES}})


def without(kept: Kept, number: int) -> list[str]:
    """Where this visit is does not matter any more."""
    return _said({each: at for each, at in kept.items() if each != str(number)})


def _said(kept: Kept) -> list[str]:
    return [
        f"{each}_{at['date']}_{at['start']}_{at['therapist']}_{'' if at['room'] is None else at['room']}"
        for each, at in sorted(kept.items(), key=lambda item: int(item[0]))
    ]
