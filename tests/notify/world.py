"""Notify as a whole: its handlers, its sending, its webhooks over real HTTP, and the providers' stand-in."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, text
from werkzeug.serving import make_server

from services.chassis import clock
from services.chassis.events import encode
from services.chassis.ids import new_id
from services.chassis.runtime import Runtime
from services.contracts.event import Event
from services.notify import api, models
from services.notify.planning import replan
from services.notify.sending import following, resolve
from services.notify.sending.dispatch import dispatch_due
from services.notify.settings import Settings
from services.notify.transports import transports
from services.notify.worker import NotifyWorker
from tests.notify.booking import Booking
from tests.notify.facts import NOW
from tests.sandbox.clients import Sandbox, eventually
from tests.sandbox.server import Quiet

TABLES = [*reversed([table.name for table in models.Base.metadata.sorted_tables]), "outbox", "inbox", "audit", "erased"]


class World:
    def __init__(self, app: Any, settings: Settings, sandbox: Sandbox, booking: Booking) -> None:
        self.app, self.settings, self.sandbox, self.booking = app, settings, sandbox, booking
        self.runtime: Runtime = app.extensions["fascia"]
        self.transports = transports(settings)
        worker: Any = NotifyWorker()
        worker.runtime = self.runtime
        self.handlers = worker.handlers()

    def begin(self) -> None:
        """As on the first day, at ten in the morning."""
        self.sandbox.reset()
        self.booking.reset()
        self.forget()
        self.sandbox.turn(twilio={"step_ms": 10}, sendgrid={"step_ms": 10})
        self.at(NOW)

    def forget(self) -> None:
        with self.runtime.engine.begin() as connection:
            # A webhook of an earlier test may still be at work.
            connection.execute(text("LOCK TABLE messages IN EXCLUSIVE MODE"))
            # For a handful of rows much quicker than TRUNCATE.
            allowed = "SET LOCAL session_replication_role = replica; "
            connection.execute(text(allowed + "; ".join(f"DELETE FROM {table}" for table in TABLES)))

    def at(self, instant: datetime) -> None:
        with self.runtime.sessions.begin() as session:
            clock.move(session, instant - datetime.now(UTC))

    def tell(self, *events: Event) -> None:
        """Let events arrive, each in a transaction of its own, as from the broker."""
        for event in events:
            self.runtime.inbox.take(self.body(event), self.handlers[event.event_type()])
            if event.event_name() == "clinic_changed":
                self.plan_anew()
        assert self.query("SELECT error FROM inbox WHERE state <> 'done'") == []

    def body(self, event: Event) -> bytes:
        return encode(event, self.runtime.seal, event_id=new_id(), at=NOW, trace=None)

    def follow(self) -> None:
        while following.some(self.runtime):
            pass

    def plan_anew(self) -> None:
        self.follow()
        while replan.some(self.runtime):
            pass

    def send(self) -> int:
        return dispatch_due(self.runtime, self.transports)

    def send_all(self) -> None:
        self.plan_anew()
        while self.send():
            pass

    def look_after(self) -> None:
        resolve.expire(self.runtime)
        resolve.sweep(self.runtime)
        resolve.resolve_due(self.runtime, self.transports)
        self.plan_anew()

    def messages(self, **wanted: Any) -> list[models.Message]:
        with self.runtime.sessions.begin() as session:
            return list(session.scalars(select(models.Message).filter_by(**wanted).order_by(models.Message.due_at)))

    def message(self, kind: str, **wanted: Any) -> models.Message:
        found = self.messages(kind=kind, **wanted)
        assert len(found) == 1, [m.kind for m in found]
        return found[0]

    def live(self) -> set[tuple[Any, ...]]:
        """What will be or was sent: everything but the superseded, and what came too late to be sent."""
        return {
            (m.subject_id, m.starts_at, m.happened_at, m.kind, m.channel, m.recipient, *_times(m))
            for m in self.messages()
            if m.state not in ("superseded", "expired")
        }

    def becomes(self, kind: str, state: str, **wanted: Any) -> models.Message:
        def has_become() -> bool:
            self.follow()
            return any(message.state == state for message in self.messages(kind=kind, **wanted))

        eventually(has_become)
        return self.message(kind, state=state, **wanted)

    def tasks(self) -> list[str]:
        return [row[0] for row in self.query("SELECT kind FROM tasks WHERE done_at IS NULL ORDER BY created_at")]

    def query(self, sql: str, **values: Any) -> list[Any]:
        with self.runtime.engine.begin() as connection:
            result = connection.execute(text(sql), values)
            return list(result) if result.returns_rows else []


def _times(message: models.Message) -> tuple[Any, ...]:
    covers = tuple((one["session_id"], one["starts_at"]) for one in message.covers or ())
    about = (message.session_id, message.series_id)
    return (message.due_at, message.send_before, message.was_at, message.by, message.zone, covers, *about)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(app: Any, port: int) -> Iterator[None]:
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()


__all__ = ["World", "api", "eventually", "free_port", "serving"]
