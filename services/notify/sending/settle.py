"""What follows from a provider's answer, however it came: at once, by a callback, or by asking.

A message's state only moves on while its attempt is the newest; an answer about an older one is noted with
that attempt and changes nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import audit
from services.notify import desk
from services.notify.models import Attempt, Block, Message
from services.notify.people import consent
from services.notify.people.addresses import AddressBook
from services.notify.planning import replan
from services.notify.planning.locks import lock_referral
from services.notify.planning.reconcile import reconcile
from services.notify.sending import breaker
from services.notify.sending.by_hand import told_otherwise
from services.notify.sending.verdict import reason, verdict
from services.notify.transports.answer import PERMANENT, Answer, Letter, Meaning

MARKED = "marked_sent"
ON_ITS_WAY = ("sending", "unknown", "planned")
BLOCKS = {Meaning.WRONG_ADDRESS: "wrong_address", Meaning.OPTED_OUT: "opted_out"}


def result(session: Session, book: AddressBook, attempt_id: UUID, fence: int, answer: Answer, look_in: float) -> bool:
    """The answer to our own call. False when the message was taken from us meanwhile: then only the attempt
    knows the answer, and who took it will find it there."""
    message = _locked(session, attempt_id, answer)
    _note(session, attempt_id, answer)
    if message is None or message.fence != fence or message.state != "sending":
        return False
    _apply(session, book, message, answer, look_in)
    return True


_SENT = text(
    "WITH told AS ("
    "  SELECT * FROM unnest(CAST(:messages AS uuid[]), CAST(:attempts AS uuid[]), CAST(:fences AS integer[]),"
    "   CAST(:providers AS text[])) AS told (message_id, attempt_id, fence, provider_id)"
    "), mine AS ("
    # In the order in which planning locks them.
    "  SELECT id FROM messages WHERE id = ANY (CAST(:messages AS uuid[])) ORDER BY id FOR UPDATE"
    "), noted AS ("
    "  UPDATE attempts SET outcome = 'sent', code = NULL, ended_at = coalesce(ended_at, clock_timestamp()),"
    "   provider_id = coalesce(told.provider_id, attempts.provider_id) FROM told WHERE attempts.id = told.attempt_id"
    ")"
    " UPDATE messages SET state = 'sent', reason = NULL, leased_until = NULL, look_at = NULL,"
    "  sent_at = coalesce(sent_at, fascia_now()), changed_at = fascia_now(),"
    "  provider_id = coalesce(told.provider_id, messages.provider_id)"
    " FROM told JOIN mine ON mine.id = told.message_id"
    " WHERE messages.id = mine.id AND messages.fence = told.fence AND messages.state = 'sending'"
    " RETURNING messages.id, messages.attempts"
).columns(id=Uuid)


def sent(session: Session, answered: Sequence[tuple[Letter, Answer]]) -> set[UUID]:
    """`result` for many that were sent, in two round trips; returns the messages that were still ours."""
    told = {
        "messages": [letter.message_id for letter, _ in answered],
        "attempts": [letter.attempt_id for letter, _ in answered],
        "fences": [letter.fence for letter, _ in answered],
        "providers": [answer.provider_id for _, answer in answered],
    }
    by_attempt: dict[int, list[UUID]] = defaultdict(list)
    rows: Any = session.execute(_SENT, told)
    for id_, attempt in rows:
        by_attempt[attempt].append(id_)
    for attempt, ids in by_attempt.items():
        audit.record_all(session, "message_sent", "message", ids, attempt=attempt, reason=None)
    breaker.heard(session, [letter.message_id for letter, _ in answered], Meaning.SENT)
    return {id_ for ids in by_attempt.values() for id_ in ids}


def heard(session: Session, book: AddressBook, attempt_id: UUID, answer: Answer) -> None:
    """What the provider tells about an attempt, at any time, in any order, any number of times."""
    message = _locked(session, attempt_id, answer)
    _note(session, attempt_id, answer)
    if message is None or message.attempt_id != attempt_id:
        return
    if message.state in _open_to(answer, message):
        _apply(session, book, message, answer, 0)
    elif message.state in ("sent", "delivered") and _ends_its_address(answer, message):
        _block(session, book, message, answer)
        reconcile(session, [message.referral_id], (message.role,))


def absent(session: Session, message: Message) -> None:
    """The provider surely never had it: it may be sent, if it is still in time."""
    _note(session, message.attempt_id, Answer(Meaning.RETRY, code="absent"))
    _change(session, message, "planned", reason="absent", ready_at=func.fascia_now(), look_at=None)
    desk.settle(session, "unknown_delivery", message.id)


def close(session: Session, message: Message, state: str, reason: str | None = None) -> None:
    """A message that no provider is needed for, or that cannot be given to one."""
    sent_at = {"sent_at": func.fascia_now()} if state == "sent" else {}
    _change(session, message, state, reason=reason, **sent_at)


def put_back(session: Session, message: Message) -> None:
    """Claimed, while its recipient said that they want nothing there any more: it is planned as that asks for."""
    back = {"attempts": message.attempts - 1, "ready_at": func.fascia_now()}
    _change(session, message, "planned", reason="closed_meanwhile", **back)


def _ends_its_address(answer: Answer, message: Message) -> bool:
    """Whatever became of the message itself."""
    return answer.meaning is Meaning.OPTED_OUT or (message.reason == MARKED and answer.meaning in BLOCKS)


def _open_to(answer: Answer, message: Message) -> tuple[str, ...]:
    """The states that an answer can still move. A bounce comes even after a delivery; what the desk has told itself
    need not be told instead."""
    if answer.meaning is Meaning.SENT or message.reason == MARKED:
        return ON_ITS_WAY
    if answer.meaning is Meaning.WRONG_ADDRESS and message.channel == "email":
        return (*ON_ITS_WAY, "sent", "delivered")
    return (*ON_ITS_WAY, "sent")


def _locked(session: Session, attempt_id: UUID | None, answer: Answer) -> Message | None:
    """The message of an attempt. A failure plans anew, so the people come first, then the row."""
    if attempt_id is None:
        return None
    mine = Message.id == select(Attempt.message_id).where(Attempt.id == attempt_id).scalar_subquery()
    if answer.meaning in PERMANENT:
        about = select(Message.referral_id, Message.patient_id).where(mine)
        for referral_id, patient_id in session.execute(about):
            lock_referral(session, referral_id, patient_id)
    return session.scalar(select(Message).where(mine).with_for_update().execution_options(populate_existing=True))


def _note(session: Session, attempt_id: UUID | None, answer: Answer) -> None:
    session.execute(
        update(Attempt)
        .where(Attempt.id == attempt_id)
        .values(
            outcome=answer.meaning.value,
            code=answer.code,
            provider_id=func.coalesce(answer.provider_id, Attempt.provider_id),
            ended_at=func.coalesce(Attempt.ended_at, func.clock_timestamp()),
        )
    )


def _apply(session: Session, book: AddressBook, message: Message, answer: Answer, look_in: float) -> None:
    state, changes = verdict(session, message, answer, look_in)
    was_unknown = message.state == "unknown"
    _change(session, message, state, reason=reason(answer), provider_id=answer.provider_id, **changes)
    if was_unknown and state != "unknown":
        desk.settle(session, "unknown_delivery", message.id)
    if answer.meaning is Meaning.CONFIGURATION:
        breaker.refused(session, message, answer.code)
    else:
        breaker.heard(session, [message.id], answer.meaning)
    if state == "failed":
        _give_up(session, book, message, answer)


def _change(session: Session, message: Message, state: str, **changes: Any) -> None:
    changes["provider_id"] = changes.get("provider_id") or message.provider_id
    message.state, message.leased_until = state, None
    for name, value in changes.items():
        setattr(message, name, value)
    session.flush()
    if state == "planned":
        # What it tells may have changed while it was on its way.
        replan.note(session, message.referral_id)
    audit.record(session, f"message_{state}", "message", message.id, attempt=message.attempts, reason=changes["reason"])


def _give_up(session: Session, book: AddressBook, message: Message, answer: Answer) -> None:
    """This address or these words will not do: say so to the desk, and plan another channel if there is one."""
    if answer.meaning in BLOCKS:
        _block(session, book, message, answer)
    if answer.meaning is Meaning.WRONG_ADDRESS and message.role == "patient":
        desk.ask_about(session, "address_wrong", message, answer.code)
    reconcile(session, [message.referral_id], (message.role,))
    elsewhere = answer.meaning is Meaning.UNREACHABLE and told_otherwise(session, message)
    if answer.meaning in (Meaning.UNREACHABLE, Meaning.CONTENT) and not elsewhere:
        desk.ask_about(session, "not_delivered", message, answer.code)


def _block(session: Session, book: AddressBook, message: Message, answer: Answer) -> None:
    sealed = session.scalar(select(Attempt.address).where(Attempt.id == message.attempt_id))
    address_hash = book.hash(book.open(sealed)) if sealed else None
    if address_hash is None:
        # Erased since.
        return
    if answer.meaning is Meaning.OPTED_OUT:
        consent.told_by_provider(session, message.channel, address_hash, answer.code, answer.at)
    else:
        block(session, address_hash, message.channel, BLOCKS[answer.meaning], f"provider:{answer.code}")


def block(session: Session, address_hash: bytes, channel: str, reason: str, source: str) -> None:
    """Never write to this address on this channel again, until it is lifted."""
    row = insert(Block).values(address_hash=address_hash, channel=channel, reason=reason, source=source)
    session.execute(row.on_conflict_do_nothing())
