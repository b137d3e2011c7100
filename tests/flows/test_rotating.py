"""Keys are changed three times on a stack at work: nothing is lost, and each key can be thrown away after the next."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet

from services.chassis.keys_commands import keys
from services.chassis.seal import Seal, key_id
from services.local.stack import Stack
from services.local.story.client import StoryError, wait_for
from tests.flows import traces
from tests.flows.clinic_life import ClinicLife

SERVICES = ("referrals", "booking", "notify")
PROCESSES = [f"{service}-{kind}" for service in SERVICES for kind in ("api", "worker")]


@pytest.fixture
def life(stack: Stack) -> ClinicLife:
    return ClinicLife(stack)


@contextmanager
def at_work(life: ClinicLife) -> Iterator[list[str]]:
    """Referrals are taken in and accepted all the while; the names of the patients of those that became orders."""
    taken: list[str] = []
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            name = f"Rotunda {len(taken):04} {Fernet.generate_key()[:6].hex()}"
            try:
                life.order(patient={"name": name, "born_on": "1980-02-03", "phone": "+12125550147"})
            except (requests.RequestException, StoryError):
                continue
            taken.append(name)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield taken
    finally:
        stop.set()
        worker.join(120)


def hold(stack: Stack, *known: str) -> None:
    """Every process knows these keys now, and no others."""
    Path(stack.environment["SEAL_KEYS_FILE"]).write_text(",".join(known))
    before = {name: stack.processes.restarts(name) for name in PROCESSES}
    for name in PROCESSES:
        os.kill(stack.processes.pid(name), signal.SIGTERM)
    wait_for("new lives", lambda: all(stack.processes.restarts(name) > times for name, times in before.items()), 60)
    wait_for("all of them", lambda: all(_answers(f"{stack.setup.at(service)}/readyz") for service in SERVICES), 90)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def rotate(stack: Stack, *options: str) -> Result:
    return CliRunner().invoke(keys, ["rotate", *options], env={**stack.environment, "COLUMNS": "200"})


def one_more(taken: list[str], life: ClinicLife) -> None:
    """What was told before is out of the queues: each is read in order."""
    count = len(taken)
    wait_for("work goes on", lambda: len(taken) >= count + 2, 120)


def parked(life: ClinicLife) -> dict[str, list[Any]]:
    return {service: life.rows(service, "SELECT type, error FROM inbox WHERE state <> 'done'") for service in SERVICES}


@pytest.mark.long
def test_keys_are_changed_three_times_while_work_goes_on_and_the_last_one_is_enough(
    stack: Stack, life: ClinicLife
) -> None:
    [known] = Path(stack.environment["SEAL_KEYS_FILE"]).read_text().split(",")
    with at_work(life) as taken:
        wait_for("some work", lambda: len(taken) >= 2, 120)
        for _ in range(3):
            new = Fernet.generate_key().decode()
            hold(stack, new, known)
            one_more(taken, life)
            done = wait_for("rotation", lambda: (said := rotate(stack)).exit_code == 0 and said, 120)
            assert key_id(known) not in done.output
            known = new
        hold(stack, known)
        one_more(taken, life)

    counted = rotate(stack, "--dry-run").output
    others = ("(number 2)", "not in SEAL_KEYS", "not sealed yet", "without a key")
    assert f"{key_id(known)} (the first)" in counted
    assert [word for word in others if word in counted] == []
    assert [rows for rows in parked(life).values() if rows] == []
    wait_for("notify", lambda: set(taken) <= opened(life, known, "notify", "SELECT name FROM contacts"))
    contacts = " ".join(opened(life, known, "referrals", "SELECT contact FROM patients"))
    assert [name for name in taken if name not in contacts] == []
    assert traces.in_clear(stack, ["rotunda"]) == []


def opened(life: ClinicLife, known: str, service: str, query: str) -> set[str]:
    return {Seal([known]).open(row[0]) for row in life.rows(service, query)}
