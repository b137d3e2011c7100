"""What every service's worker has: its runtime, its relay, and timers: the inbox's retries, and the end of what was
remembered long enough."""

from __future__ import annotations

import functools
import inspect

from services.chassis import prune
from services.chassis.entrypoints import RuntimeProvider, every
from services.chassis.inbox import Handler
from services.chassis.publishing import OutboxRelay
from services.chassis.runtime import Runtime


class Worker:
    """Base of the nameko services. Handlers are methods under `@reacts_to`, timers under `@every`."""

    runtime: Runtime = RuntimeProvider()
    relay = OutboxRelay()

    @every(seconds=1)
    def retry_inbox(self) -> None:
        self.runtime.inbox.retry_due(self.handlers())

    @every(seconds=300)
    def prune(self) -> None:
        prune.prune(self.runtime.sessions)

    def handlers(self) -> dict[str, Handler]:
        """Each event type with the handler that takes it."""
        methods = inspect.getmembers(type(self), lambda member: hasattr(member, "reaction"))
        reactions = (method.reaction for _, method in methods)
        return {event_type: functools.partial(handle, self) for event_type, handle in reactions}
