"""Where a trace of somebody could be: every table of every database, every queue, every file of a stack."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine, inspect, text

from services.chassis import topology
from services.chassis.seal import Seal, UnsealError
from services.local.stack import Stack

SERVICES = ("referrals", "booking", "notify", "web")
TOKEN = re.compile(r"(?:[0-9a-f]{8}:)?gAAAAA[\w-]+=*")
UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SKIPPED = ("pg_wal",)
"""PostgreSQL's journal goes with the next checkpoints; it has what the tables had, which is looked at."""


def seal_of(stack: Stack) -> Seal:
    return Seal([Path(stack.environment["SEAL_KEYS_FILE"]).read_text().strip()])


def databases(stack: Stack) -> dict[str, str]:
    """Table by table, every row of it as text."""
    return {f"{service}.{table}": rows for service in SERVICES for table, rows in _tables(stack, service)}


def _tables(stack: Stack, service: str) -> Iterator[tuple[str, str]]:
    engine = create_engine(stack.postgres.url(f"fascia_{service}"))
    names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    with engine.connect() as connection:
        for table in connection.scalars(text(names)).all():
            yield table, "\n".join(connection.scalars(text(f"SELECT t::text FROM {table} t")))
    engine.dispose()


NOT_TOLD = {
    "referrals.patient_keys": "keyed hashes of what is told",
    "referrals.placer_numbers": "a keyed hash of a number that is told",
    "referrals.physician_proposals": "a physician's contact, as their office sent it with an order",
    "booking.idempotency": "an answer that was given, kept for a week",
    "notify.renewals": "as booking told it, where it is told",
}
"""Why rows about somebody are not in what they are told."""


def untold(stack: Stack, ids: set[str], exported: str) -> list[str]:
    """Rows about these ids whose keys are not in an export; of the audit, acts that are not."""
    rows = [(f"{service}.{table}", *row) for service in SERVICES[:3] for table, *row in _keyed(stack, service)]
    return [
        f"{where} {key}"
        for where, key, row in rows
        if where not in NOT_TOLD and ids & set(UUIDS.findall(row))
        if not all(part in exported for part in key.split("|"))
    ]


def _keyed(stack: Stack, service: str) -> Iterator[tuple[str, str, str]]:
    """(table, primary key, row) of every row."""
    engine = create_engine(stack.postgres.url(f"fascia_{service}"))
    look = inspect(engine)
    with engine.connect() as connection:
        for table in look.get_table_names():
            names = look.get_pk_constraint(table)["constrained_columns"] if table != "audit" else ["act", "object_id"]
            key = " || '|' || ".join(f"{name}::text" for name in names)
            for row in connection.execute(text(f"SELECT {key} AS key, t::text AS whole FROM {table} t")):
                yield table, row.key, row.whole
    engine.dispose()


def queues(stack: Stack) -> dict[str, str]:
    """The bodies in every queue, which stay there."""
    names = [queue.name for queue in topology.queues()] + ["fascia.dead"]
    with topology.connect(stack.broker.url) as connection, connection.channel() as channel:
        return {name: "\n".join(_bodies(channel, name)) for name in names}


def _bodies(channel: object, name: str) -> Iterator[str]:
    while message := channel.basic_get(name, no_ack=False):  # type: ignore[attr-defined]
        yield message.body if isinstance(message.body, str) else bytes(message.body).decode(errors="replace")


def files(stack: Stack) -> Iterator[tuple[str, bytes]]:
    for folder, inside, names in os.walk(stack.folder):
        inside[:] = [name for name in inside if name not in SKIPPED]
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                try:
                    yield str(path.relative_to(stack.folder)), path.read_bytes()
                except FileNotFoundError:
                    continue


def in_clear(stack: Stack, canaries: list[str]) -> list[tuple[str, str]]:
    """(where, canary) of everything that can be read without a key."""
    found = _named({**databases(stack), **queues(stack)}, canaries)
    for where, content in files(stack):
        low = content.lower()
        found += [(where, canary) for canary in canaries if canary.lower().encode() in low]
    return found


def under_seal(stack: Stack, canaries: list[str]) -> list[tuple[str, str]]:
    """The same of what the key opens, in databases and queues."""
    seal = seal_of(stack)
    kept = {**databases(stack), **queues(stack)}
    opened = {where: "\n".join(_opened(seal, token) for token in TOKEN.findall(rows)) for where, rows in kept.items()}
    return _named(opened, canaries)


def _opened(seal: Seal, token: str) -> str:
    try:
        return seal.open_bytes(token).decode(errors="replace")
    except UnsealError:
        return ""


def _named(kept: dict[str, str], canaries: list[str]) -> list[tuple[str, str]]:
    return [(where, canary) for where, rows in kept.items() for canary in canaries if canary.lower() in rows.lower()]
