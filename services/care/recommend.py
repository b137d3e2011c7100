"""A drafted follow-up for the therapist to sign: a proposal with its reasons, never a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from services.care.measures import Measure
from services.care.trend import Status, Trend

FollowUp = Literal["continue", "modify", "re_refer", "discharge"]
FOLLOW_UPS: tuple[FollowUp, ...] = get_args(FollowUp)


@dataclass(frozen=True, slots=True)
class Reason:
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Draft:
    follow_up: FollowUp
    reasons: tuple[Reason, ...]


def draft(trends: Mapping[str, tuple[Measure, Trend]], kept: int, planned: int) -> Draft:
    """From each measure's trend, by label, and how many of the planned visits took place.

    1. Nothing to judge by before two visits took place, or without a measure: continue.
    2. Something is worsening: modify; re-refer once half of the plan is behind.
    3. Everything is as good as it can be, within the change that matters: discharge.
    4. Something is improving: continue, at the end of the plan by a renewal.
    5. Nothing moves: continue before half of the plan, modify after it, re-refer at its end.
    """
    reasons = tuple(_of_measure(label, *judged) for label, judged in trends.items())
    if kept < 2 or not trends:
        return Draft("continue", (*reasons, _TOO_EARLY))
    statuses = {one.status for _, one in trends.values()}
    half, over = 2 * kept >= planned, kept >= planned
    if "worsening" in statuses:
        return Draft("re_refer" if half else "modify", (*reasons, _HALF if half else _WORSENING))
    if all(_is_reached(measure, one) for measure, one in trends.values()):
        return Draft("discharge", (*reasons, _REACHED))
    if "improving" in statuses:
        return Draft("continue", (*reasons, _RENEW if over else _HELPS))
    if over:
        return Draft("re_refer", (*reasons, _NO_EFFECT))
    return Draft("modify", (*reasons, _STANDS)) if half else Draft("continue", (*reasons, _TOO_EARLY))


def _is_reached(measure: Measure, trend: Trend) -> bool:
    return abs(trend.last - measure.best) < measure.matters


def _of_measure(label: str, measure: Measure, trend: Trend) -> Reason:
    sentence = f"{measure.name}: {float(trend.first):g} to {float(trend.last):g} {measure.unit}, {_WORDS[trend.status]}"
    if trend.recent != trend.status:
        sentence += f"; over the last visits {_WORDS[trend.recent]}"
    return Reason(f"{label}_{trend.status}", f"{sentence}. A change of {float(measure.matters):g} matters.")


_WORDS: dict[Status, str] = {"improving": "improving", "plateau": "no change that matters", "worsening": "worsening"}

_TOO_EARLY = Reason("too_early", "It is too early to judge.")
_WORSENING = Reason("change_the_treatment", "It gets worse: change the treatment, and measure again.")
_HALF = Reason("ask_the_physician", "Half of the plan is behind and it gets worse: the physician should look again.")
_REACHED = Reason("goal_reached", "Each measure is as good as it can be, within the change that matters.")
_HELPS = Reason("treatment_helps", "The treatment helps and visits are left.")
_RENEW = Reason("ask_for_renewal", "The treatment helps and the plan is over: ask for a renewal.")
_STANDS = Reason("nothing_moves", "Half of the plan is behind and nothing moves: change the treatment.")
_NO_EFFECT = Reason("no_effect", "The plan is over without a change that matters: the physician should look again.")
