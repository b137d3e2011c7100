"""`fascia tokens …`: makes, lists, replaces and revokes API tokens, in web's own database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from services.chassis import database
from services.web import tokens as rules

WIDE = 120


@click.group()
def tokens() -> None:
    """API tokens for people and programs."""


@tokens.command()
@click.option("--role", "roles", multiple=True, required=True, help="admin, desk, therapist or physician; repeatable")
@click.option("--label", default="made on the command line", help="what it is for")
def create(roles: tuple[str, ...], label: str) -> None:
    """Make a token and print it, once."""
    try:
        with _web_database() as session:
            click.echo(rules.create(session, label, roles))
    except rules.UnknownRoleError as error:
        raise click.ClickException(str(error)) from None


@tokens.command("list")
def list_() -> None:
    """Show the tokens there are (never their secrets)."""
    table = Table("id", "label", "roles", "made", "revoked")
    with _web_database() as session:
        for token in rules.every(session):
            made, revoked = (f"{at:%Y-%m-%d %H:%M}" if at else "" for at in (token.created_at, token.revoked_at))
            table.add_row(str(token.id), token.label, ", ".join(token.roles), made, revoked)
    # An id that is cut short is of no use to `revoke` and `replace`.
    Console(width=max(Console().width, WIDE)).print(table)


@tokens.command()
@click.argument("token_id", type=click.UUID)
def replace(token_id: UUID) -> None:
    """Make and print another token for whoever has this one; revoke the old one when the new one is in use.

    A physician's office keeps its referrals and its numbers that way.
    """
    with _web_database() as session:
        secret = rules.replace(session, token_id)
    if secret is None:
        raise click.ClickException("there is no such token in force; see: fascia tokens list")
    click.echo(secret)


@tokens.command()
@click.argument("token_id", type=click.UUID)
def revoke(token_id: UUID) -> None:
    """End a token at once."""
    with _web_database() as session:
        if not rules.revoke(session, token_id):
            raise click.ClickException("there is no such token in force; see: fascia tokens list")
    click.echo("revoked")


@contextmanager
def _web_database() -> Iterator[Session]:
    url = os.environ.get("WEB_DATABASE_URL") or _from_file()
    if not url:
        raise click.ClickException(
            "WEB_DATABASE_URL is not set. Beside `make run` it is found by itself; in docker-compose: "
            "docker compose exec web fascia tokens create --role desk"
        )
    engine = database.connect(url, pool=1, name="fascia-cli")
    with database.sessions(engine).begin() as session:
        yield session
    engine.dispose()


def _from_file() -> str | None:
    path = os.environ.get("WEB_DATABASE_URL_FILE")
    return open(path).read().strip() if path else None
