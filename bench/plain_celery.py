"""The same reminders as a Python team would send them: Celery and RabbitMQ, one table, Twilio's client as it comes.

Two ways, which the environment chooses between: each reminder is a task with its own ETA; or beat has the table
looked through every few seconds (`PLAIN_POLLS`). At their better-behaved settings: a task is acknowledged when it has
ended, one whose worker died comes again, and what is marked as sent is not sent again. There is no consent, no
quiet hours, no audit, nothing sealed, and no looking for what became of a text.
"""

import os
import threading
from datetime import timedelta
from functools import cache

from celery import Celery
from celery.signals import worker_ready
from sqlalchemy import Engine, create_engine, text
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

TABLE = """
    CREATE TABLE reminders (id bigint PRIMARY KEY, phone text, name text, starts_at timestamptz, due_at timestamptz,
                            queued_at timestamptz, sent_at timestamptz);
    CREATE INDEX ON reminders (due_at) WHERE sent_at IS NULL"""
UNSENT = text("SELECT phone, name, starts_at FROM reminders WHERE id = :id AND sent_at IS NULL")
SENT = text("UPDATE reminders SET sent_at = now() WHERE id = :id")
DUE = text("""
    UPDATE reminders SET queued_at = now() WHERE id IN (
      SELECT id FROM reminders
      WHERE due_at <= now() AND sent_at IS NULL AND (queued_at IS NULL OR queued_at < now() - :requeue)
      FOR UPDATE SKIP LOCKED)
    RETURNING id""")
POLL_SECONDS = 2
API = "https://api.twilio.com"

app = Celery("bench.plain_celery", broker=os.environ.get("PLAIN_BROKER_URL"))
app.conf.update(
    task_ignore_result=True, task_acks_late=True, task_reject_on_worker_lost=True,
    broker_connection_retry_on_startup=True,
)  # fmt: skip
if os.environ.get("PLAIN_POLLS"):
    app.conf.beat_schedule = {"poll": {"task": "poll", "schedule": POLL_SECONDS}}

_mine = threading.local()


class Redirected(TwilioHttpClient):  # type: ignore[misc]
    def request(self, method, url, *args, **options):  # type: ignore[no-untyped-def]
        return super().request(method, url.replace(API, os.environ["PLAIN_TWILIO_URL"]), *args, **options)


@worker_ready.connect
def tell(**_: object) -> None:
    print("worker_started", flush=True)


@app.task(name="send", autoretry_for=(Exception,), retry_backoff=True)
def send(reminder_id: int) -> None:
    with engine().connect() as connection:
        reminder = connection.execute(UNSENT, {"id": reminder_id}).first()
    if reminder is None:
        return
    body = f"Harbor Massage: {reminder.name}, see you {reminder.starts_at:%a %d %b at %H:%M}. Reply STOP to opt out."
    twilio().messages.create(to=reminder.phone, from_=os.environ["PLAIN_FROM"], body=body)
    with engine().begin() as connection:
        connection.execute(SENT, {"id": reminder_id})


@app.task(name="poll")
def poll() -> None:
    """What was handed to the workers long ago and is not marked as sent is handed to them again."""
    requeue = timedelta(seconds=float(os.environ["PLAIN_REQUEUE_SECONDS"]))
    with engine().begin() as connection:
        due = list(connection.scalars(DUE, {"requeue": requeue}))
    with app.producer_or_acquire() as producer:
        for reminder_id in due:
            send.apply_async((reminder_id,), producer=producer)


@cache
def engine() -> Engine:
    return create_engine(os.environ["PLAIN_DATABASE_URL"], pool_size=8, max_overflow=32)


def twilio() -> Client:
    """One for each thread, so that each keeps its connection."""
    if not hasattr(_mine, "client"):
        account, token = os.environ["PLAIN_TWILIO_ACCOUNT"], os.environ["PLAIN_TWILIO_TOKEN"]
        _mine.client = Client(account, token, http_client=Redirected(timeout=10))
    return _mine.client
