import threading
from dataclasses import replace

import pytest
import requests

from services.sandbox import store as stores
from services.sandbox.messages import Text
from services.sandbox.store import Store
from tests.sandbox.clients import CLINIC, PATIENT, Sandbox, eventually, mail


def page(sandbox: Sandbox) -> requests.Response:
    return requests.get(f"{sandbox.base}/sandbox/", timeout=10)


def write(sandbox: Sandbox, body: str, to: str = PATIENT) -> None:
    assert sandbox.post_text(To=to, From=CLINIC, Body=body).status_code == 201


def test_an_empty_sandbox_says_what_will_appear() -> None:
    from tests.sandbox.server import running

    with running() as base:
        shown = requests.get(f"{base}/sandbox/", timeout=10).text
    assert "No texts yet" in shown
    assert "No e-mails yet" in shown


def test_a_phone_shows_its_conversation_with_the_oldest_on_top(sandbox: Sandbox) -> None:
    write(sandbox, "first words")
    write(sandbox, "second words")
    sandbox.reply(body="third words")
    shown = page(sandbox).text
    places = [shown.index(words) for words in ("first words", "second words", "third words")]
    assert places == sorted(places)


def test_what_is_sent_is_shown_as_text_and_never_run(sandbox: Sandbox) -> None:
    write(sandbox, "<script>alert(1)</script>")
    sandbox.post_mail(mail(subject="<img src=x>", content=[{"type": "text/html", "value": "<script>x()</script>"}]))
    answer = page(sandbox)
    assert "<script>alert" not in answer.text
    assert "<img src=x>" not in answer.text
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    frame = answer.text.split('src="emails/')[1].split('"')[0]
    html = requests.get(f"{sandbox.base}/sandbox/emails/{frame}", timeout=10)
    assert "<script>x()</script>" in html.text
    assert html.headers["Content-Security-Policy"].startswith("sandbox ")
    assert "allow-scripts" not in html.headers["Content-Security-Policy"] + answer.text


def test_every_address_on_the_page_is_relative(sandbox: Sandbox) -> None:
    write(sandbox, "words")
    sandbox.post_mail(mail(content=[{"type": "text/html", "value": "<p>words</p>"}]))
    shown = page(sandbox).text
    for mark in ('href="/', 'src="/', 'action="/', sandbox.base):
        assert mark not in shown
    for file in ("static/sandbox.css", "static/sandbox.js"):
        assert requests.get(f"{sandbox.base}/sandbox/{file}", timeout=10).status_code == 200


def test_a_reply_typed_into_the_plain_form_comes_back_to_the_page(sandbox: Sandbox) -> None:
    write(sandbox, "Reply C to confirm.")
    form = {"phone": PATIENT, "body": "C"}
    answer = requests.post(f"{sandbox.base}/sandbox/reply", data=form, timeout=10)
    assert (answer.status_code, answer.url) == (200, f"{sandbox.base}/sandbox/")
    assert sandbox.texts()[-1]["body"] == "C"
    empty = requests.post(f"{sandbox.base}/sandbox/phones/{PATIENT}/reply", data={"body": ""}, timeout=10)
    assert "could not be sent" in empty.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://behind.the.door"}, 201),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://the.door", "X-Forwarded-Host": "the.door"}, 201),
    ],
)
def test_another_site_cannot_press_the_buttons(sandbox: Sandbox, headers: dict[str, str], status: int) -> None:
    write(sandbox, "Reply C to confirm.")
    reply = {"phone": PATIENT, "body": "C"}
    answer = requests.post(f"{sandbox.base}/sandbox/reply", json=reply, headers=headers, timeout=10)
    assert answer.status_code == status
    assert len(sandbox.texts()) == (2 if status == 201 else 1)


def test_another_site_cannot_reset_or_turn_knobs(sandbox: Sandbox) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert requests.post(f"{sandbox.base}/sandbox/reset", headers=foreign, timeout=10).status_code == 403
    assert requests.put(f"{sandbox.base}/sandbox/knobs", json={}, headers=foreign, timeout=10).status_code == 403


def test_the_texts_for_tests_carry_what_a_ledger_needs(sandbox: Sandbox) -> None:
    callback = "http://127.0.0.1:9/hooks/status?attempt=7"
    sandbox.post_text(To=PATIENT, From=CLINIC, Body="once", StatusCallback=callback)
    for _ in range(2):
        write(sandbox, "twice", to="+12025550143")
    assert [text["received"] for text in sandbox.texts()] == [1, 2, 2]
    [once] = sandbox.texts(to=PATIENT)
    facts = {"to": PATIENT, "from": CLINIC, "body": "once", "status_callback": callback, "direction": "outbound-api"}
    assert facts.items() <= once.items()
    eventually(lambda: sandbox.texts(to=PATIENT)[0]["status"] == "delivered")


def test_only_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "NEWEST", 3)
    store = Store()
    text = Text(sid="", to=PATIENT, sender=CLINIC, body="x", direction="outbound-api", status="sent", segments=1)
    for number in range(5):
        store.add_text(replace(text, sid=str(number)))
    assert [kept.sid for kept in store.texts()] == ["4", "3", "2"]
    assert store.change_text("0", status="delivered") is None


def test_parallel_senders_lose_nothing(sandbox: Sandbox) -> None:
    def send(number: int) -> None:
        for part in range(5):
            write(sandbox, f"{number}.{part}")

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({text["body"] for text in sandbox.texts()}) == 40
