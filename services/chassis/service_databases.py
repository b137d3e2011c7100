"""The databases that an operator's command works on, service by service."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import DBAPIError

from services.chassis import database
from services.chassis.database import Sessions
from services.chassis.settings import read

SERVICES = ("referrals", "booking", "notify")

which = click.argument("services", nargs=-1, type=click.Choice(SERVICES), metavar="[SERVICE]…")


def asked(services: tuple[str, ...]) -> tuple[str, ...]:
    """Those that were named; else those whose databases are known here. In docker-compose each container knows its own
    service's alone."""
    known = tuple(service for service in SERVICES if read(_url_of(service), os.environ))
    if not services and known:
        for service in [service for service in SERVICES if service not in known]:
            click.echo(f"{service}: its database is not known here; ask in its own container", err=True)
    return services or known or SERVICES


def _url_of(service: str) -> str:
    return f"{service.upper()}_DATABASE_URL"


@contextmanager
def sessions_of(service: str) -> Iterator[Sessions]:
    """On a service's database, whose failures are said in a sentence."""
    engine = database.connect(_address(service), pool=2, name="fascia-command")
    try:
        yield database.sessions(engine)
    except DBAPIError as error:
        raise click.ClickException(f"{service}'s database does not answer: {type(error.orig).__name__}") from None
    finally:
        engine.dispose()


def _address(service: str) -> str:
    if url := read(_url_of(service), os.environ):
        return url
    raise click.ClickException(f"{_url_of(service)} is not set. Beside `make run` it is found by itself.")
