"""Referrals imported from a CSV file by the command: each row read, checked by every rule, matched with a patient,
sealed and committed with its events. Beside it, `csv.DictReader` and one plain INSERT a row, in batches as large.

The command and PostgreSQL share this machine's cores. By itself: `python -m bench.importing 100000`.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

import psycopg2
from sqlalchemy import make_url

from bench.booking_api import fresh_database
from services.chassis import database
from services.local import ROOT
from services.local.credentials import Credentials
from services.local.postgres import Postgres
from services.local.roster import HTTP, Setup, environment

T = TypeVar("T")

ROWS = 100_000
LETTERS = str.maketrans("0123456789", "abcdefghij")
FIRST = ("Ada", "Bea", "Carl", "Dora", "Emil", "Finn", "Gerda", "Hanna", "Ivo", "Jana", "Karl", "Lena", "Mona", "Nils")
WRAPPED = """
import pathlib, resource, sys
from services.cli import main
try:
    main(standalone_mode=False)
finally:
    # Linux's maxrss still counts what the parent had when it forked.
    status = pathlib.Path("/proc/self/status")
    told = [line.split()[1] for line in status.open() if line.startswith("VmHWM")] if status.exists() else []
    print("PEAK", *(told or [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]), file=sys.stderr)
"""
PLAIN_TABLE = (
    "CREATE TABLE plain (number text PRIMARY KEY, name text, born_on date, npi text, visits int, document text)"
)


def measure(postgres: Postgres, say: Callable[[str], None], rows: int = ROWS) -> dict[str, float]:
    say(f"{rows // 10:,} and {rows:,} rows of CSV are imported; then the same file by csv and INSERT alone")
    path = postgres.folder / "referrals.csv"
    _, fewer = _on_a_fresh_database(postgres, path, rows // 10, _import)
    seconds, peak = _on_a_fresh_database(postgres, path, rows, _import)
    plain = _on_a_fresh_database(postgres, path, rows, _plainly)
    path.unlink()
    return {
        "import_rows_per_s": rows / seconds,
        "import_rows_per_s_plain": rows / plain,
        "import_peak_mb": peak / 1024,
        "import_more_mb_for_ten_times_the_rows": (peak - fewer) / 1024,
    }


def _on_a_fresh_database(postgres: Postgres, path: Path, rows: int, act: Callable[[Postgres, str, Path, int], T]) -> T:
    _write(path, rows)
    with fresh_database(postgres) as url:
        database.migrate("referrals", url)
        return act(postgres, url, path, rows)


def _write(path: Path, rows: int) -> None:
    """As many patients as rows, unlike one another; one practice for each hundred."""
    today = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ("placer.number", "patient.name", "patient.born_on", "patient.phone", "patient.email", "physician.name",
             "physician.npi", "diagnoses", "visits", "frequency.visits", "session_minutes", "issued_on")
        )  # fmt: skip
        for number in range(rows):
            tag = f"{number * 7919 % 1_000_003:06d}"
            name = f"{FIRST[number % len(FIRST)]} {tag.translate(LETTERS).capitalize()}"
            born_on = date(1930, 1, 1) + timedelta(days=number * 31 % 30_000)
            phone, email = f"+1212{200 + number // 10_000 % 700}{number % 10_000:04d}", f"p{number}@mail.example"
            npi = _npi(100_000_000 + number // 100)
            writer.writerow(
                (f"B-{number}", name, born_on, phone, email, f"Dr. {npi.translate(LETTERS).capitalize()}", npi,
                 "M54.50; M54.2", 8, 2, 45, today)
            )  # fmt: skip


def _npi(nine: int) -> str:
    """With its check digit: Luhn over 80840 and the number."""
    digits = [int(digit) for digit in f"80840{nine}"]
    doubled = [sum(divmod(2 * digit, 10)) if place % 2 == 0 else digit for place, digit in enumerate(digits[::-1])]
    return f"{nine}{-sum(doubled) % 10}"


def _import(postgres: Postgres, url: str, path: Path, rows: int) -> tuple[float, int]:
    """Seconds, and the most memory of the command in kB."""
    credentials = Credentials(postgres.folder / "secrets")
    setup = Setup(postgres.folder, dict.fromkeys(HTTP, 1), "amqp://127.0.0.1:1//", postgres.url, credentials, {})
    environ = {**os.environ, **environment(setup), "REFERRALS_DATABASE_URL": url}
    command = [sys.executable, "-c", WRAPPED, "referrals", "import", str(path)]
    began = time.perf_counter()
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    assert f"{rows} rows: {rows} new" in done.stderr, done.stderr[-2000:]
    found = re.search(r"PEAK (\d+)", done.stderr)
    assert found
    return seconds, int(found[1])


def _plainly(postgres: Postgres, url: str, path: Path, rows: int) -> float:
    parts = make_url(url)
    began = time.perf_counter()
    connection = psycopg2.connect(
        host=parts.query.get("host") or parts.host, port=parts.port, user=parts.username, password=parts.password,
        dbname=parts.database,
    )  # fmt: skip
    with connection.cursor() as cursor, path.open(newline="") as file:
        cursor.execute(PLAIN_TABLE)
        reader = csv.DictReader(file)
        while some := list(islice(reader, 200)):
            for row in some:
                cursor.execute(
                    "INSERT INTO plain VALUES (%s, %s, %s, %s, %s, %s)",
                    (row["placer.number"], row["patient.name"], row["patient.born_on"], row["physician.npi"],
                     row["visits"], str(row)),
                )  # fmt: skip
            connection.commit()
    connection.close()
    return time.perf_counter() - began


if __name__ == "__main__":
    with Postgres(ROOT / "var" / "bench-import", databases=()) as alone:
        for name, value in measure(alone, print, int(sys.argv[1]) if len(sys.argv) > 1 else ROWS).items():
            print(f"{name}: {value:,.1f}")
