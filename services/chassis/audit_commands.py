"""`fascia audit …`: proves that nothing in the audit trails was changed, and gives their ends to be kept elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.chassis import chain
from services.chassis.chain import Ends, Fault
from services.chassis.service_databases import asked, sessions_of, which
from services.chassis.tables import audit as trail

SAYS = {
    "changed": "row {row_id} (chain {chain}, number {number}) is not as it was written, or not in its place",
    "missing": "chain {chain}: row number {number} is missing",
    "cut_off": "chain {chain} ends before number {number}, but was longer",
    "other_end": "row {row_id} (chain {chain}, number {number}) is not the one that was there when the end was kept",
    "unchained": "row {row_id} came in past the chains",
}


@click.group()
def audit() -> None:
    """The audit trails: who did what, in chains that show every change."""


@audit.command()
@which
@click.option("--against", type=click.File(), help="what `audit head` said earlier: finds rows that were cut off")
def verify(services: tuple[str, ...], against: Any) -> None:
    """Walk the chains; name the first bad row of each service, and fail if there is any."""
    console, kept, bad = Console(highlight=False), _kept(against), False
    for service in asked(services):
        with opened(service) as session:
            found = _walk(session, service, kept.get(service, {}))
        said = SAYS[found.what].format(**asdict(found)) if isinstance(found, Fault) else f"{found} rows hold"
        console.print(f"{service}: {said}")
        bad = bad or isinstance(found, Fault)
    if bad:
        raise SystemExit(1)


@audit.command()
@which
def head(services: tuple[str, ...]) -> None:
    """The ends of the chains, one line of JSON for each service: keep it where nobody who can write the database can
    write."""
    for service in asked(services):
        with opened(service) as session:
            ends = {str(number): [last, hash_.hex()] for number, (last, hash_) in sorted(chain.ends(session).items())}
        click.echo(json.dumps({"service": service, "chains": ends, "asked_at": datetime.now(UTC).isoformat()}))


def _walk(session: Session, service: str, kept: Ends) -> int | Fault:
    """How many rows hold, or the first fault."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    found: int | Fault = 0
    with Progress(*columns, transient=True) as progress:
        bar = progress.add_task(service, total=session.scalar(select(func.count()).select_from(trail)))
        for found in chain.check(session, kept):
            progress.update(bar, completed=found if isinstance(found, int) else None)
    return found


def _kept(against: Any) -> dict[str, Ends]:
    try:
        lines = [json.loads(line) for line in against or () if line.strip()]
        return {one["service"]: _ends(one["chains"]) for one in lines}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise click.ClickException(f"{Path(against.name).name} is not what `fascia audit head` writes") from None


def _ends(chains: dict[str, Any]) -> Ends:
    return {int(number): (last, bytes.fromhex(hash_)) for number, (last, hash_) in chains.items()}


@contextmanager
def opened(service: str) -> Iterator[Session]:
    """A session on a service's database that may take its time."""
    with sessions_of(service) as sessions, sessions.begin() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        yield session
