"""From claimed rows to letters: who is written to, where, and in which words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from services.chassis import clock
from services.notify import links, words
from services.notify.addresses import AddressBook
from services.notify.cases import reach
from services.notify.models import Clinic, Contact, Message, Offer, Referral, Series, Visit, VisitAct
from services.notify.settings import Settings
from services.notify.transports.answer import Letter

log = structlog.get_logger()

LINKS: dict[str, links.Purpose] = {
    "series_confirmation": "series",
    "visits_changed": "series",
    "session_update": "report",
    "closing_report": "report",
}
SERIES_LINK_AFTER_LAST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Known:
    message: Message
    clinic: Clinic
    contact: Contact
    referral: Referral | None
    series: Series | None
    visit: Visit | None
    offer: Offer | None
    place: str | None
    """Where the visit is, if its last act says so."""
    to_come: bool
    """Whether any visit of the series is."""


def letters(
    session: Session, settings: Settings, book: AddressBook, ids: Sequence[UUID]
) -> Iterator[tuple[Message, Letter | None]]:
    """Each message with its letter; None for the desk, or when it may not or cannot be written."""
    known = _known(session, ids)
    now = clock.now(session)
    reachable = reach(session, {one.message.recipient for one in known})
    for one in known:
        can = reachable[one.contact.id]
        allowed = {"text": can.text, "email": can.email, "desk": False}[one.message.channel]
        yield one.message, _letter(session, settings, book, one, now) if allowed else None


def _known(session: Session, ids: Sequence[UUID]) -> list[Known]:
    acts = select(VisitAct.place).where(VisitAct.visit_id == Message.session_id)
    place = acts.order_by(VisitAct.version.desc()).limit(1).scalar_subquery()
    still = ("booked", "confirmed", "arrived")
    to_come = exists().where(Visit.series_id == Message.series_id, Visit.status.in_(still)).correlate(Message)
    rows = session.execute(
        select(Message, Clinic, Contact, Referral, Series, Visit, Offer, place, to_come)
        .join(Contact, Contact.id == Message.recipient)
        .join(Clinic, Clinic.id == select(Clinic.id).limit(1).scalar_subquery())
        .outerjoin(Referral, Referral.id == Message.referral_id)
        .outerjoin(Series, Series.id == Message.series_id)
        .outerjoin(Visit, Visit.id == Message.session_id)
        .outerjoin(Offer, Offer.id == Message.subject_id)
        .where(Message.id.in_(ids))
        .execution_options(populate_existing=True)
    )
    found: list[Any] = list(rows)
    return [Known(*row) for row in found]


def _letter(session: Session, settings: Settings, book: AddressBook, one: Known, now: datetime) -> Letter | None:
    message, language = one.message, one.contact.language
    try:
        facts = _facts(one) | _link(session, settings, one, now)
        shared: tuple[Any, Any, int, str] = (message.id, message.attempt_id, message.fence, message.channel)
        if message.channel == "text":
            body = words.text_message(message.kind, language, facts)
            return Letter(*shared, book.open(one.contact.phone or ""), body)
        mail = words.email(message.kind, language, facts)
        return Letter(
            *shared, book.open(one.contact.email or ""), mail.text, mail.subject, mail.html,
            one.clinic.name, one.clinic.email,
        )  # fmt: skip
    except Exception as error:
        # One template's or one contact's fault must not hold up the others of the batch.
        log.error("letter_not_written", message_id=str(message.id), kind=message.kind, exc_info=error)
        return None


def _facts(one: Known) -> dict[str, Any]:
    message, zone, language = one.message, ZoneInfo(one.message.zone), one.contact.language
    facts: dict[str, Any] = {
        "clinic": one.clinic.name, "phone": words.phone(one.clinic.phone), "by": message.by, "to_come": one.to_come,
        "address": None if one.place == "home" else one.place,
    }  # fmt: skip
    if one.referral:
        facts["reference"] = one.referral.reference
    if one.series:
        facts |= {"visits": one.series.visits, "last_day": words.day(one.series.last_at, zone, language)}
    if one.visit:
        facts |= {"number": one.visit.number, "of": one.visit.of_visits, "confirmed": one.visit.status == "confirmed"}
    if at := message.starts_at or (one.series and one.series.first_at):
        facts |= {"day": words.day(at, zone, language), "time": words.time(at, zone)}
    if message.was_at:
        facts["was_day"] = words.day(message.was_at, zone, language)
    if one.offer:
        by = one.offer.answer_by
        facts |= {"by_day": words.day(by, zone, language), "by_time": words.time(by, zone)}
    return facts


def _link(session: Session, settings: Settings, one: Known, now: datetime) -> dict[str, str]:
    purpose = LINKS.get(one.message.kind)
    if purpose is None or one.message.series_id is None:
        return {}
    until = now + links.LASTS_FOR
    if purpose == "series" and one.series:
        until = one.series.last_at + SERIES_LINK_AFTER_LAST
    token = links.make(
        session, settings.link_secret, purpose, one.message.series_id, one.message.referral_id,
        one.message.recipient, one.message.role, until,
    )  # fmt: skip
    return {"link": f"{settings.public_url.rstrip('/')}/l/{token}"}
