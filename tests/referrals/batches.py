"""Files of referrals, and the commands that read and write them, on a database of a test's own."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from click.testing import CliRunner, Result

from services.referrals.batch.commands import referrals
from tests.referrals.house import House, a_referral, today

LETTERS = str.maketrans("0123456789", "ghijklmnop")


def environ(house: House) -> dict[str, str]:
    chosen = house.running.settings
    return {
        "REFERRALS_DATABASE_URL": chosen.database_url,
        "AMQP_URL": chosen.amqp_url,
        "IDENTITY_PUBLIC_KEY": chosen.identity_public_key,
        "SEAL_KEYS": ",".join(chosen.seal_keys),
        "REFERRALS_LOOKUP_KEY": "a key that only the tests know of",
    }


def fascia(house: House, *arguments: str) -> Result:
    return CliRunner().invoke(referrals, list(arguments), env=environ(house))


def a_row(**changes: str) -> dict[str, str]:
    tag = uuid4().hex
    return {
        "placer.number": tag,
        "patient.name": f"Ada {tag[:10].translate(LETTERS)}",
        "patient.born_on": "1979-10-05",
        "patient.phone": "+1 415 555 0126",
        "physician.name": "Dr. Ibe Castellano",
        "physician.npi": "1234567893",
        "diagnoses": "M54.50; M54.2",
        "visits": "8",
        "frequency.visits": "2",
        "session_minutes": "45",
        "issued_on": today().isoformat(),
        **changes,
    }


def as_csv(rows: Iterator[dict[str, str]] | list[dict[str, str]]) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, list(a_row()), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def put(folder: Path) -> Callable[[str], str]:
    def write(content: str) -> str:
        path = folder / f"{uuid4().hex}.txt"
        path.write_text(content, encoding="utf-8", errors="surrogateescape")
        return str(path)

    return write


def numbered(**changes: Any) -> dict[str, Any]:
    return a_referral(patient__name=f"Ada {uuid4().hex[:10].translate(LETTERS)}", **changes)
