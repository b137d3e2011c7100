"""From claimed rows to letters: who is written to, where, and in which words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.orm import Session

from services.notify import links
from services.notify.models import Message
from services.notify.people.addresses import AddressBook
from services.notify.planning.reach import reach
from services.notify.sending.enclosures import Unfinished
from services.notify.settings import Settings
from services.notify.transports.answer import Letter
from services.notify.wording import locales, words
from services.notify.wording.facts import House, Known, facts, house, known

log = structlog.get_logger()

REGARDLESS = frozenset({"opted_out"})
"""Texts that are sent whatever the person agreed to: they asked for this one."""

LINKS: dict[str, links.Purpose] = {
    "invitation": "book",
    "series_confirmation": "series",
    "visits_changed": "series",
    "aftercare": "series",
    "series_finished": "series",
    "moved": "choose",
    "other_times": "choose",
    "time_gone": "choose",
    "session_update": "report",
    "midpoint_report": "report",
    "closing_report": "report",
    "referral_received": "referral",
    "referral_accepted": "referral",
    "referral_declined": "referral",
    "series_booked": "referral",
    "missed_visit": "referral",
    "not_missed": "referral",
    "series_cancelled": "referral",
    "renewal_request": "referral",
}
LINKS_IN_EMAILS: dict[str, links.Purpose] = {
    "reminder": "choose",
    "restored": "series",
    "missed": "series",
    "waitlist_offer": "offer",
}
"""Where a text has no room for one, or is answered."""

REPORTS = frozenset({"session_update", "midpoint_report", "closing_report"})
CALENDARS = {"series_confirmation": "series", "moved": "visit", "restored": "visit", "cancelled": "visit"}
"""Of what a patient's e-mail carries a calendar object."""

SERIES_LINK_AFTER_LAST = timedelta(days=30)
PREFERENCES_LINK_FOR = timedelta(days=365)


def letters(
    session: Session, settings: Settings, book: AddressBook, ids: Sequence[UUID]
) -> Iterator[tuple[Message, Letter | None]]:
    """Each message with its letter; None for the desk, or when it may not or cannot be written."""
    clinic, found = house(session), known(session, ids)
    reachable = reach(session, {one.message.recipient for one in found})
    allowed = {one.message.id for one in found if _may_be_written(one, reachable[one.message.recipient])}
    urls = _links(session, settings, clinic, [one for one in found if one.message.id in allowed])
    for one in found:
        message = one.message
        yield message, _letter(book, clinic, one, urls.get(message.id, {})) if message.id in allowed else None


def _may_be_written(one: Known, can: Any) -> bool:
    match one.message.channel:
        case "text":
            return bool(can.text or (one.message.kind in REGARDLESS and one.phone))
        case "email":
            return bool(can.email)
        case _:
            return False


def _letter(book: AddressBook, clinic: House, one: Known, urls: dict[str, str]) -> Letter | None:
    message = one.message
    shared: tuple[Any, Any, int, str] = (message.id, message.attempt_id, message.fence, message.channel)
    try:
        language = words.spoken(message.kind, message.channel, one.language, clinic.language)
        told = facts(one, clinic, language) | urls
        if message.channel == "text":
            return Letter(*shared, book.open(one.phone or ""), words.text_message(message.kind, language, told))
        mail = words.email(message.kind, language, told)
        return Letter(
            *shared, book.open(one.email or ""), mail.text, mail.subject, mail.html, clinic.name, clinic.email,
            preferences=urls["preferences"] if message.role == "patient" else "",
            unfinished=_unfinished(one, clinic, language, told),
        )  # fmt: skip
    except Exception as error:
        # One template's or one contact's fault must not hold up the others of the batch.
        log.error("letter_not_written", message_id=str(message.id), kind=message.kind, exc_info=error)
        return None


def _unfinished(one: Known, clinic: House, language: str, told: dict[str, Any]) -> Unfinished | None:
    message, what = one.message, CALENDARS.get(one.message.kind)
    if message.role == "physician":
        what = "report" if clinic.full_content and message.kind in REPORTS else None
    about = message.session_id if what == "visit" else message.series_id
    if what is None or about is None:
        return None
    return Unfinished(what, about, message.kind, language, clinic.timezone, told)  # type: ignore[arg-type]


def _links(session: Session, settings: Settings, clinic: House, found: list[Known]) -> dict[UUID, dict[str, str]]:
    """By message: what its template calls `link` and `preferences`, and until when the first opens."""
    wanted = [(one, name, link) for one in found for name, link in _wanted(one, clinic.now)]
    tokens = links.make_all(session, settings.link_secret, [link for _, _, link in wanted])
    base = settings.public_url.rstrip("/")
    urls: dict[UUID, dict[str, str]] = {}
    for (one, name, link), token in zip(wanted, tokens, strict=True):
        mine = urls.setdefault(one.message.id, {})
        mine[name] = f"{base}/l/{token}"
        if name == "link" and one.message.role == "physician":
            mine["link_ends"] = locales.day(link.until, ZoneInfo(clinic.timezone), "en", "full")
    return urls


def _wanted(one: Known, now: datetime) -> Iterator[tuple[str, links.Wanted]]:
    message = one.message
    kind = "reminder" if message.kind.startswith("reminder_") else message.kind
    purpose = LINKS.get(kind) or (LINKS_IN_EMAILS.get(kind) if message.channel == "email" else None)
    if purpose and (about := _object(message, purpose)):
        yield "link", _link(message, purpose, about, _until(one, purpose, now))
    if message.channel == "email":
        yield "preferences", _link(message, "preferences", message.recipient, now + PREFERENCES_LINK_FOR)


def _link(message: Message, purpose: links.Purpose, about: UUID, until: datetime) -> links.Wanted:
    referral_id = None if purpose == "preferences" else message.referral_id
    return links.Wanted(purpose, about, referral_id, message.recipient, message.role, until)


def _object(message: Message, purpose: links.Purpose) -> UUID | None:
    match links.OBJECTS[purpose]:
        case "series":
            return message.series_id
        case "visit":
            return message.session_id
        case "offer":
            return message.subject_id
        case _:
            return message.referral_id


def _until(one: Known, purpose: links.Purpose, now: datetime) -> datetime:
    if purpose == "series" and one.last_at:
        return max(one.last_at, now) + SERIES_LINK_AFTER_LAST
    if purpose in ("choose", "offer") and one.message.starts_at:
        return max(one.message.starts_at, now)
    return now + links.LASTS_FOR
