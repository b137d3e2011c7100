"""`fascia run` and `fascia demo`: the stack on this machine, kept up, or for the length of a story."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console

from services.local import ROOT, LocalError
from services.local.stack import Stack
from services.local.story.client import Door, StoryError
from services.local.story.story import Story
from services.local.story.tally import Tally
from services.local.story.telling import Teller, wide_console

VAR = ROOT / "var"

folder = click.option("--folder", type=click.Path(path_type=Path), default=VAR, help="where its state lives")
port = click.option("--port", default=8080, show_default=True, help="of the pages; another is taken when it is busy")


@click.command()
@folder
@port
@click.option("--verbose", is_flag=True, help="show every process's log lines here too")
def run(folder: Path, port: int, verbose: bool) -> None:
    """The whole stack on this machine, kept up until Ctrl-C."""
    console = Console()
    with _clear_errors(), _stack(folder, port, console, echo=verbose) as stack:
        _load_example_clinic(Door(stack.url, make_token(stack, "admin")), console)
        console.print(f"\n  the clinic's day    [link]{stack.url}[/link]")
        console.print(f"  sign in with        {make_token(stack, 'desk', 'therapist')}")
        console.print(f"  phones and inboxes  [link]{stack.url}/sandbox/[/link]")
        console.print(f"  admin token (API)   {make_token(stack, 'admin')}")
        console.print(f"  logs                {folder / 'log'}\n\nCtrl-C stops everything.")
        signal.pause()


@click.command()
@folder
@port
@click.option("--against", metavar="URL", help="tell the story to a stack that is already up")
@click.option("--token", envvar="FASCIA_TOKEN", help="an API token with the role admin, for --against")
def demo(folder: Path, port: int, against: str | None, token: str | None) -> None:
    """One referral's whole round trip, on real parts. Exit 1 if a message is missing or there twice."""
    console = wide_console()
    began = time.monotonic()
    with _clear_errors():
        if against:
            if not token:
                raise click.UsageError("--against needs --token; make one with: fascia tokens create --role admin")
            counted = Story(Door(against, token), Teller(console)).run()
        else:
            with _stack(folder, port, console) as stack:
                counted = Story(Door(stack.url, make_token(stack, "admin")), Teller(console)).run()
    report(counted, folder, console)
    console.print(f"  {time.monotonic() - began:.0f} s in all")
    raise SystemExit(1 if counted.faults else 0)


def report(counted: Tally, folder: Path, console: Console) -> None:
    """Write `demo.json` and say how it went."""
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / "demo.json"
    path.write_text(json.dumps(counted.as_json(), indent=1) + "\n")
    for fault in counted.faults:
        console.print(f"  [red]✗[/] {fault}")
    if not counted.faults:
        console.print(f"  [green]✓[/] {len(counted.messages)} messages: lost 0, duplicated 0 (also in {path})")


def make_token(stack: Stack, *roles: str) -> str:
    """A token in the database of a stack of our own."""
    from services.chassis import database
    from services.web import tokens

    engine = database.connect(stack.postgres.url("fascia_web"), pool=1, name="fascia-cli")
    with database.sessions(engine).begin() as session:
        secret = tokens.create(session, "made by fascia run", roles)
    engine.dispose()
    return secret


def _load_example_clinic(door: Door, console: Console) -> None:
    from services.local.story.story import load_example_clinic

    if door.get("/api/booking/clinic") is None:
        load_example_clinic(door)
        console.print("  the example clinic is loaded; load yours with: fascia clinic load clinic.yaml")


def _stack(folder: Path, port: int, console: Console, echo: bool = False) -> Stack:
    return Stack(folder, port=port, echo=echo, say=lambda text: console.print(f"  [dim]{text}[/]"))


@contextmanager
def _clear_errors() -> Iterator[None]:
    """What a person can act on is one line, not a traceback."""
    try:
        yield
    except (LocalError, StoryError) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
