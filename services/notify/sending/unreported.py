"""Texts that a provider took and of which nobody told what became: a report can be lost on its way.

The provider is asked by its own id for the text: after `NOTIFY_UNREPORTED_AFTER`, then after three times and nine times
as long; no text is tried for longer than ten hours. What it says counts as its report does, which may still come.
Source: Twilio, the validity period of a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Uuid, text

from services.chassis.runtime import Runtime
from services.notify.people.addresses import book_of
from services.notify.sending.hearing import hear
from services.notify.sending.told import Event, of_a_text
from services.notify.settings import settings_of
from services.notify.transports.answer import Status, Transport, Unreachable

log = structlog.get_logger()

ASKS, GROWTH = 3, 3
BATCH = 20
AGAIN = 600
"""Seconds until a text is looked at again that was taken for asking, and not asked about."""

_TAKE = text(
    "UPDATE attempts SET ask_at = clock_timestamp() + make_interval(secs => :again)"
    " WHERE id IN (SELECT id FROM attempts WHERE outcome = 'sent' AND ask_at <= clock_timestamp()"
    "  ORDER BY ask_at LIMIT :most FOR UPDATE SKIP LOCKED)"
    " RETURNING id, provider_id"
).columns(id=Uuid)

_ASKED = text(
    "UPDATE attempts SET asked = asked + 1, ask_at = CASE"
    "  WHEN asked + 1 < :most AND NOT id = ANY (CAST(:final AS uuid[]))"
    "  THEN clock_timestamp() + make_interval(secs => :after * power(:growth, asked + 1)) END"
    " WHERE id = ANY (CAST(:ids AS uuid[]))"
)


def ask_due(runtime: Runtime, transports: Mapping[str, Transport]) -> int:
    """Ask about some of the texts whose time has come; returns how many were asked about."""
    with runtime.sessions.begin() as session:
        taken = list(session.execute(_TAKE, {"again": AGAIN, "most": BATCH}))
    told = _ask(transports["text"], taken)
    final = {id_: status for id_, status in told.items() if status and status.is_final}
    hear(runtime.sessions, book_of(runtime), [_event(id_, status) for id_, status in final.items()])
    if told:
        asked = {"ids": list(told), "final": list(final), "most": ASKS, "growth": GROWTH}
        with runtime.sessions.begin() as session:
            session.execute(_ASKED, asked | {"after": settings_of(runtime).unreported_after})
        log.info("asked_about_texts", count=len(told), found=len(final))
    return len(told)


def _ask(transport: Transport, taken: list[Any]) -> dict[UUID, Status | None]:
    """What is known now of each, as far as the provider answers."""
    told: dict[UUID, Status | None] = {}
    for id_, provider_id in taken:
        try:
            told[id_] = transport.look_up(provider_id) if provider_id else None
        except Unreachable as error:
            log.warning("provider_not_asked", error=str(error), left=len(taken) - len(told))
            break
    return told


def _event(attempt_id: UUID, status: Status) -> Event:
    answer = status.answer
    content = {"MessageSid": answer.provider_id, "MessageStatus": status.name, "ErrorCode": answer.code}
    return of_a_text(attempt_id, status, content, asked=True)
