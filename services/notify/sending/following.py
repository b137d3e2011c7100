"""What follows from what did not go well: an address that is wrong, a number that wants no more texts, another way to
tell the same. A worker does it soon after the provider was answered; what fails waits, with its reason, and is tried
again."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from services.chassis import context
from services.chassis.runtime import Runtime
from services.notify.models import Callback
from services.notify.people import consent
from services.notify.people.addresses import AddressBook, book_of
from services.notify.sending import settle
from services.notify.sending.backoff import wait
from services.notify.sending.told import Event
from services.notify.transports.answer import Answer, Meaning

log = structlog.get_logger()

BATCH = 25


def what(book: AddressBook, event: Event) -> str | None:
    """Whatever a worker needs to know, as JSON; None when there is nothing to be done."""
    address, answer = book.hash(event.address), event.answer
    if not (event.attempt_id and answer) and (event.agreed is None or address is None):
        return None
    known = {
        "answer": [answer.meaning, answer.provider_id, answer.code] if answer else None,
        "agreed": event.agreed,
        "address": address.hex() if address and event.agreed is not None else None,
        "at": event.at.isoformat() if event.at else None,
    }
    return json.dumps(known)


def some(runtime: Runtime) -> int:
    """Do what follows from some of what is due; returns how many there were."""
    due = (Callback.follows.is_not(None), Callback.try_at <= func.clock_timestamp())
    with runtime.sessions.begin() as session:
        ids = list(session.scalars(select(Callback.id).where(*due).order_by(Callback.try_at).limit(BATCH)))
    for id_ in ids:
        try:
            _one(runtime, id_)
        except Exception as error:
            log.error("callback_put_off", id=id_, error=type(error).__name__)
            _put_off(runtime, id_, type(error).__name__)
    return len(ids)


def _one(runtime: Runtime, id_: int) -> None:
    waiting = select(Callback).where(Callback.id == id_, Callback.follows.is_not(None))
    with runtime.sessions.begin() as session:
        callback = session.scalar(waiting.with_for_update(skip_locked=True))
        if callback and callback.follows:
            context.actor.set(context.Actor(callback.provider, frozenset({"service"})))
            _do(session, book_of(runtime), callback, callback.follows)
            callback.follows = callback.error = None


def _do(session: Session, book: AddressBook, callback: Callback, follows: dict[str, Any]) -> None:
    at = datetime.fromisoformat(follows["at"]) if follows["at"] else None
    if callback.attempt_id and follows["answer"]:
        meaning, provider_id, code = follows["answer"]
        settle.heard(session, book, callback.attempt_id, Answer(Meaning(meaning), provider_id, code, at=at))
    if follows["address"]:
        address, agreed = bytes.fromhex(follows["address"]), follows["agreed"]
        consent.told_by_provider(session, "email", address, callback.event, at, agreed=agreed)


def _put_off(runtime: Runtime, id_: int, error: str) -> None:
    with runtime.sessions.begin() as session:
        tries = session.scalar(select(Callback.tries).where(Callback.id == id_)) or 0
        later = func.clock_timestamp() + timedelta(seconds=wait(tries + 1, random.random()))  # noqa: S311
        session.execute(update(Callback).where(Callback.id == id_).values(tries=tries + 1, try_at=later, error=error))
