"""`fascia ledger …`: proves that ledgers, sessions and claims agree with the events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import click
import requests
from rich.console import Console
from rich.table import Table


@click.group()
def ledger() -> None:
    """The visit ledgers of the orders."""


@ledger.command()
@click.option("--url", default="http://127.0.0.1:8080", envvar="FASCIA_URL", help="where Fascia answers")
@click.option("--token", envvar="FASCIA_TOKEN", required=True, help="an API token with the role admin")
def check(url: str, token: str) -> None:
    """Work out every ledger again from the events; list what does not agree, and fail if anything does not."""
    console, seen, found = Console(highlight=False), Counter[str](), []
    with console.status("counting") as status:
        for part in _parts(url, token):
            seen.update({name: part[name] for name in ("orders", "sessions", "events")})
            found += part["differences"]
            status.update(f"{seen['orders']} orders")
    if found:
        console.print(_table(found))
    console.print(
        f"{seen['orders']} orders, {seen['sessions']} sessions, {seen['events']} events:"
        f" {len(found) or 'no'} difference{'' if len(found) == 1 else 's'}"
    )
    if found:
        raise SystemExit(1)


def _parts(url: str, token: str) -> Iterator[dict[str, Any]]:
    after: dict[str, str] = {}
    with requests.Session() as http:
        http.headers["Authorization"] = f"Bearer {token}"
        while True:
            part = _part(http, url, after)
            yield part
            if part["next"] is None:
                return
            after = {"after": part["next"]}


def _part(http: requests.Session, url: str, after: dict[str, str]) -> dict[str, Any]:
    try:
        answer = http.get(f"{url}/api/booking/ledger/check", params=after, timeout=60)
        body: dict[str, Any] = answer.json()
    except requests.RequestException as error:
        raise click.ClickException(f"{url} does not answer: {type(error).__name__}") from None
    if not answer.ok:
        raise click.ClickException(str(body.get("message", answer.reason)))
    return body


def _table(found: list[dict[str, Any]]) -> Table:
    table = Table("order", "session", "what", "found", box=None)
    for one in found:
        facts = {name: fact for name, fact in one.items() if name not in ("order_id", "session_id", "what")}
        table.add_row(one["order_id"], one.get("session_id", ""), one["what"], _facts(facts))
    return table


def _facts(facts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {fact}" for name, fact in facts.items())
