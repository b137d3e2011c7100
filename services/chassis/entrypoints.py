"""nameko entrypoints of the house: react to events, act on timers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import eventlet
import structlog
from nameko.extensions import DependencyProvider, Entrypoint, register_entrypoint
from nameko.timer import Timer
from sqlalchemy.orm import Session

from services.chassis.consumer import EventConsumer
from services.chassis.patience import patience
from services.chassis.runtime import Runtime
from services.contracts.event import Event
from services.contracts.subscriptions import SUBSCRIPTIONS, queue_name

log = structlog.get_logger()


class RuntimeProvider(DependencyProvider):  # type: ignore[misc]
    """The service's runtime, as `self.runtime`."""

    def setup(self) -> None:
        self.runtime: Runtime = self.container.config["runtime"]

    def get_dependency(self, worker_ctx: Any) -> Runtime:
        return self.runtime


class Reaction(Entrypoint):  # type: ignore[misc]
    """Calls a method for each event of one type."""

    consumer = EventConsumer()

    def __init__(self, event: type[Event], **kwargs: Any) -> None:
        self.event = event
        super().__init__(**kwargs)

    def setup(self) -> None:
        service = self.container.service_name
        if self.event not in SUBSCRIPTIONS[service]:
            raise LookupError(f"{service} is not subscribed to {self.event.event_type()}")
        self.queue_name = queue_name(service, self.event)
        self.consumer.register(self)

    def stop(self) -> None:
        self.consumer.taking = False

    def arrived(self, message: Any) -> None:
        if not self.consumer.taking:
            return
        done = functools.partial(self._done, message)
        body = message.body if isinstance(message.body, bytes) else str(message.body).encode(errors="replace")
        self.container.spawn_worker(self, (body,), {}, handle_result=done)

    def _done(self, message: Any, worker_ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        if exc_info is None:
            self.consumer.ack(message)
        return result, exc_info


def reacts_to(
    event: type[Event],
) -> Callable[[Callable[[Any, Session, Any], None]], Callable[[Any, bytes], None]]:
    """Declare a handler `(self, session, event)`: it runs in the inbox's transaction, at most once
    with effect. While the database is away the event waits here, unacknowledged."""

    def decorate(handle: Callable[[Any, Session, Any], None]) -> Callable[[Any, bytes], None]:
        @functools.wraps(handle)
        def in_inbox(self: Any, body: bytes) -> None:
            attempt = 0
            while True:
                try:
                    return self.runtime.inbox.take(body, functools.partial(handle, self))  # type: ignore[no-any-return]
                except Exception as error:
                    log.warning("event_waits", error=type(error).__name__)
                    eventlet.sleep(patience(attempt))
                    attempt += 1

        in_inbox.reaction = (event.event_type(), handle)  # type: ignore[attr-defined]
        register_entrypoint(in_inbox, Reaction(event))
        return in_inbox

    return decorate


class Every(Timer):  # type: ignore[misc]
    """A timer that outlives the database: an error is logged and the next tick tries again."""

    def handle_result(self, worker_ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        self.worker_complete.send()
        return result, None


def every(seconds: float) -> Callable[[Callable[[Any], Any]], Callable[[Any], None]]:
    """Call a method every so many seconds, and not again before it returned. Each replica calls it:
    what it works on must be claimed."""

    def decorate(act: Callable[[Any], Any]) -> Callable[[Any], None]:
        @functools.wraps(act)
        def guarded(self: Any) -> None:
            try:
                act(self)
            except Exception as error:
                log.error("timer_failed", act=act.__name__, exc_info=error)

        register_entrypoint(guarded, Every(interval=seconds))
        return guarded

    return decorate
