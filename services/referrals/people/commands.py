"""`fascia patients …`: erases a patient everywhere; writes all that is known of one into a folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click
import requests
from rich.console import Console

from services.referrals.privacy.erase import REASONS

EXTENSIONS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
RESOURCES = {"booking": "DiagnosticReport", "notify": "Communication"}

F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def patients() -> None:
    """A patient's rights: to be forgotten, and to have all that is known of them."""


def at_the_door(command: F) -> F:
    url = click.option("--url", default="http://127.0.0.1:8080", envvar="FASCIA_URL", help="where Fascia answers")
    token = click.option("--token", envvar="FASCIA_TOKEN", required=True, help="an API token with the role admin")
    return url(token(command))


@patients.command()
@click.argument("patient", type=click.UUID)
@click.option("--dry-run", is_flag=True, help="only say what would go, or what stands against it")
@click.option("--override-retention", type=click.Choice(REASONS), help="why, before the law's years are over")
@click.option("--yes", is_flag=True, help="do not ask")
@at_the_door
def erase(patient: UUID, dry_run: bool, override_retention: str | None, yes: bool, url: str, token: str) -> None:
    """Erase PATIENT and every record of theirs, in every service, for ever.

    That the visits happened stays (ids, dates, what was billed); who it was, what they had and what they wrote goes.
    """
    door, path = Door(url, token), f"/api/referrals/patients/{patient}/erase"
    found = door.post(path, {"dry_run": True, "override_retention": override_retention})
    console = Console(highlight=False)
    going = ", ".join(f"{count} {what}" for what, count in found["counts"].items())
    console.print(f"{'would go' if dry_run else 'goes'}: {going}; to be kept until {found['kept_until'] or 'no date'}")
    if dry_run:
        return
    if not yes:
        click.confirm("Erase for ever?", abort=True)
    door.post(path, {"override_retention": override_retention})
    console.print("erased; the other services follow within seconds")


@patients.command()
@click.argument("patient", type=click.UUID)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="a new or empty folder")
@at_the_door
def export(patient: UUID, out: Path, url: str, token: str) -> None:
    """Write all that is known of PATIENT into a folder: JSON of each service, FHIR, documents.

    It is all in the clear there: hand it over and delete it.
    """
    if out.exists() and any(out.iterdir()):
        raise click.ClickException(f"{out} is not empty")
    door = Door(url, token)
    referrals = door.get(f"/api/referrals/patients/{patient}/export")
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(out / "referrals.json", {name: part for name, part in referrals.items() if name != "fhir"})
    for service in ("booking", "notify"):
        known = {id_: door.get(f"/api/{service}/patients/{id_}/export") for id_ in referrals["patient_ids"]}
        _write(out / f"{service}.json", known)
    _write(out / "fhir.json", _whole_bundle(door, referrals))
    for one in referrals["documents"]:
        name = f"{one['id']}.{EXTENSIONS.get(one['media_type'], 'bin')}"
        content = door.read(f"/api/referrals/patients/{patient}/documents/{one['id']}").content
        _private(out / "documents" / name, content)
    Console(highlight=False).print(f"{sum(1 for path in out.rglob('*') if path.is_file())} files in {out}")


def _whole_bundle(door: Door, referrals: dict[str, Any]) -> dict[str, Any]:
    """With the reports, and with what was sent."""
    bundle: dict[str, Any] = referrals["fhir"]
    for one in referrals["referrals"]:
        for service, kind in RESOURCES.items():
            found = door.get(f"/api/{service}/fhir/{kind}?based-on=ServiceRequest/{one['id']}")
            bundle["entry"] += [{"resource": entry["resource"]} for entry in found.get("entry", ())]
    return bundle


def _write(path: Path, content: Any) -> None:
    _private(path, json.dumps(content, indent=1, ensure_ascii=False).encode())


def _private(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


class Door:
    """Fascia's public door, with an API token. What it refuses is said as it says it."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str) -> Any:
        return self.read(path).json()

    def post(self, path: str, body: Any) -> Any:
        return self._ask("POST", path, json=body).json()

    def read(self, path: str) -> requests.Response:
        return self._ask("GET", path)

    def _ask(self, method: str, path: str, **options: Any) -> requests.Response:
        try:
            answer = self._http.request(method, self._url + path, timeout=60, **options)
            if answer.ok:
                return answer
            said = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise click.ClickException(f"{self._url} does not answer: {type(error).__name__}") from None
        facts = ", ".join(f"{name} {fact}" for name, fact in (said.get("errors") or {}).items())
        raise click.ClickException(str(said.get("message", answer.reason)) + (f" ({facts})" if facts else ""))
