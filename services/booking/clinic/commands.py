"""`fascia clinic …`: hands a clinic file to a running stack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import requests
import yaml

from services.booking.clinic import file as clinic_file


@click.group()
def clinic() -> None:
    """The clinic: its people, rooms and hours."""


@clinic.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", default="http://127.0.0.1:8080", envvar="FASCIA_URL", help="where Fascia answers")
@click.option("--token", envvar="FASCIA_TOKEN", required=True, help="an API token with the role admin")
def load(file: Path, url: str, token: str) -> None:
    """Load or update the clinic from FILE (YAML). Loading again changes only what differs."""
    try:
        content = clinic_file.read(file.read_text())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise click.ClickException(f"{file} is not YAML{f', line {mark.line + 1}' if mark else ''}") from None
    loaded = put_clinic(content, url, token)
    people, rooms, places = (len(loaded[kind]) for kind in ("therapists", "rooms", "locations"))
    where = f" at {places} locations" if places > 1 else ""
    click.echo(f"{loaded['name']}: {people} therapists, {rooms} rooms{where}")
    if affected := loaded["sessions_affected"]:
        click.echo(f"{affected} sessions to come are with a therapist, or in a room, that the file does not list")


def put_clinic(content: Any, url: str, token: str) -> dict[str, Any]:
    """PUT a clinic; raises `ClickException` with the server's reasons."""
    answer = requests.put(
        f"{url}/api/booking/clinic",
        json=content,
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    body: dict[str, Any] = answer.json()
    if answer.ok:
        return body
    details = "".join(f"\n  {where}: {what}" for where, what in _flat(body.get("errors") or {}))
    raise click.ClickException(f"{body.get('message', answer.reason)}{details}")


def _flat(errors: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(errors, dict):
        return [pair for key, value in errors.items() for pair in _flat(value, f"{path}.{key}" if path else str(key))]
    return [(path, " ".join(map(str, errors)) if isinstance(errors, list) else str(errors))]
