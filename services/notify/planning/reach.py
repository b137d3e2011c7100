"""How people can be reached."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.notify.models import Block, Contact, MergedPatient
from services.notify.people.agreement import agrees
from services.notify.schedule import Reach


def reach(session: Session, people: set[UUID]) -> dict[UUID, Reach]:
    """How those of them whose contact is known can be reached. Physicians are never texted."""
    person = select(MergedPatient.person_id).where(MergedPatient.patient_id == Contact.id).scalar_subquery()
    rows: Any = session.execute(
        select(
            Contact.id, person, Contact.timezone,
            Contact.phone.is_not(None), agrees("text"), _blocked(Contact.phone_hash, "text"),
            Contact.email.is_not(None), agrees("email"), _blocked(Contact.email_hash, "email"),
            Contact.delivery == "fax",
        ).where(Contact.id.in_(people))
    )  # fmt: skip
    return {row[0]: _reach(*row) for row in rows}


def _reach(
    id_: UUID, person: UUID | None, zone: str | None, has_number: bool, texts: bool, text_blocked: str | None,
    has_address: bool, emails: bool, email_blocked: str | None, fax: bool,
) -> Reach:  # fmt: skip
    no_text = text_blocked or (None if texts else "no_consent") if has_number else "no_number"
    no_email = email_blocked or (None if emails else "no_consent") if has_address else "no_address"
    no_email = "fax_wanted" if fax else no_email
    return Reach(
        id_, text=no_text is None, email=no_email is None, zone=ZoneInfo(zone) if zone else None,
        no_text=no_text, no_email=no_email, person_id=person or id_,
    )  # fmt: skip


def _blocked(address_hash: Any, channel: str) -> Any:
    """Why, or NULL."""
    return select(Block.reason).where(Block.address_hash == address_hash, Block.channel == channel).scalar_subquery()
