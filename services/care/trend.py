"""Where a measure is going over a series, judged against the change that matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from services.care.measures import Measure

Status = Literal["improving", "plateau", "worsening"]

RUN = 3
"""How many of the newest values are the recent run."""


@dataclass(frozen=True, slots=True)
class Trend:
    """`change` is last minus first, in the measure's own direction; `status` says whether that is good."""

    first: Decimal
    last: Decimal
    change: Decimal
    status: Status
    recent: Status
    """The same over the recent run alone."""


def trend(measure: Measure, values: Sequence[Decimal]) -> Trend | None:
    """From values in their order of time; None without any, and a plateau with one.

    1. The last value against the first: better by the change that matters is improving, worse by it worsening,
       anything between is a plateau.
    2. The last value against the first of the recent run, by the same rule.
    3. A recent worsening takes a step down: what was gained and is being lost again is a plateau, and what was a
       plateau is worsening. A recent improvement lifts nothing: it has to make good what was lost before it counts.
    """
    if not values:
        return None
    overall, recent = _judge(measure, values), _judge(measure, values[-RUN:])
    status: Status = _STEP_DOWN[overall] if recent == "worsening" else overall
    return Trend(values[0], values[-1], values[-1] - values[0], status, recent)


_STEP_DOWN: dict[Status, Status] = {"improving": "plateau", "plateau": "worsening", "worsening": "worsening"}


def _judge(measure: Measure, values: Sequence[Decimal]) -> Status:
    change = values[-1] - values[0]
    gained = -change if measure.better == "lower" else change
    if gained >= measure.matters:
        return "improving"
    return "worsening" if gained <= -measure.matters else "plateau"
