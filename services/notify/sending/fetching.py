"""What an e-mail needs from booking, fetched when it is about to leave: reports and calendar objects.

Nothing of it is kept or logged. An e-mail is not sent half: while booking is away it waits. Where booking says that
there is no such thing any more (a visit that was changed again meanwhile), it goes without.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from services.chassis.asking import Caller, Services, UpstreamError
from services.notify.sending.enclosures import Attachment, CalendarObject, Unfinished
from services.notify.settings import Settings
from services.notify.transports.answer import Answer, Letter, Meaning
from services.notify.wording import locales, words

log = structlog.get_logger()

MYSELF = Caller("notify", ("service",))
WAIT = 30.0
"""Seconds until booking is asked again."""
LONG_WAIT = 300.0
MOST_BYTES = 20 * 1024 * 1024
"""Of attachments: SendGrid takes 30 MB in all, in base64."""
GONE = (404, 409, 410)
SIGNS = {"%": "%", "degrees": "°"}


def complete(settings: Settings, letter: Letter) -> Letter | Answer:
    """The letter with all that belongs to it; or the answer that it has to wait. Not within a transaction."""
    todo = letter.unfinished
    if todo is None:
        return letter
    try:
        booking = _booking(settings.booking, settings.identity_key, settings.upstream_timeout)
        return _with_report(booking, letter, todo) if todo.what == "report" else _with_calendar(booking, letter, todo)
    except UpstreamError as error:
        if error.status in GONE:
            return replace(letter, unfinished=None)
        log.warning("upstream_away", message_id=str(letter.message_id), status=error.status)
        return Answer(Meaning.RETRY, code="upstream_away", wait=WAIT)
    except Exception as error:
        # Nothing has left yet, so it may be tried again; what it was about is not said.
        log.error("letter_not_completed", message_id=str(letter.message_id), error=type(error).__name__)
        return Answer(Meaning.RETRY, code="not_completed", wait=LONG_WAIT)


@lru_cache(maxsize=4)
def _booking(base: str, signing_key: str, timeout: float) -> Services:
    return Services({"booking": base}, signing_key, timeout)


def _with_report(booking: Services, letter: Letter, todo: Unfinished) -> Letter:
    path = f"/series/{todo.object_id}/report"
    told = booking.ask(MYSELF, "booking", path)
    page = booking.fetch(MYSELF, "booking", f"{path}.pdf").data
    chart = _chart(booking, path)
    attachments = [Attachment(_name(told), "application/pdf", page)]
    if chart:
        attachments.append(Attachment("chart.png", "image/png", chart, cid="chart"))
    if sum(len(one.content) for one in attachments) > MOST_BYTES:
        log.warning("report_too_large", message_id=str(letter.message_id))
        return replace(letter, unfinished=None)
    report = {"rows": _rows(told, todo), "chart": chart is not None}
    return _said_anew(letter, todo, report=report, attachments=tuple(attachments))


def _chart(booking: Services, path: str) -> bytes | None:
    """None before anything was measured."""
    try:
        return bytes(booking.fetch(MYSELF, "booking", f"{path}.png").data)
    except UpstreamError as error:
        if error.status != 404:
            raise
        return None


def _name(told: dict[str, Any]) -> str:
    return f"{'closing' if told['closed'] else 'progress'}-report-{told['reference']}.pdf"


def _rows(told: dict[str, Any], todo: Unfinished) -> list[tuple[str, ...]]:
    """Pain, then the other measures: first, last, and by how much they changed, as the reader writes numbers."""

    def figure(value: float) -> str:
        return locales.number(value, ZoneInfo(todo.zone), todo.language)

    def row(name: str, sign: str, first: float, last: float, change: float, status: str) -> tuple[str, ...]:
        by = f"{'+' if change > 0 else ''}{figure(change)}"
        return (name, f"{figure(first)}{sign}", f"{figure(last)}{sign}", f"{by}, {status}")

    rows = []
    if told["first_pain"] is not None:
        rows.append(row("Pain, 0 to 10", "", told["first_pain"], told["last_pain"], told["change"], told["status"]))
    for one in told["measures"]:
        detail = one["detail"].replace("_", " ")
        name = f"{one['name']}: {detail}" if detail else one["name"]
        rows.append(row(name, SIGNS.get(one["unit"], ""), one["first"], one["last"], one["change"], one["status"]))
    return rows


def _with_calendar(booking: Services, letter: Letter, todo: Unfinished) -> Letter:
    kind = "series" if todo.what == "series" else "sessions"
    method = {"cancelled": "?method=cancel", "series_confirmation": ""}.get(todo.kind, "?method=request")
    content = booking.fetch(MYSELF, "booking", f"/{kind}/{todo.object_id}/calendar{method}").data
    return _said_anew(letter, todo, calendar=invitation(content, letter.address))


def invitation(content: bytes, address: str) -> CalendarObject:
    """The calendar, addressed to who gets it. What is published is addressed to nobody (RFC 5546, 3.2.1).

    They agreed to the visit already: without an RSVP their calendar does not answer the clinic by e-mail.
    """
    # Here, because a worker that writes to no patient's calendar does without its 10 MB.
    from icalendar import Calendar, vCalAddress, vText

    calendar = Calendar.from_ical(content)
    method = str(calendar["METHOD"])
    if method == "PUBLISH":
        return CalendarObject(method, content)
    for event in calendar.walk("VEVENT"):
        attendee = vCalAddress(f"mailto:{address}")
        for name, value in (("ROLE", "REQ-PARTICIPANT"), ("PARTSTAT", "ACCEPTED"), ("RSVP", "FALSE")):
            attendee.params[name] = vText(value)
        event.add("ATTENDEE", attendee)
    return CalendarObject(method, calendar.to_ical())


def _said_anew(
    letter: Letter, todo: Unfinished, *, report: dict[str, Any] | None = None,
    calendar: CalendarObject | None = None, attachments: tuple[Attachment, ...] = (),
) -> Letter:  # fmt: skip
    told = {**todo.facts, "report": report, "calendar": calendar is not None}
    mail = words.email(todo.kind, todo.language, told)
    return replace(letter, text=mail.text, html=mail.html, attachments=attachments, calendar=calendar, unfinished=None)
