"""The one-time codes on printed forms: 128 random bits, kept as a keyed hash, bound to a form and a practice."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.chassis import audit, context
from services.chassis.ids import new_id
from services.chassis.refusals import Refusal
from services.chassis.vault import Vault
from services.referrals.models import IntakeCode, Physician, Referral
from services.referrals.models.documents import FormKind

GOOD_FOR = timedelta(days=180)
LENGTH = 26
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that looks like a digit."""
_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class IntakeCodeUnknown(Refusal):
    status = 404
    message = "This code is not one of ours. Look for a mistyped letter."


class IntakeCodeExpired(Refusal):
    message = "This form is too old. Print a new one, or type the referral in without the code."


class IntakeCodeUsed(Refusal):
    """Facts: reference, of what it became."""

    message = "This form was taken in already."


def mint(session: Session, vault: Vault, kind: FormKind, physician: Physician | None, *, now: datetime) -> str:
    """A new code, told this once."""
    bits = secrets.randbits(128)
    code = "".join(_LETTERS[bits >> 5 * place & 31] for place in reversed(range(LENGTH)))
    row = IntakeCode(
        id=new_id(), hash=_hash(vault, code), kind=kind, physician_id=physician and physician.id, made_at=now,
        made_by=context.actor.get().id, expires_at=now + GOOD_FOR,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(session, "form_made", "intake_code", row.id, kind=kind)
    return code


def find(session: Session, vault: Vault, code: str, *, now: datetime) -> IntakeCode:
    """A code that is still good, locked. Raises `IntakeCodeUnknown`, `IntakeCodeExpired`, `IntakeCodeUsed`."""
    row = known(session, vault, code)
    if row is None:
        raise IntakeCodeUnknown
    if row.referral_id:
        raise IntakeCodeUsed(reference=session.get_one(Referral, row.referral_id).reference)
    if row.expires_at <= now:
        raise IntakeCodeExpired
    return row


def known(session: Session, vault: Vault, code: str) -> IntakeCode | None:
    """Locked: of two that use it at once, the second waits here, and finds it used."""
    meant = code.upper().translate(_MEANT)
    query = select(IntakeCode).where(IntakeCode.hash == _hash(vault, meant)).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def use(row: IntakeCode, referral_id: UUID, *, now: datetime) -> None:
    row.used_at, row.referral_id = now, referral_id


def spoken(code: str) -> str:
    """As it is printed: `01234-56789-…`, in groups that a person can type."""
    return "-".join(code[start : start + 5] for start in range(0, len(code), 5))


def _hash(vault: Vault, code: str) -> str:
    return vault.hash("intake_code", code)
