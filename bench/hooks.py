"""How soon notify answers its providers' webhooks: a text's status, a text that came in, a hundred events of e-mails at
once, and a hundred failures at once, of which much follows. Beside it, a plain receiver that checks the same signature
and inserts one row.

Client, gunicorn and PostgreSQL share this machine's cores.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import requests
from sqlalchemy import text
from twilio.request_validator import RequestValidator

from bench import due_texts
from bench.booking_api import fresh_database, gunicorn
from services.chassis import database, runtime
from services.chassis.runtime import Runtime
from services.chassis.settings import load
from services.local import ports
from services.local.credentials import Credentials
from services.local.postgres import Postgres
from services.local.roster import HTTP, Setup, environment
from services.notify.sending import following
from services.notify.settings import Settings
from services.sandbox.signing import EventKey

SENT, TEXTS, BATCH, AT_ONCE = 5_000, 600, 100, 8
STATUSES, REPLIES, BATCHES = 400, 200, 20
PUBLIC, TOKEN = "http://clinic.example", "bench"
WORDS = ("C", "R", "X", "thanks", "What time is it?", "STOP", "START", "HELP")

_SENT = text(
    "WITH texts AS (SELECT id FROM messages WHERE kind = 'reminder_120' ORDER BY id LIMIT :texts),"
    " sent AS (UPDATE messages SET state = 'sent', sent_at = fascia_now(), attempts = 1, fence = 1,"
    "  attempt_id = uuidv7(), channel = CASE WHEN id IN (SELECT id FROM texts) THEN 'text' ELSE 'email' END"
    "  WHERE kind = 'reminder_120' RETURNING id, attempt_id, channel, recipient)"
    " INSERT INTO attempts (id, message_id, fence, channel, address, digest, outcome)"
    " SELECT attempt_id, sent.id, 1, channel, contacts.phone, '', 'sent' FROM sent JOIN contacts ON"
    "  contacts.id = sent.recipient ORDER BY channel = 'email' RETURNING id"
)


@dataclass
class Hooks:
    """Signs as the providers do; how long each answer took is kept in milliseconds."""

    port: int
    events: EventKey
    took: list[float] = field(default_factory=list)

    def twilio(self, path: str, **form: str) -> None:
        signature = RequestValidator(TOKEN).compute_signature(PUBLIC + path, form)
        self._post(path, form, {"X-Twilio-Signature": signature})

    def sendgrid(self, told: list[dict[str, Any]]) -> None:
        body, stamp = json.dumps(told).encode(), str(int(time.time()))
        signature = self.events.sign(stamp, body)
        name = "X-Twilio-Email-Event-Webhook"
        self._post("/hooks/sendgrid/events", body, {f"{name}-Signature": signature, f"{name}-Timestamp": stamp})

    def _post(self, path: str, data: Any, headers: dict[str, str]) -> None:
        began = time.perf_counter()
        answer = requests.post(f"http://{ports.LOOPBACK}:{self.port}{path}", data=data, headers=headers, timeout=30)
        self.took.append(1000 * (time.perf_counter() - began))
        assert answer.ok, answer.status_code

    def figures(self, name: str) -> dict[str, float]:
        took, self.took = sorted(self.took), []
        return {f"hook_{name}_ms_p50": took[len(took) // 2], f"hook_{name}_ms_p95": took[int(0.95 * (len(took) - 1))]}


def measure(postgres: Postgres, say: Callable[[str], None]) -> dict[str, float]:
    say(f"webhooks: {STATUSES} statuses, {REPLIES} texts that come in, batches of {BATCH} e-mail events")
    key = EventKey()
    with fresh_database(postgres) as url:
        environ = _environ(postgres, url, key)
        database.migrate("notify", url)
        with _filled(environ) as (running, attempts):
            log = postgres.folder / "notify-api.log"
            with gunicorn("services.notify.api:app()", environ, log, workers=1, threads=AT_ONCE) as port:
                found = _told(Hooks(port, key), attempts)
            found |= _followed(running)
        with gunicorn("bench.plain_hook:app()", environ, postgres.folder / "plain.log", workers=1, threads=8) as port:
            return found | _plainly(Hooks(port, key), attempts)


def _environ(postgres: Postgres, url: str, key: EventKey) -> dict[str, str]:
    credentials = Credentials(postgres.folder / "secrets")
    setup = Setup(postgres.folder, dict.fromkeys(HTTP, 1), "amqp://127.0.0.1:1//", postgres.url, credentials, {})
    ours = {
        "NOTIFY_DATABASE_URL": url, "NOTIFY_DATABASE_POOL": str(AT_ONCE), "PUBLIC_URL": PUBLIC,
        "NOTIFY_TWILIO_AUTH_TOKEN": TOKEN, "NOTIFY_SENDGRID_PUBLIC_KEY": key.public,
    }  # fmt: skip
    return {**os.environ, **environment(setup), **ours}


@contextmanager
def _filled(environ: dict[str, str]) -> Iterator[tuple[Runtime, list[UUID]]]:
    """Reminders that were sent an hour ago, each with its attempt."""
    running = runtime.start("notify", load(Settings, environ, "notify"))
    due_texts.plan(running, SENT, datetime.now(UTC) - timedelta(hours=1))
    with running.engine.begin() as connection:
        attempts = list(connection.scalars(_SENT, {"texts": TEXTS}))
    yield running, attempts
    running.engine.dispose()


def _told(hooks: Hooks, attempts: list[UUID]) -> dict[str, float]:
    ids = iter(attempts)
    _status(hooks, next(ids))
    hooks.took.clear()
    with ThreadPoolExecutor(AT_ONCE) as senders:
        list(senders.map(lambda id_: _status(hooks, id_), [next(ids) for _ in range(STATUSES)]))
        found = hooks.figures("status")
        list(senders.map(lambda place: _reply(hooks, place), range(REPLIES)))
        found |= hooks.figures("reply")
    ids = iter(attempts[TEXTS:])
    for name, kind in (("delivered", "delivered"), ("bounced", "bounce"), ("unsubscribed", "unsubscribe")):
        for _ in range(BATCHES // 2 if kind != "delivered" else BATCHES):
            hooks.sendgrid([_event(next(ids), kind) for _ in range(BATCH)])
        found |= hooks.figures(f"{BATCH}_{name}")
    return found


def _status(hooks: Hooks, attempt_id: UUID) -> None:
    hooks.twilio(f"/hooks/twilio/status/{attempt_id}", MessageSid=f"SM{attempt_id.hex}", MessageStatus="delivered")


def _reply(hooks: Hooks, place: int) -> None:
    form = {"MessageSid": f"SM{uuid4().hex}", "From": due_texts.number(place), "Body": WORDS[place % len(WORDS)]}
    hooks.twilio("/hooks/twilio/inbound", **form)


def _event(attempt_id: UUID, kind: str) -> dict[str, Any]:
    return {
        "event": kind, "email": f"{attempt_id}@mail.example", "timestamp": int(time.time()),
        "sg_message_id": f"{attempt_id}.recvd-1", "sg_event_id": uuid4().hex, "attempt_id": str(attempt_id),
    }  # fmt: skip


def _followed(running: Runtime) -> dict[str, float]:
    """What the worker does about the failures, on one core."""
    began, done = time.perf_counter(), 0
    while some := following.some(running):
        done += some
    return {"failures_followed_per_s": done / (time.perf_counter() - began)}


def _plainly(hooks: Hooks, attempts: list[UUID]) -> dict[str, float]:
    with ThreadPoolExecutor(AT_ONCE) as senders:
        list(senders.map(lambda id_: _status(hooks, id_), attempts[:STATUSES]))
    return {f"{name}_plain": value for name, value in hooks.figures("status").items()}
