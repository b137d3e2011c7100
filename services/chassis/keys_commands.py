"""`fascia keys …`: what is sealed under which key, and its sealing again under the first of SEAL_KEYS."""

from __future__ import annotations

import importlib
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from services.chassis import seal
from services.chassis.resealing import CLEAR, UNNAMED, Place, Resealing
from services.chassis.service_databases import asked, sessions_of, which
from services.chassis.settings import read

COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


@click.group()
def keys() -> None:
    """The keys under which personal fields are sealed."""


@keys.command()
@which
@click.option("--dry-run", is_flag=True, help="only count the rows under each key")
def rotate(services: tuple[str, ...], dry_run: bool) -> None:
    """Seal everything again under the first of SEAL_KEYS, while the services run; broken off, it goes on from there.

    Fails while anything is left under another key: then that key is still needed.
    """
    known, left = _keys(), Counter[str]()
    for service in asked(services):
        with _resealing(service, known) as resealing:
            if not dry_run:
                _run(service, resealing)
            left += _show(service, resealing, known)
    if left and not dry_run:
        raise click.ClickException(f"{left.total()} rows are not under the first key: once they can be, run this again")


def _run(service: str, resealing: Resealing) -> None:
    with Progress(*COLUMNS, transient=True) as progress:
        for place in resealing.places:
            if todo := resealing.remaining(place):
                bar = progress.add_task(f"{service} {place}", total=todo)
                resealing.run(place, lambda rows, bar=bar: progress.advance(bar, rows))  # type: ignore[misc]


def _show(service: str, resealing: Resealing, known: tuple[str, ...]) -> Counter[str]:
    """Key by key; returns what is not under the first."""
    first, left = seal.key_id(known[0]), Counter[str]()
    table = Table(service, "key", "rows", box=None)
    for place in resealing.places:
        for key, rows in sorted(resealing.count(place).items()):
            table.add_row(str(place), _name(key, known), f"{rows:,}")
            if key != first:
                left[key] += rows
    Console(highlight=False).print(table)
    return left


def _name(key: str, known: tuple[str, ...]) -> str:
    ids = [seal.key_id(one) for one in known]
    if key in (CLEAR, UNNAMED):
        return {CLEAR: "not sealed yet", UNNAMED: "without a key's id"}[key]
    if key not in ids:
        return f"{key} (not in SEAL_KEYS)"
    return f"{key} (the first)" if key == ids[0] else f"{key} (number {ids.index(key) + 1})"


def _keys() -> tuple[str, ...]:
    try:
        return seal.keys(read("SEAL_KEYS", os.environ) or "")
    except ValueError as error:
        raise click.ClickException(f"SEAL_KEYS: {error}") from None


@contextmanager
def _resealing(service: str, known: tuple[str, ...]) -> Iterator[Resealing]:
    places: tuple[Place, ...] = importlib.import_module(f"services.{service}.sealed").SEALED
    with sessions_of(service) as sessions:
        yield Resealing(sessions, seal.Seal(known), places)
