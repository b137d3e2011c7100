"""Timed units by the 8-minute rule.

Source: CMS, Medicare Claims Processing Manual, chapter 5, section 20.2: one unit from 8 minutes, two from 23, three
from 38, and so on by fifteen. Codes are given as numbers; what they are called here is our own wording.
"""

from __future__ import annotations

CPT = {"97124": "massage", "97140": "manual therapy"}

RULE = "One unit is 8 to 22 minutes, two are 23 to 37, three 38 to 52, and so on by 15."


def units(minutes: int) -> int:
    """How many 15-minute units that many minutes of hands-on time are; none below 8."""
    return (minutes + 7) // 15 if minutes >= 8 else 0


def billed(minutes: int, said: int | None) -> str | None:
    """Why a number of units that somebody gives is not the one of the rule; None when it is, or none was given."""
    if said is None or said == units(minutes):
        return None
    return f"{minutes} minutes are {units(minutes)} units. {RULE}"


def together(codes: set[str]) -> str | None:
    """Massage and manual therapy are not both billed for one session."""
    return "97124 and 97140 are not billed for one and the same session." if codes.issuperset(CPT) else None
