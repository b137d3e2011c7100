"""The clinic's name and address, as booking told them, for the head of a form."""

from __future__ import annotations

import phonenumbers
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.contracts.booking import ClinicChanged
from services.referrals.forms.letterhead import Letterhead
from services.referrals.models import Clinic


def clinic_changed(session: Session, event: ClinicChanged) -> None:
    told = {name: getattr(event, name) for name in ("version", "name", "address", "phone", "email")}
    row = insert(Clinic).values(id=event.clinic_id, **told)
    newer = row.on_conflict_do_update(
        index_elements=[Clinic.id],
        set_={name: row.excluded[name] for name in told},
        where=row.excluded.version > Clinic.version,
    )
    session.execute(newer)


def letterhead(session: Session, upload_at: str) -> Letterhead:
    """Without a name until booking told it."""
    clinic = session.scalar(select(Clinic).order_by(Clinic.id).limit(1))
    if clinic is None:
        return Letterhead(upload_at)
    return Letterhead(upload_at, clinic.name, clinic.address, _said(clinic.phone), clinic.email)


def _said(phone: str) -> str:
    """As people of that country write it."""
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return phone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
