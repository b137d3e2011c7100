"""Who may treat under an order, who suits best, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.booking.practice import travel
from services.booking.practice.location import Licence, Practice, Therapist
from services.booking.practice.needs import Needs
from services.contracts.referrals import OrderTerms


@dataclass(frozen=True, slots=True)
class Reason:
    """For a therapist or against; against and `bars` means that they may not treat at all."""

    code: str
    speaks_for: bool
    facts: Mapping[str, Any] = field(default_factory=dict)
    bars: bool = False
    worth: float = 0.0
    """In the ranking: plus or minus."""

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, **self.facts}


@dataclass(frozen=True, slots=True)
class Match:
    therapist: Therapist
    reasons: tuple[Reason, ...]

    @property
    def may_treat(self) -> bool:
        return not any(reason.bars for reason in self.reasons)

    @property
    def worth(self) -> float:
        return sum(reason.worth for reason in self.reasons)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.therapist.id,
            "name": self.therapist.name,
            "may_treat": self.may_treat,
            "reasons_for": [reason.to_json() for reason in self.reasons if reason.speaks_for],
            "reasons_against": [reason.to_json() for reason in self.reasons if not reason.speaks_for],
        }


def matches(
    practice: Practice, terms: OrderTerms, needs: Needs, treated: Mapping[int, int], until: date
) -> list[Match]:
    """Every therapist, those who may treat first, then who suits best.

    `treated` counts the completed series of each for a similar condition here; `until` is the last date on which
    a visit could be.
    """
    found = [match(practice, one, terms, needs, treated.get(one.id, 0), until) for one in practice.therapists]
    return sorted(found, key=lambda one: (not one.may_treat, -one.worth, one.therapist.id))


def match(practice: Practice, one: Therapist, terms: OrderTerms, needs: Needs, treated: int, until: date) -> Match:
    reasons = [
        *_licence(practice, one, terms, until),
        *_techniques(one, terms),
        *_certifications(one, needs),
        *_experience(one, needs, treated),
        *_language(one, needs),
        *_sex(one, needs),
        *_way(practice, one, terms, needs),
    ]
    return Match(one, tuple(reasons))


def who_may_treat(practice: Practice, terms: OrderTerms, needs: Needs) -> list[Therapist]:
    """By id; on which dates their licence lets them, the open hours say."""
    until = min(terms.valid_until, practice.horizon)
    found = (match(practice, one, terms, needs, 0, until) for one in practice.therapists)
    return [one.therapist for one in found if one.may_treat]


def _licence(practice: Practice, one: Therapist, terms: OrderTerms, until: date) -> Iterator[Reason]:
    held = [licence for licence in one.licences_in(practice.state) if licence.overlaps(practice.today, until)]
    if not held:
        yield Reason("no_licence", False, {"state": practice.state}, bars=True)
        return
    longest = max(held, key=lambda licence: licence.valid_until)
    facts = {"state": longest.state, "until": longest.valid_until.isoformat()}
    yield Reason("licensed", True, facts)
    if not _without_a_break(held, practice.today, until):
        yield Reason("licence_not_throughout", False, facts, worth=-1)


def _without_a_break(held: list[Licence], first: date, last: date) -> bool:
    """Whether some licence or other is in force on every date."""
    reached = first.toordinal()
    for licence in sorted(held, key=lambda one: one.valid_from or date.min):
        if (licence.valid_from or date.min).toordinal() <= reached:
            reached = max(reached, licence.valid_until.toordinal() + 1)
    return reached > last.toordinal()


def _techniques(one: Therapist, terms: OrderTerms) -> Iterator[Reason]:
    asked = frozenset(terms.techniques)
    if known := sorted(asked & one.techniques):
        yield Reason("techniques_known", True, {"techniques": known})
    if missing := sorted(asked - one.techniques):
        yield Reason("techniques_missing", False, {"techniques": missing}, bars=True)


def _certifications(one: Therapist, needs: Needs) -> Iterator[Reason]:
    if held := sorted(needs.certifications & one.certifications):
        yield Reason("certified", True, {"certifications": held})
    if missing := sorted(needs.certifications - one.certifications):
        yield Reason("certification_missing", False, {"certifications": missing}, bars=True)


def _experience(one: Therapist, needs: Needs, treated: int) -> Iterator[Reason]:
    """Ten series are as good as twenty: what counts is the first few."""
    elsewhere = sum(one.experience.get(condition, 0) for condition in set(needs.conditions))
    series = treated + elsewhere
    if series:
        yield Reason(
            "experienced", True, {"series_here": treated, "series_elsewhere": elsewhere}, worth=min(series, 10) * 0.3
        )
    elif needs.conditions:
        yield Reason("not_experienced", False)


def _language(one: Therapist, needs: Needs) -> Iterator[Reason]:
    if needs.language in one.languages:
        yield Reason("speaks_the_language", True, {"language": needs.language}, worth=2)
    elif needs.language and one.languages:
        yield Reason("does_not_speak_the_language", False, {"language": needs.language}, worth=-2)


def _sex(one: Therapist, needs: Needs) -> Iterator[Reason]:
    if needs.sex and one.sex == needs.sex:
        yield Reason("sex_as_asked", True, {"sex": needs.sex})
    elif needs.sex:
        yield Reason("sex_not_as_asked", False, {"asked": needs.sex, "sex": one.sex}, bars=True)


def _way(practice: Practice, one: Therapist, terms: OrderTerms, needs: Needs) -> Iterator[Reason]:
    if not terms.home_visit:
        return
    if not one.home_visits:
        yield Reason("no_home_visits", False, bars=True)
        return
    minutes = travel.minutes(one.base, needs.home, practice.policy)
    km = round(travel.distance_km(one.base, needs.home), 1) if one.base and needs.home else None
    facts = {"minutes": minutes, "km": km}
    yield Reason("makes_home_visits", True, facts, worth=-minutes / 30)
