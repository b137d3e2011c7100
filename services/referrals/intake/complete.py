"""A referral that came in with gaps: what is missing is asked for, and filled in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.care.contraindications import Table
from services.chassis import audit
from services.chassis.outbox import Outbox
from services.chassis.refusals import Invalid, NotFound, Refusal
from services.chassis.vault import Vault
from services.contracts.event import Event
from services.contracts.referrals import ReferralReceived
from services.referrals.course.stages import UNREVIEWED
from services.referrals.events import of_referral, resumed, stalled
from services.referrals.intake.open_intake import missing as gaps
from services.referrals.intake.reading import read_open
from services.referrals.intake.rules import Calendar
from services.referrals.intake.writing import document, put
from services.referrals.models import Referral
from services.referrals.people.lookup import root
from services.referrals.people.patients import correct
from services.referrals.review.decision import locked
from services.referrals.whose import theirs

FIXED = ("kind", "placer", "physician", "copy_to", "renews", "replaces")
"""What a referral came with, and stays."""


class NothingMissing(Refusal):
    """Facts: status."""

    message = "Nothing is missing from this referral. What the physician changes is an amendment."


class CannotBeAsked(Refusal):
    """Facts: status."""

    message = "This referral is reviewed already, or over: what is missing cannot be asked for any more."


def complete(
    session: Session,
    outbox: Outbox,
    vault: Vault,
    table: Table,
    referral_id: UUID,
    more: dict[str, Any],
    *,
    now: datetime,
    calendar: Calendar,
) -> Referral:
    """Fill in what was missing; `more` has the shape of an intake with only what is told now.

    Raises `NotFound`, `NothingMissing`, `Invalid`.
    """
    referral = mine(locked(session, referral_id))
    if not may_complete(referral):
        raise NothingMissing(status=referral.status)
    merged, patient = _merged(document(referral, vault), more)
    intake, missing = read_open(merged, calendar, table, tuple(referral.missing))
    outbox.record(session, *_corrected(session, vault, referral, intake, patient, now))
    return completed(session, outbox, vault, referral, intake, missing, now)


def mine(referral: Referral) -> Referral:
    """Raises `NotFound` for a physician's office that did not send it."""
    if not theirs(referral):
        raise NotFound
    return referral


def may_complete(referral: Referral) -> bool:
    """Whether it waits for information, and from whoever acts. What was declined is not brought back like that."""
    return theirs(referral) and referral.status == "needs_information"


def completed(
    session: Session,
    outbox: Outbox,
    vault: Vault,
    referral: Referral,
    intake: dict[str, Any],
    missing: Sequence[str],
    now: datetime,
) -> Referral:
    """Put what is known now; when nothing is missing any more, the referral waits for its review."""
    put(referral, vault, intake, missing)
    referral.version += 1
    told: list[Event] = []
    if not missing:
        referral.status = "received"
        told = [of_referral(ReferralReceived, referral, received_at=now), resumed(referral, "needs_information", now)]
    session.flush()
    audit.record(session, "referral_filled_in", "referral", referral.id, version=referral.version, missing=[*missing])
    outbox.record(session, *told)
    return referral


def ask(
    session: Session, outbox: Outbox, vault: Vault, referral_id: UUID, names: Sequence[str], *, now: datetime
) -> Referral:
    """Whoever looks at it wants to know more: the referral waits until these fields, with dots, are told.

    Raises `NotFound`, `CannotBeAsked`, `Invalid`.
    """
    referral = locked(session, referral_id)
    if referral.status not in UNREVIEWED:
        raise CannotBeAsked(status=referral.status)
    known = document(referral, vault)
    if told := [name for name in names if name not in gaps(known, tuple(names))]:
        raise Invalid(names={names.index(name): ["This is known."] for name in told})
    referral.status = "needs_information"
    referral.missing = list(dict.fromkeys([*referral.missing, *names]))
    referral.version += 1
    session.flush()
    audit.record(session, "referral_asked", "referral", referral.id, version=referral.version, missing=referral.missing)
    outbox.record(session, stalled(referral, "needs_information", now))
    return referral


def _merged(known: dict[str, Any], more: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The whole document, and what of it is told of the patient. Raises `Invalid` for what stays as it came."""
    wrong: dict[str, Any] = {name: [_STAYS] for name in FIXED if name in more}
    patient = more.get("patient") or {}
    if not isinstance(patient, dict):
        raise Invalid(patient=["Not a valid object."])
    if fixed := {name: [_STAYS] for name in ("name", "born_on") if name in patient}:
        wrong["patient"] = fixed
    if wrong:
        raise Invalid(**wrong)
    frequency = more.get("frequency")
    whole = {**known, **more, "patient": {**known["patient"], **patient}}
    if isinstance(frequency, dict):
        whole["frequency"] = {**known["frequency"], **frequency}
    return whole, patient


_STAYS = "This came with the referral, and stays."


def _corrected(
    session: Session, vault: Vault, referral: Referral, intake: dict[str, Any], patient: dict[str, Any], now: datetime
) -> list[Event]:
    told = {name: intake["patient"][name] for name in patient if intake["patient"].get(name) is not None}
    top = root(session, referral.patient)
    return [*correct(session, vault, top, told, source="referral", now=now)] if told else []
