"""Pain over a series, judged against the change that matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

CHANGE_THAT_MATTERS = 2
"""Points on the numeric pain rating scale (0 to 10, lower is better)."""

Status = Literal["improving", "plateau", "worsening"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`change` is negative when there is less pain; all are None before the first visit was kept."""

    first_pain: int | None = None
    last_pain: int | None = None
    change: int | None = None
    status: Status | None = None


def judge(pains: Sequence[tuple[int, int]]) -> Outcome:
    """From (before, after) of each visit kept, in order: before the first visit against after the last."""
    if not pains:
        return Outcome()
    first, last = pains[0][0], pains[-1][1]
    return Outcome(first, last, last - first, _status(last - first))


def _status(change: int) -> Status:
    if change <= -CHANGE_THAT_MATTERS:
        return "improving"
    return "worsening" if change >= CHANGE_THAT_MATTERS else "plateau"
