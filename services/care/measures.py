"""Outcome measures: their ranges, their directions, and the change that matters to a patient.

Sources: Abbott and Schmitt, JOSPT 2014;44:560 (NPRS and PSFS, small to large changes) and the measures' own papers.
Only scores are known here; the wording of a questionnaire belongs to its owner.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Better = Literal["lower", "higher"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """`matters` is the smallest change that counts, in the measure's unit."""

    code: str
    name: str
    least: int
    most: int
    better: Better
    matters: Decimal
    unit: str = "points"
    step: Decimal = Decimal(1)
    """What scores are multiples of."""
    detail: str | None = None
    """What has to be said besides: of which joint and movement, of which activity."""
    loinc: str | None = None

    @property
    def best(self) -> int:
        return self.least if self.better == "lower" else self.most


TENTH = Decimal("0.1")

MEASURES: dict[str, Measure] = {
    one.code: one
    for one in (
        Measure(
            code="nprs",
            name="Pain, numeric rating",
            least=0,
            most=10,
            better="lower",
            matters=Decimal(2),
            loinc="72514-3",
        ),
        Measure(
            code="vas",
            name="Pain, visual analogue scale",
            least=0,
            most=10,
            better="lower",
            matters=Decimal(2),
            step=TENTH,
            loinc="38214-3",
        ),
        Measure(
            code="odi",
            name="Oswestry Disability Index",
            least=0,
            most=100,
            better="lower",
            matters=Decimal(12),
            unit="%",
        ),
        Measure(
            code="ndi",
            name="Neck Disability Index",
            least=0,
            most=100,
            better="lower",
            matters=Decimal(14),
            unit="%",
        ),
        Measure(
            code="psfs",
            name="Patient-Specific Functional Scale",
            least=0,
            most=10,
            better="higher",
            matters=Decimal("2.3"),
            step=TENTH,
        ),
        Measure(
            code="lefs",
            name="Lower Extremity Functional Scale",
            least=0,
            most=80,
            better="higher",
            matters=Decimal(9),
        ),
        Measure(
            code="uefi",
            name="Upper Extremity Functional Index",
            least=0,
            most=80,
            better="higher",
            matters=Decimal(6),
        ),
        Measure(code="phq9", name="PHQ-9", least=0, most=27, better="lower", matters=Decimal(5), loinc="44261-6"),
        Measure(code="gad7", name="GAD-7", least=0, most=21, better="lower", matters=Decimal(4), loinc="70274-6"),
        # Ten degrees are twice the five by which two readings of a goniometer commonly differ: a convention of ours.
        Measure(
            code="rom",
            name="Range of motion",
            least=-30,
            most=180,
            better="higher",
            matters=Decimal(10),
            unit="degrees",
            detail="the joint and the movement, such as left_shoulder_flexion",
        ),
    )
}

_DETAIL = re.compile(r"[a-z][a-z0-9_]{1,59}", re.ASCII)


def detail_mistake(measure: Measure, detail: str) -> str | None:
    """`detail` is a code, not a sentence: it is kept as it is. PSFS may name an activity, others name nothing."""
    if measure.detail and not detail:
        return f"Say {measure.detail}."
    if detail and measure.code not in ("rom", "psfs"):
        return "This measure has no detail."
    if detail and not _DETAIL.fullmatch(detail):
        return "Write a code such as left_shoulder_flexion."
    return None


def value_mistake(measure: Measure, value: Decimal) -> str | None:
    if not measure.least <= value <= measure.most:
        return f"{measure.name} is {measure.least} to {measure.most} {measure.unit}."
    if value % measure.step:
        return "Give a whole number." if measure.step == 1 else "Give at most one decimal."
    return None
