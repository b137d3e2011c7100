import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.sandbox.clients import CLINIC, PATIENT, Sandbox, eventually, mail
from tests.sandbox.receiver import Receiver

GOOD = {"To": PATIENT, "From": CLINIC, "Body": "See you on Tuesday."}


def attempt(sandbox: Sandbox) -> int | str:
    try:
        return sandbox.post_text(**GOOD).status_code
    except requests.ConnectionError as error:
        return "reset" if "reset by peer" in str(error).lower() else str(error)


def test_scripted_faults_happen_once_each_and_in_order(sandbox: Sandbox) -> None:
    faults = ["accept_then_reset", "accept_then_500", "429", "none", "500_not_accepted", "reset_before"]
    sandbox.turn(twilio={"next": faults})
    answers = [(attempt(sandbox), len(sandbox.texts())) for _ in range(7)]
    assert answers == [("reset", 1), (500, 2), (429, 2), (201, 3), (500, 3), ("reset", 3), (201, 4)]


def test_sendgrids_faults_come_in_sendgrids_form(sandbox: Sandbox) -> None:
    sandbox.turn(sendgrid={"next": ["429", "accept_then_500", "accept_then_reset", "reset_before"]})
    slow_down = sandbox.post_mail(mail())
    assert slow_down.status_code == 429
    assert slow_down.json()["errors"][0]["message"] == "too many requests"
    assert int(slow_down.headers["X-RateLimit-Reset"]) >= time.time() - 1
    assert sandbox.post_mail(mail()).status_code == 500
    for kept in (2, 2):
        with pytest.raises(requests.ConnectionError):
            sandbox.post_mail(mail())
        assert len(sandbox.emails()) == kept
    assert [email["received"] for email in sandbox.emails()] == [2, 2]


@pytest.mark.parametrize(("fault", "kept"), [("hang", 1), ("hang_before", 0)])
def test_a_hanging_request_is_let_go_by_a_reset_and_gets_no_answer(sandbox: Sandbox, fault: str, kept: int) -> None:
    sandbox.turn(twilio={"next": [fault, fault], "hang_ms": 400})
    sid, token = sandbox.settings.twilio_account_sid, sandbox.settings.twilio_auth_token
    with pytest.raises(requests.ReadTimeout):
        requests.post(sandbox.messages_url, data=GOOD, auth=(sid, token), timeout=0.1)
    assert len(sandbox.texts()) == kept
    assert attempt(sandbox) == "reset"
    assert len(sandbox.texts()) == 2 * kept


def test_a_fault_mix_is_the_same_for_the_same_seed(sandbox: Sandbox) -> None:
    def mix() -> list[int | str]:
        sandbox.turn(twilio={"seed": 7, "faults": {"429": 0.4, "accept_then_500": 0.3}})
        return [attempt(sandbox) for _ in range(30)]

    first = mix()
    assert set(first) == {201, 429, 500}
    assert mix() == first


def test_the_list_can_be_unavailable_or_behind(sandbox: Sandbox) -> None:
    attempt(sandbox)
    sid, token = sandbox.settings.twilio_account_sid, sandbox.settings.twilio_auth_token
    sandbox.turn(twilio={"list_unavailable": True})
    answer = requests.get(sandbox.messages_url, auth=(sid, token), timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (503, 20503)
    sandbox.turn(twilio={"list_unavailable": False, "list_lag_ms": 60_000})
    assert sandbox.twilio.messages.list() == []
    sandbox.turn(twilio={"list_lag_ms": 0})
    assert len(sandbox.twilio.messages.list()) == 1


def test_latency_delays_every_answer(sandbox: Sandbox) -> None:
    sandbox.turn(twilio={"latency_ms": 200})
    started = time.monotonic()
    attempt(sandbox)
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize(
    "knobs",
    [
        {"twilio": {"next": ["explode"]}},
        {"twilio": {"faults": {"429": 0.7, "hang": 0.7}}},
        {"twilio": {"callbacks": {"lost": 2}}},
        {"twilio": {"latency_ms": -1}},
        {"twilio": {"colour": "green"}},
        {"mailgun": {}},
        {"twilio": {"latency_ms": 5, "callbacks": {"on": "perhaps"}}},
    ],
)
def test_a_knob_that_does_not_exist_or_fit_changes_nothing(sandbox: Sandbox, knobs: dict[str, object]) -> None:
    before = sandbox.get("knobs")
    answer = sandbox.turn(**knobs)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert sandbox.get("knobs") == before


def test_a_reset_forgets_texts_emails_opt_outs_and_knobs(sandbox: Sandbox, clinic: Receiver) -> None:
    attempt(sandbox)
    sandbox.post_mail(mail())
    sandbox.reply(body="STOP")
    sandbox.turn(twilio={"latency_ms": 1, "next": ["429"]})
    sandbox.reset()
    assert (sandbox.texts(), sandbox.emails()) == ([], [])
    assert sandbox.get("knobs")["twilio"]["next"] == []
    assert attempt(sandbox) == 201


@pytest.fixture
def under_gunicorn(tmp_path: Path) -> Iterator[Sandbox]:
    environ = {
        "SANDBOX_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "SANDBOX_TWILIO_AUTH_TOKEN": "token-of-the-tests",
        "SANDBOX_SENDGRID_API_KEY": "SG.key-of-the-tests",
        "SANDBOX_PREFIX": "/stand-in",
        "HOME": str(tmp_path),
    }
    log = tmp_path / "log"
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--threads", "8", "--bind",
               "127.0.0.1:0", "services.sandbox.app:app()"]  # fmt: skip
    with log.open("w") as out:
        process = subprocess.Popen(command, env=os.environ | environ, stdout=out, stderr=subprocess.STDOUT)
    try:
        listening = eventually(lambda: [line for line in log.read_text().splitlines() if "Listening at" in line])
        address = listening[0].split("Listening at: ")[1].split()[0]
        eventually(lambda: "Booting worker" in log.read_text())
        yield Sandbox(address + "/stand-in")
    finally:
        process.terminate()
        process.wait(timeout=20)
    assert "Traceback" not in log.read_text()
    assert PATIENT not in log.read_text()


def test_under_gunicorn_too_an_accepted_text_can_lose_its_connection(under_gunicorn: Sandbox) -> None:
    under_gunicorn.turn(twilio={"next": ["accept_then_reset", "reset_before", "accept_then_500"]})
    assert [attempt(under_gunicorn) for _ in range(4)] == ["reset", "reset", 500, 201]
    assert len(under_gunicorn.texts()) == 3
    assert len(under_gunicorn.twilio.messages.list()) == 3
    page = requests.get(under_gunicorn.base + "/sandbox", timeout=10)
    assert (page.status_code, page.url) == (200, under_gunicorn.base + "/sandbox/")
    outside = under_gunicorn.base.removesuffix("/stand-in")
    assert requests.get(outside + "/sandbox/", timeout=10).status_code == 404
    assert requests.get(outside + "/healthz", timeout=10).json() == {"status": "ok"}


def test_twilio_refuses_a_number_with_the_code_that_was_dialled_in(sandbox: Sandbox) -> None:
    sandbox.turn(twilio={"refusals": {PATIENT: 21614}})
    refused = sandbox.post_text(**GOOD)
    assert (refused.status_code, refused.json()["code"]) == (400, 21614)
    sandbox.turn(twilio={"refusals": {"*": 20003}})
    assert sandbox.post_text(**GOOD).status_code == 401
    assert sandbox.texts() == []


def test_sendgrid_refuses_an_address_with_the_status_that_was_dialled_in(sandbox: Sandbox) -> None:
    sandbox.turn(sendgrid={"refusals": {"dr.lee@ortho.example": 403}})
    assert sandbox.post_mail(mail()).status_code == 403
    sandbox.turn(sendgrid={"refusals": {"*": 429}})
    assert "X-RateLimit-Reset" in sandbox.post_mail(mail()).headers
    assert sandbox.turn(sendgrid={"refusals": {"*": "no"}}).status_code == 400
    assert sandbox.emails() == []
