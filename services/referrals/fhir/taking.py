"""From the body of a request to an intake that can be taken, or to everything that stands in its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from services.chassis.api import runtime
from services.chassis.fhir import FhirRefused, Issue
from services.chassis.refusals import Invalid
from services.referrals import office
from services.referrals.fhir.elements import Draft, Element
from services.referrals.fhir.mapping import draft_of
from services.referrals.fhir.outcome import asked_for, issues_of, once
from services.referrals.fhir.reading import Message, read_message
from services.referrals.fhir.standing import left_out
from services.referrals.fhir.unread import unread
from services.referrals.intake.reading import read_open
from services.referrals.intake.receive import PlacerNumberReused, receive
from services.referrals.models import Referral


@dataclass(frozen=True)
class Sent:
    """A message, read but not judged by the day it is."""

    message: Message
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
        """What is in the order and is read otherwise, or not at all."""
        return [*left_out(self.message, self.order), *unread(self.order)]

    def condition(self) -> Element:
        """Of a transaction: under which the order is to be made."""
        entry = Element(self._entry(), self.order.path.removesuffix(".resource"))
        return entry.child("request").child("ifNoneExist")

    def _entry(self) -> Any:
        entries = self.message.root.each("entry")
        return next((each.value for each in entries if each.child("resource").path == self.order.path), None)


@dataclass(frozen=True)
class Judged:
    intake: dict[str, Any]
    missing: tuple[str, ...]
    asked: list[Issue]


def kept(session: Session, message: Sent, judged: Judged, now: datetime) -> tuple[Referral, bool]:
    """The referral, and whether it is new. Raises `FhirRefused` for what only the referrals that are there can tell."""
    try:
        return receive(session, runtime().outbox, office.vault(), judged.intake, now, judged.missing)
    except Invalid as invalid:
        raise FhirRefused(422, once(issues_of(invalid.facts, message.draft, message.order.path))) from None
    except PlacerNumberReused as reused:
        where = message.draft.origin(("placer", "number")) or message.order.path
        raise FhirRefused(409, [Issue("conflict", reused.message, where)]) from None


def sent(document: Any) -> Sent:
    """Raises `FhirRefused` when there is nothing that could be read further."""
    message, faults = read_message(document)
    return Sent(message, *draft_of(message, faults))
