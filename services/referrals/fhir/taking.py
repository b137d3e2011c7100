"""From the body of a request to an intake that can be taken, or to everything that stands in its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.chassis.fhir import FhirRefused, Issue
from services.chassis.refusals import Invalid
from services.referrals import office
from services.referrals.fhir.elements import Draft, Element
from services.referrals.fhir.mapping import draft_of
from services.referrals.fhir.outcome import asked_for, issues_of, once
from services.referrals.fhir.reading import read_message
from services.referrals.fhir.unread import unread
from services.referrals.intake.reading import read_open


@dataclass(frozen=True)
class Sent:
    """A message, read but not judged by the day it is."""

    draft: Draft
    order: Element
    issues: list[Issue]

    def judge(self, now: datetime) -> Judged:
        """Raises `FhirRefused` with everything that is wrong."""
        issues = list(self.issues)
        intake: dict[str, Any] = {}
        missing: Sequence[str] = ()
        try:
            intake, missing = read_open(self.draft.document, office.calendar(now), office.table())
        except Invalid as invalid:
            issues += issues_of(invalid.facts, self.draft, self.order.path)
        if issues:
            raise FhirRefused(422, once(issues))
        return Judged(intake, tuple(missing), asked_for(missing, self.draft, self.order.path))

    def remarks(self) -> list[Issue]:
        """What is in the order and is not read."""
        return unread(self.order)


@dataclass(frozen=True)
class Judged:
    intake: dict[str, Any]
    missing: tuple[str, ...]
    asked: list[Issue]


def sent(document: Any) -> Sent:
    """Raises `FhirRefused` when there is nothing that could be read further."""
    return Sent(*draft_of(*read_message(document)))
