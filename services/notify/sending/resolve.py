"""Finding out about sends whose fate is unknown. Nothing is ever resent blindly.

A callback may close one at any time. Otherwise, after `NOTIFY_UNKNOWN_AFTER` and again half of it later:

- texts: the provider's list is asked. Found: sent. Absent twice: it is sent again. No answer: it stays unknown,
  a task asks the desk, and the looking goes on.
- e-mails: SendGrid keeps no list, but reports everything it accepts as `processed`, within seconds, and for a
  day if it cannot reach us. So silence says "absent" as long as its reports do arrive: in the last day there
  was at least one, and no other e-mail still lacks its own. While they do not, silence says nothing: after
  two and a half times `NOTIFY_UNKNOWN_AFTER` a task asks the desk, and from then on the message is the desk's;
  only a late report closes it.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from services.chassis import audit
from services.chassis.runtime import Runtime
from services.notify import desk
from services.notify.models import Attempt, Message
from services.notify.people.addresses import AddressBook, book_of
from services.notify.sending import settle
from services.notify.sending.verdict import seconds
from services.notify.settings import settings_of
from services.notify.transports.answer import Answer, Meaning, Trace, Transport, Unreachable

log = structlog.get_logger()

LOOKS = 2
BATCH = 20
REPORTS_WITHIN = timedelta(days=1)

_UNREPORTED = text(
    "SELECT count(*) FILTER (WHERE reported) AS reported, count(*) FILTER (WHERE NOT reported) AS silent FROM ("
    "  SELECT EXISTS (SELECT FROM callbacks WHERE attempt_id = attempts.id) AS reported FROM attempts"
    "  WHERE channel = 'email' AND id <> CAST(:attempt AS uuid) AND outcome IN ('sent', 'delivered', 'wrong_address')"
    "   AND started_at > clock_timestamp() - CAST(:within AS interval)"
    "   AND started_at < clock_timestamp() - CAST(:grace AS interval)) AS recent"
)


def sweep(runtime: Runtime) -> int:
    """What a crash left in `sending` past its lease becomes unknown; returns how many."""
    after = settings_of(runtime).unknown_after
    with runtime.sessions.begin() as session:
        late = select(Message.id).where(Message.state == "sending", Message.leased_until < func.clock_timestamp())
        ids = list(session.scalars(late.with_for_update(skip_locked=True)))
        if ids:
            look_at = func.clock_timestamp() + seconds(after)
            changes = {"state": "unknown", "reason": "lease_ended", "look_at": look_at, "looks": 0}
            session.execute(
                update(Message).where(Message.id.in_(ids)).values(**changes, fence=Message.fence + 1, leased_until=None)
            )
            audit.record_all(session, "message_unknown", "message", ids, reason="lease_ended")
    return len(ids)


def expire(runtime: Runtime) -> int:
    """What is past its time is never sent late; returns how many."""
    with runtime.sessions.begin() as session:
        over = select(Message.id).where(Message.state == "planned", Message.send_before <= func.fascia_now())
        ids = list(session.scalars(over.limit(500).with_for_update(skip_locked=True)))
        if ids:
            session.execute(update(Message).where(Message.id.in_(ids)).values(state="expired", reason="too_late"))
            audit.record_all(session, "message_expired", "message", ids)
    return len(ids)


def resolve_due(runtime: Runtime, transports: Mapping[str, Transport]) -> int:
    """Look into every unknown message whose time has come; returns how many were looked into."""
    half = settings_of(runtime).unknown_after / 2
    book = book_of(runtime)
    with runtime.sessions.begin() as session:
        due = select(Message.id).where(Message.state == "unknown", Message.look_at <= func.clock_timestamp())
        ids = list(session.scalars(due.order_by(Message.look_at).limit(BATCH).with_for_update(skip_locked=True)))
        if ids:
            next_look = func.clock_timestamp() + seconds(half)
            session.execute(update(Message).where(Message.id.in_(ids)).values(look_at=next_look))
    for message_id in ids:
        try:
            _look_into(runtime, book, transports, message_id)
        except Exception as error:
            log.error("look_failed", message_id=str(message_id), exc_info=error)
    return len(ids)


def _look_into(runtime: Runtime, book: AddressBook, transports: Mapping[str, Transport], message_id: UUID) -> None:
    with runtime.sessions.begin() as session:
        message = session.get_one(Message, message_id)
        attempt = session.get(Attempt, message.attempt_id) if message.state == "unknown" else None
        known = _ids_of_others(session, attempt) if attempt else frozenset()
    if attempt is None:
        return
    try:
        found = _found(transports[message.channel], book, attempt, known)
    except Unreachable as error:
        _stays_unknown(runtime, message_id, str(error))
    else:
        _conclude(runtime, book, attempt, found)


def _conclude(runtime: Runtime, book: AddressBook, attempt: Attempt, found: Answer | None) -> None:
    if found is None:
        return _count_absence(runtime, attempt)
    if found.meaning is Meaning.UNKNOWN:
        return _judge_by_silence(runtime, attempt)
    with runtime.sessions.begin() as session:
        settle.heard(session, book, attempt.id, found)
    return None


def _found(transport: Transport, book: AddressBook, attempt: Attempt, known: frozenset[str]) -> Answer | None:
    if attempt.provider_id:
        # The provider did answer, only too late for us to write it down with the message.
        return Answer(Meaning.SENT, attempt.provider_id)

    def is_body(body: str) -> bool:
        return hmac.compare_digest(book.hash(body) or b"", attempt.digest)

    return transport.find(Trace(book.open(attempt.address), is_body, attempt.started_at, known))


def _ids_of_others(session: Session, attempt: Attempt) -> frozenset[str]:
    """What an earlier or a sibling message to the same number, in the same words, was given."""
    ids = select(Attempt.provider_id).where(
        Attempt.id != attempt.id, Attempt.digest == attempt.digest, Attempt.provider_id.is_not(None),
        Attempt.started_at > attempt.started_at - timedelta(days=1),
    )  # fmt: skip
    return frozenset(id_ for id_ in session.scalars(ids) if id_)


def _count_absence(runtime: Runtime, attempt: Attempt) -> None:
    with runtime.sessions.begin() as session:
        message = _still_unknown(session, attempt)
        if message is None:
            return
        message.looks += 1
        if message.looks >= LOOKS:
            log.info("absent_at_provider", message_id=str(message.id), channel=message.channel)
            settle.absent(session, message)


def _judge_by_silence(runtime: Runtime, attempt: Attempt) -> None:
    grace = timedelta(seconds=settings_of(runtime).unknown_after)
    with runtime.sessions.begin() as session:
        asked = {"attempt": str(attempt.id), "within": REPORTS_WITHIN, "grace": grace}
        reported, silent = session.execute(_UNREPORTED, asked).one()
        age = session.scalar(select(func.clock_timestamp() - Attempt.started_at).where(Attempt.id == attempt.id))
    if reported and not silent:
        _count_absence(runtime, attempt)
    elif age and age > 2.5 * grace:
        _stays_unknown(runtime, attempt.message_id, "no_report")


def _stays_unknown(runtime: Runtime, message_id: UUID, code: str) -> None:
    with runtime.sessions.begin() as session:
        message = session.get_one(Message, message_id, with_for_update=True)
        if message.state != "unknown":
            return
        desk.ask_about(session, "unknown_delivery", message, code)
        if code == "no_report":
            message.look_at = None


def _still_unknown(session: Session, attempt: Attempt) -> Message | None:
    message = session.get_one(Message, attempt.message_id, with_for_update=True)
    return message if message.state == "unknown" and message.attempt_id == attempt.id else None
