"""`fascia referrals …`: many referrals from a file, and everything into one."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import dropwhile
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import DBAPIError

from services.chassis import context, settings
from services.chassis.runtime import Runtime, start
from services.referrals.batch import columns
from services.referrals.batch.files import FileError, Row, rows
from services.referrals.batch.give import Format, lines, note
from services.referrals.batch.take import Count, Importer, Refused
from services.referrals.intake.rules import Calendar
from services.referrals.settings import Settings, vault

WHO = context.Actor("command-line", frozenset({"desk"}))
SHOWN = 20
"""Refused rows on the screen; the report has them all."""


@click.group()
def referrals() -> None:
    """Many referrals at once: import, export."""


@referrals.command()
def template() -> None:
    """Print a CSV file with every column and one example row."""
    writer = csv.DictWriter(sys.stdout, columns.NAMES, lineterminator="\n")
    writer.writeheader()
    writer.writerow(columns.EXAMPLE)


@referrals.command("import")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="only say what would become of each row")
@click.option("--report", type=click.Path(dir_okay=False, writable=True), help="write each refused row and why (CSV)")
@click.option("--from", "first", type=click.IntRange(1), default=1, help="go on from this row")
def import_(path: str, dry_run: bool, report: str | None, first: int) -> None:
    """Take in referrals from a CSV file, JSON Lines or a JSON array.

    A row is known by its placer's number: importing a file again changes nothing, and goes on where it was cut off.
    """
    console = Console(highlight=False, stderr=True)
    total = Count()
    with _running() as running, open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        try:
            with _reported(report) as write, _bar(console, path, file) as advance:
                for count in _importer(running, dry_run).take(_from(rows(file), first)):
                    write(count.refused)
                    _add(total, count)
                    advance()
        except FileError as error:
            raise click.ClickException(f"{error}{_done(total)}") from None
        except DBAPIError as error:
            went = f"the database does not answer: {type(error.orig).__name__}"
            raise click.ClickException(f"{went}{_done(total)}") from None
        except KeyboardInterrupt:
            raise click.ClickException(f"stopped{_done(total)}") from None
    _tell(console, total, dry_run, report)
    if total.refused:
        raise SystemExit(1)


@referrals.command()
@click.option("--format", "form", type=click.Choice(["jsonl", "ndjson"]), default="jsonl", help="ndjson is FHIR")
@click.option("--out", type=click.File("w", encoding="utf-8"), default="-", help="a file; else the screen")
def export(form: Format, out: TextIO) -> None:
    """Write every referral, one a line: as JSON, or as FHIR resources. It is all in clear: keep it safe."""
    with _running() as running, running.sessions() as session:
        with running.sessions.begin() as before:
            note(before, form)
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        assert isinstance(running.settings, Settings)
        for line in lines(session, vault(running), running.settings.contraindications, form):
            out.write(f"{line}\n")
        session.commit()


@contextmanager
def _running() -> Iterator[Runtime]:
    try:
        chosen = settings.load(Settings, os.environ, "referrals")
    except settings.SettingsError as error:
        raise click.ClickException(f"{error}. Beside `make run` the settings are found by themselves.") from None
    running = start("referrals", chosen)
    token = context.actor.set(WHO)
    try:
        yield running
    finally:
        context.actor.reset(token)
        running.engine.dispose()


def _importer(running: Runtime, dry: bool) -> Importer:
    chosen = running.settings
    assert isinstance(chosen, Settings)
    zone, days = ZoneInfo(chosen.timezone), chosen.valid_days
    return Importer(
        running.sessions, running.outbox, vault(running), chosen.contraindications,
        lambda now: Calendar.at(now, zone, days), dry,
    )  # fmt: skip


def _from(every: Iterator[Row], first: int) -> Iterator[Row]:
    return dropwhile(lambda row: row.number < first, every)


def _add(total: Count, count: Count) -> None:
    total.rows, total.last = total.rows + count.rows, count.last
    total.new, total.known = total.new + count.new, total.known + count.known
    total.refused += count.refused[: max(SHOWN + 1 - len(total.refused), 0)]


@contextmanager
def _reported(path: str | None) -> Iterator[Any]:
    """Where refused rows go, at once: also when it is stopped, the report has them."""
    if path is None:
        yield lambda refused: None
        return
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Refused._fields)
        yield writer.writerows


@contextmanager
def _bar(console: Console, path: str, file: TextIO) -> Iterator[Any]:
    """By bytes of the file: how many rows it has, nobody knows before its end."""
    parts = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*parts, console=console, transient=True) as progress:
        task = progress.add_task("importing", total=os.path.getsize(path))
        yield lambda: progress.update(task, completed=file.buffer.tell())


def _done(total: Count) -> str:
    return f"; what came before is done: go on with --from {total.last + 1}" if total.last else ""


def _tell(console: Console, total: Count, dry: bool, report: str | None) -> None:
    for one in total.refused[:SHOWN]:
        console.print(f"row {one.row}: {one.field + ': ' if one.field else ''}{one.why}", markup=False)
    if len(total.refused) > SHOWN:
        console.print(f"… and more{f', all in {report}' if report else ': name a file with --report'}")
    refused = total.rows - total.new - total.known
    would = "would be " if dry else ""
    console.print(f"{total.rows} rows: {total.new} {would}new, {total.known} known, {refused} refused")
