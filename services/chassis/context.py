"""Who is acting, and under which trace: known to everything that runs on behalf of one request or event."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` names an account, a token or a service; never a patient."""

    id: str
    roles: frozenset[str]

    @property
    def role(self) -> str:
        return ",".join(sorted(self.roles))


NOBODY = Actor("nobody", frozenset())

actor: ContextVar[Actor] = ContextVar("actor", default=NOBODY)
trace: ContextVar[str | None] = ContextVar("trace", default=None)
