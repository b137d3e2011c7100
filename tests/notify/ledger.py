"""The texts and e-mails of the stand-in's own log against the rows: lost, duplicated, stuck."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from bench import due_texts
from services.notify.people.addresses import book_of
from services.notify.sending.dispatch import dispatch_due
from tests.notify.world import World


@dataclass(frozen=True)
class Ledger:
    lost: int
    duplicated: int
    stuck: int


def texts_are_due(world: World, count: int, at: datetime) -> None:
    """One text each for so many patients."""
    due_texts.plan(world.runtime, count, at)


def some_by_email(world: World, count: int) -> None:
    """So many of the patients have no number, and get e-mails instead."""
    book = book_of(world.runtime)
    people = [row.recipient for row in world.query("SELECT recipient FROM messages WHERE state = 'planned'")][:count]
    for number, id_ in enumerate(people):
        address = f"jordan.{number}@mail.example"
        world.query(
            "UPDATE contacts SET phone = NULL, phone_hash = NULL, text_consent = false, email_consent = true,"
            " email = :email, email_hash = :hash WHERE id = :id",
            id=id_, email=book.close(address), hash=book.hash(address),
        )  # fmt: skip
    world.query(
        "UPDATE messages SET channel = 'email' WHERE state = 'planned' AND recipient = ANY (CAST(:ids AS uuid[]))",
        ids=people,
    )


def ledger(world: World) -> Ledger:
    """Each text names its attempt in its callback's address, each e-mail in its arguments; the attempt its message."""
    rows = world.query("SELECT CAST(id AS text), CAST(message_id AS text) FROM attempts")
    message_of = dict(rows)
    attempts = [_attempt(text["status_callback"]) for text in world.sandbox.texts()]
    attempts += [email["custom_args"]["attempt_id"] for email in world.sandbox.emails()]
    received = Counter(message_of[attempt] for attempt in attempts)
    states = dict(world.query("SELECT CAST(id AS text), state FROM messages WHERE kind LIKE 'reminder%'"))
    wanted = [id_ for id_, state in states.items() if state not in ("superseded", "expired")]
    return Ledger(
        lost=sum(received[id_] == 0 for id_ in wanted),
        duplicated=sum(many - 1 for many in received.values()),
        stuck=sum(states[id_] not in ("sent", "delivered") for id_ in wanted),
    )


def settle_everything(world: World, seconds: float, workers: int = 4) -> float:
    """Workers send and find out until nothing is due, on its way or unknown; returns how long that took."""
    began = time.monotonic()
    while world.query("SELECT 1 FROM messages WHERE state IN ('planned', 'sending', 'unknown') LIMIT 1"):
        left = world.query("SELECT state, reason, count(*) FROM messages GROUP BY 1, 2")
        assert time.monotonic() < began + seconds, left
        world.query("UPDATE messages SET ready_at = due_at WHERE state = 'planned' AND ready_at > due_at")
        world.plan_anew()
        together(workers, lambda: dispatch_due(world.runtime, world.transports, 16), world.look_after)
    return time.monotonic() - began


def together(workers: int, *acts: Callable[[], object]) -> None:
    """Each act in so many threads at once."""
    with ThreadPoolExecutor(workers * len(acts)) as pool:
        for done in [pool.submit(act) for act in acts for _ in range(workers)]:
            done.result()


def _attempt(callback: str) -> str:
    found = re.search(r"/status/([0-9a-f-]{36})", callback)
    assert found
    return found[1]
