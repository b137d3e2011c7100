"""FHIR bundles taken in over HTTP: a new patient's order in each, checked, sealed and committed. Beside it, what the
models of fhir.resources alone need to read the same bundles, on one core.

Clients, gunicorn and PostgreSQL share this machine's cores.
"""

from __future__ import annotations

import http.client
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from itertools import count
from typing import Any
from uuid import uuid4

from bench.booking_api import fresh_database, gunicorn
from services.chassis import database, identity
from services.local import ports
from services.local.credentials import Credentials
from services.local.postgres import Postgres
from services.local.roster import HTTP, Setup, environment

EHRS, SECONDS, WARM_UP_SECONDS, PLAIN_SECONDS = 6, 10, 2, 3
WORKERS, THREADS = 2, 4
LETTERS = str.maketrans("0123456789", "ghijklmnop")
"""Names have no digits."""


@dataclass(frozen=True)
class Api:
    port: int
    private_key: str


def measure(postgres: Postgres, say: Callable[[str], None]) -> dict[str, float]:
    say(f"{EHRS} EHRs send FHIR bundles for {SECONDS} s; then the same bundles are only read")
    bundles = _Bundles()
    with _referrals_api(postgres) as api:
        _all_at_once(api, bundles, WARM_UP_SECONDS)
        answers = _all_at_once(api, bundles, SECONDS)
    assert set(answers) == {201}, answers
    return {
        "fhir_bundles_per_s": answers[201] / SECONDS,
        "fhir_bundles_read_by_models_per_s": _read_plainly(bundles),
    }


class _Bundles:
    """The story's bundle, each time of another patient, unlike the others, and under another number."""

    def __init__(self) -> None:
        story = resources.files("services.local.story") / "referral-bundle.json"
        self._text = json.dumps(_as_of_today(json.loads(story.read_text())))
        self._numbers = count()

    def next(self) -> bytes:
        number, tag = next(self._numbers), uuid4().hex
        told = {
            "EHR-2026-004711": tag,
            "Lindqvist": tag.translate(LETTERS),
            "marisol@mail.example": f"{tag}@mail.example",
            "+1 212 555 0147": f"+1212{200 + number // 10_000 % 700}{number % 10_000:04d}",
            "1984-03-17": (date(1930, 1, 1) + timedelta(days=number % 30_000)).isoformat(),
        }
        changed = self._text
        for usual, new in told.items():
            changed = changed.replace(usual, new)
        return changed.encode()


def _as_of_today(bundle: dict[str, Any]) -> dict[str, Any]:
    today = datetime.now(UTC).date() - timedelta(days=1)
    [order] = [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "ServiceRequest"]
    order["authoredOn"] = today.isoformat()
    order["occurrenceTiming"]["repeat"]["boundsPeriod"] = {"end": (today + timedelta(days=80)).isoformat()}
    return bundle


@contextmanager
def _referrals_api(postgres: Postgres) -> Iterator[Api]:
    with fresh_database(postgres) as url:
        credentials = Credentials(postgres.folder / "secrets")
        setup = Setup(postgres.folder, dict.fromkeys(HTTP, 1), "amqp://127.0.0.1:1//", postgres.url, credentials, {})
        ours = {"REFERRALS_DATABASE_URL": url, "REFERRALS_DATABASE_POOL": str(THREADS)}
        environ = {**os.environ, **environment(setup), **ours}
        database.migrate("referrals", url)
        log = postgres.folder / "referrals-api.log"
        with gunicorn("services.referrals.api:app()", environ, log, workers=WORKERS, threads=THREADS) as port:
            yield Api(port, credentials.text("identity_private_key"))


def _all_at_once(api: Api, bundles: _Bundles, seconds: float) -> Counter[int]:
    """How often each status was answered."""
    ends = time.perf_counter() + seconds
    with ThreadPoolExecutor(EHRS) as pool:
        return sum(pool.map(lambda _: _one_after_the_other(api, bundles, ends), range(EHRS)), Counter())


def _one_after_the_other(api: Api, bundles: _Bundles, ends: float) -> Counter[int]:
    token = identity.mint(api.private_key, "bench", ("desk",), audience="referrals")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
    connection = http.client.HTTPConnection(ports.LOOPBACK, api.port, timeout=30)
    answers: Counter[int] = Counter()
    while time.perf_counter() < ends:
        connection.request("POST", "/api/referrals/fhir", bundles.next(), headers)
        answer = connection.getresponse()
        answer.read()
        answers[answer.status] += 1
    connection.close()
    return answers


def _read_plainly(bundles: _Bundles) -> float:
    from fhir.resources.R4B.bundle import Bundle

    Bundle.model_validate_json(bundles.next())
    ends, read = time.perf_counter() + PLAIN_SECONDS, 0
    while time.perf_counter() < ends:
        Bundle.model_validate_json(bundles.next())
        read += 1
    return read / PLAIN_SECONDS
