"""A referral from paper: a form that was filled in on the screen, or one that somebody at the desk types in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.care.contraindications import Table
from services.chassis import audit
from services.chassis.outbox import Outbox
from services.chassis.refusals import Invalid
from services.chassis.vault import Vault
from services.referrals.forms.fields import CODE
from services.referrals.forms.reading import by_label, document_of
from services.referrals.intake.reading import read_open
from services.referrals.intake.receive import receive
from services.referrals.intake.rules import Calendar
from services.referrals.models import Document, IntakeCode, Physician, Referral
from services.referrals.paper import documents, intake_codes
from services.referrals.paper.content import MediaType
from services.referrals.view import physician as shown_physician

OTHER_PRACTICE = "This form was made for another physician."


@dataclass(frozen=True, slots=True)
class Office:
    """What every act here needs."""

    session: Session
    outbox: Outbox
    vault: Vault
    table: Table
    calendar: Calendar
    now: datetime


def take_form(
    office: Office, kind: str, values: Mapping[str, str], content: bytes, media_type: MediaType
) -> tuple[Referral, Document, bool]:
    """The referral, the form itself, and whether the referral is new. The same file again gives the same referral.

    Raises `Invalid` by the labels as printed; `IntakeCodeUnknown`, `IntakeCodeExpired`, `IntakeCodeUsed`,
    `PlacerNumberReused`.
    """
    code, earlier = _code(office, values.get(CODE, ""), content)
    if earlier:
        return office.session.get_one(Referral, earlier.referral_id), earlier, False
    intake, missing = _read(office, kind, values)
    _check_practice(office, code, intake, kind)
    referral, new = receive(office.session, office.outbox, office.vault, intake, office.now, missing)
    seal = office.vault.seal
    document, _ = documents.keep(office.session, seal, content, media_type, referral=referral, now=office.now)
    if code:
        intake_codes.use(code, referral.id, now=office.now)
    return referral, document, new


def type_in(office: Office, said: Any, code_text: str | None, document_ids: Sequence[UUID]) -> tuple[Referral, bool]:
    """What somebody read from a sheet; `said` is an intake document, perhaps with gaps.

    Raises what `read_open` and `receive` raise, the refusals of a code, and `NotFound` for a document that does not
    wait.
    """
    code = intake_codes.find(office.session, office.vault, code_text, now=office.now) if code_text else None
    intake, missing = read_open(said, office.calendar, office.table)
    _check_practice(office, code, intake)
    referral, new = receive(office.session, office.outbox, office.vault, intake, office.now, missing)
    documents.attach(office.session, office.outbox, referral, document_ids, code, now=office.now)
    if code:
        intake_codes.use(code, referral.id, now=office.now)
    return referral, new


def open_code(office: Office, code_text: str, content: bytes | None, media_type: MediaType | None) -> dict[str, Any]:
    """What is known of a scanned sheet, to be completed; the scan is kept with its code. Nothing is used up.

    Raises the refusals of a code.
    """
    code = intake_codes.find(office.session, office.vault, code_text, now=office.now)
    if content and media_type:
        documents.keep(office.session, office.vault.seal, content, media_type, code=code, now=office.now)
    audit.record(office.session, "intake_code_opened", "intake_code", code.id)
    kept = documents.of_code(office.session, code)
    return {
        "kind": code.kind,
        "expires_at": code.expires_at.isoformat(),
        "referral": beforehand(office.session, office.vault, code),
        "documents": [documents.told(one) for one in kept],
    }


def beforehand(session: Session, vault: Vault, code: IntakeCode) -> dict[str, Any]:
    """The part of the intake that the form was made with."""
    known: dict[str, Any] = {"kind": code.kind}
    if code.physician_id:
        known["physician"] = shown_physician(session.get_one(Physician, code.physician_id), vault)
    return known


def _code(office: Office, text: str, content: bytes) -> tuple[IntakeCode | None, Document | None]:
    """The form's code, if it has one; or the document that these very bytes are already."""
    if not text:
        return None, None
    row = intake_codes.known(office.session, office.vault, text)
    if row and row.referral_id and (held := documents.same(office.session, content, row.referral_id)):
        return row, held
    return intake_codes.find(office.session, office.vault, text, now=office.now), None


def _read(office: Office, kind: str, values: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    codes = [entry.code for entry in office.table.entries]
    said, wrong = document_of(kind, values, codes)
    try:
        found = read_open(said, office.calendar, office.table)
    except Invalid as invalid:
        # What did not read well is said once, not also as missing.
        raise Invalid(**{**by_label(kind, invalid.facts), **wrong}) from None
    if wrong:
        raise Invalid(**wrong)
    return found


def _check_practice(office: Office, code: IntakeCode | None, intake: dict[str, Any], form: str | None = None) -> None:
    """A form of one practice is not another's. Raises `Invalid`."""
    if code is None or code.physician_id is None:
        return
    if office.session.get_one(Physician, code.physician_id).npi != intake["physician"]["npi"]:
        wrong = {"physician": {"npi": [OTHER_PRACTICE]}}
        raise Invalid(**(by_label(form, wrong) if form else wrong))
