"""`fascia audit …`: proves that nothing in the audit trails was changed, and gives their ends to be kept elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from services.chassis import chain, database
from services.chassis.chain import Fault, Head
from services.chassis.settings import read

SERVICES = ("referrals", "booking", "notify")
SAYS = {
    "changed": "row {row_id} (number {number}) is not as it was written, or not in its place",
    "missing": "row number {number} is missing",
    "cut_off": "the chain ends before number {number}, but was longer when its end was kept",
    "other_end": "row {row_id} (number {number}) is not the one that was there when the chain's end was kept",
}

which = click.argument("services", nargs=-1, type=click.Choice(SERVICES), metavar="[SERVICE]…")


@click.group()
def audit() -> None:
    """The audit trails: who did what, in a chain that shows every change."""


@audit.command()
@which
@click.option("--against", type=click.File(), help="what `audit head` said earlier: finds rows that were cut off")
def verify(services: tuple[str, ...], against: Any) -> None:
    """Walk the chains; name the first bad row of each, and fail if there is any."""
    console, kept, bad = Console(highlight=False), _kept(against), False
    for service in services or SERVICES:
        with opened(service) as session:
            end = chain.head(session)
            fault = _walk(session, service, end, kept.get(service))
        waiting = f", {end.waiting} not chained yet" if end.waiting else ""
        said = SAYS[fault.what].format(number=fault.number, row_id=fault.row_id) if fault else f"{end.number} rows hold"
        console.print(f"{service}: {said}{waiting}")
        bad = bad or fault is not None
    if bad:
        raise SystemExit(1)


@audit.command()
@which
def head(services: tuple[str, ...]) -> None:
    """The end of each chain, one line of JSON each: keep it where nobody who can write the database can write."""
    for service in services or SERVICES:
        with opened(service) as session:
            end = chain.head(session)
        click.echo(
            json.dumps(
                {
                    "service": service,
                    "number": end.number,
                    "hash": end.hash.hex(),
                    "at": end.at.isoformat() if end.at else None,
                    "waiting": end.waiting,
                    "asked_at": datetime.now(UTC).isoformat(),
                }
            )
        )


def _walk(session: Session, service: str, end: Head, kept: Head | None) -> Fault | None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, transient=True) as progress:
        bar = progress.add_task(service, total=end.number)
        for found in chain.check(session, kept):
            if isinstance(found, Fault):
                return found
            progress.update(bar, completed=found)
    return None


def _kept(against: Any) -> dict[str, Head]:
    try:
        lines = [json.loads(line) for line in against or () if line.strip()]
        return {one["service"]: Head(one["number"], bytes.fromhex(one["hash"]), None) for one in lines}
    except (ValueError, KeyError, TypeError):
        raise click.ClickException(f"{Path(against.name).name} is not what `fascia audit head` writes") from None


@contextmanager
def opened(service: str) -> Iterator[Session]:
    """A session on a service's database that may take its time."""
    name = f"{service.upper()}_DATABASE_URL"
    url = read(name, os.environ)
    if not url:
        raise click.ClickException(f"{name} is not set. Beside `make run` it is found by itself.")
    engine = database.connect(url, pool=2, name="fascia-command")
    try:
        with database.sessions(engine).begin() as session:
            session.execute(text("SET LOCAL statement_timeout = 0"))
            session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            yield session
    except DBAPIError as error:
        raise click.ClickException(f"{service}'s database does not answer: {type(error.orig).__name__}") from None
    finally:
        engine.dispose()
