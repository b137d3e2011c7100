"""`fascia why`: why a message was or was not sent, and what passed between the practice and a person."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import Text, cast, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from services.chassis import database
from services.chassis.refusals import NotFound
from services.chassis.settings import read
from services.notify.models import Clinic, Message
from services.notify.schemas.messages import MessageDetail
from services.notify.schemas.timeline import LineOfTimeOut
from services.notify.why import message as reasons
from services.notify.why import timeline
from services.notify.why.explaining import when
from services.notify.why.reasons import CHANNELS, phrase, title

SHORTEST = 8
COLOURS = {"delivered": "green", "sent": "green", "failed": "red", "unknown": "red", "expired": "yellow"}


@click.command()
@click.argument("message", required=False)
@click.option("--patient", type=click.UUID, metavar="ID", help="the timeline of a patient")
@click.option("--session", type=click.UUID, metavar="ID", help="the timeline of a visit")
@click.option("--physician", type=click.UUID, metavar="ID", help="the timeline of a physician")
@click.option(
    "--limit", type=click.IntRange(1, timeline.MOST), default=50, show_default=True, help="lines of a timeline"
)
@click.option("--json", "as_json", is_flag=True, help="for a program")
def why(message: str | None, limit: int, as_json: bool, **whose: UUID | None) -> None:
    """Why MESSAGE (its id, or the first 8 characters or more) was or was not sent; or a timeline, newest first."""
    asked = [(one, whose[one]) for one in get_args(timeline.Whose) if whose[one]]
    if len(asked) + bool(message) != 1:
        raise click.UsageError("say one MESSAGE, or one of --patient, --session, --physician")
    with _notify_database() as session:
        if message:
            return _explain(session, _id(session, message), as_json)
        [(one, id_)] = asked
        assert id_
        return _list(session, timeline.page(session, one, id_, timeline.Asked(limit=limit)), as_json)


def _id(session: Session, given: str) -> UUID:
    """Ids of one moment share their first characters, so a beginning may be too short."""
    beginning = given.lower()
    if len(beginning) < SHORTEST or not set(beginning) <= set("0123456789abcdef-"):
        raise click.ClickException(f"say the message's id, or its first {SHORTEST} characters or more")
    lowest, highest = (UUID((beginning.replace("-", "") + filling * 32)[:32]) for filling in "0f")
    text = cast(Message.id, Text)
    found = select(Message.id).where(Message.id.between(lowest, highest), text.startswith(beginning)).limit(6)
    ids = list(session.scalars(found))
    if not ids:
        raise click.ClickException("there is no message with this id")
    if len(ids) > 1:
        shown = [str(id_) for id_ in ids[:5]] + ["…"] * (len(ids) > 5)
        raise click.ClickException("\n  ".join(["more than one message begins like this:", *shown]))
    return ids[0]


def _explain(session: Session, message_id: UUID, as_json: bool) -> None:
    found = reasons.of(session, message_id)
    if as_json:
        return click.echo(json.dumps(MessageDetail().dump(found.shown()), indent=1))
    message, console = found.message, Console(highlight=False)
    way = "for the desk" if message.channel == "desk" else f"{CHANNELS[message.channel]} to the {message.role}"
    console.print(f"[bold]{title(message.kind)}[/], {way}: {_state(message.state)}")
    console.print(f"[dim]{message.id}, times in {message.zone}[/]\n")
    for sentence in found.why:
        console.print(f"  {sentence}", markup=False)
    if found.waits_for_desk:
        console.print("\nThe desk may send it again or mark it as sent.")
    return None


def _list(session: Session, page: timeline.Page, as_json: bool) -> None:
    if as_json:
        return click.echo(json.dumps(LineOfTimeOut(many=True).dump(page.lines), indent=1))
    console = Console(highlight=False)
    if not page.lines:
        return console.print("nothing yet")
    zone = ZoneInfo(session.scalar(select(Clinic.timezone).limit(1)) or "UTC")
    table = Table.grid(padding=(0, 2))
    for line in page.lines:
        table.add_row(when(line["at"], zone), _told(line))
        table.add_row("", f"[dim]{line['id']}[/]")
    console.print(table)
    console.print(f"\n[dim]times in {zone.key}[/]")
    if page.next:
        console.print("older ones are left out: see --limit")
    return None


def _told(line: dict[str, Any]) -> str:
    """`Reminder, 2 h before · text to the patient · delivered`."""
    said, way = line["title"] or f"{line['what']}: {phrase(line['kind'])}", CHANNELS.get(line["channel"], "")
    to = f"{way} to the {line['to']}" if line["to"] in ("patient", "physician") else way
    return " · ".join(part for part in (said, to, _state(line["state"] or "")) if part)


def _state(state: str) -> str:
    return f"[{COLOURS[state]}]{state}[/]" if state in COLOURS else state


@contextmanager
def _notify_database() -> Iterator[Session]:
    url = read("NOTIFY_DATABASE_URL", os.environ)
    if not url:
        raise click.ClickException(
            "NOTIFY_DATABASE_URL is not set. Beside `make run` it is found by itself; in docker-compose: "
            "docker compose exec notify-api fascia why MESSAGE"
        )
    engine = database.connect(url, pool=1, name="fascia-why")
    try:
        with database.sessions(engine).begin() as session:
            yield session
    except NotFound:
        raise click.ClickException("there is no message with this id") from None
    except DBAPIError as error:
        raise click.ClickException(f"notify's database does not answer: {type(error.orig).__name__}") from None
    finally:
        engine.dispose()
