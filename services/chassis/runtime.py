"""What a running service holds: its settings, its database, its outbox, its inbox."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from services.chassis.database import Sessions, connect, sessions
from services.chassis.inbox import Inbox
from services.chassis.outbox import Outbox
from services.chassis.seal import Seal
from services.chassis.settings import ServiceSettings


@dataclass(frozen=True)
class Runtime:
    service: str
    settings: ServiceSettings
    engine: Engine
    sessions: Sessions
    seal: Seal
    outbox: Outbox
    inbox: Inbox


def start(service: str, settings: ServiceSettings) -> Runtime:
    engine = connect(settings.database_url, pool=settings.database_pool, name=service)
    made = sessions(engine)
    seal = Seal(settings.seal_keys)
    running = Runtime(service, settings, engine, made, seal, Outbox(seal), Inbox(made, seal))
    # An act that has a session can open what is sealed, and read its service's settings.
    made.configure(info={"running": running})
    return running
