"""What a patient needs of whoever treats them, as far as planning and matching care."""

from __future__ import annotations

from dataclasses import dataclass

from services.booking.practice.travel import Position, position
from services.contracts.referrals import Care


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    conditions: tuple[str, ...] = ()
    """ICD-10-CM categories."""
    certifications: frozenset[str] = frozenset()
    """All that a therapist must hold."""
    language: str | None = None
    sex: str | None = None
    """Of the therapist, where the patient asks."""
    home: Position | None = None

    @classmethod
    def of(cls, care: Care, certifications: frozenset[str]) -> Needs:
        return cls(
            conditions=care.conditions,
            certifications=certifications,
            language=care.language,
            sex=care.therapist_sex,
            home=home_of(care),
        )


NO_NEEDS = Needs()


def home_of(care: Care) -> Position | None:
    """Where the patient lives, where the referral told."""
    return position(care.latitude, care.longitude)
