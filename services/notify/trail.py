"""Why a message is as it is: every decision about it, kept with it in the order in which they were made.

Only what was decided is kept here. What was tried and what the providers said is in `attempts` and `callbacks`.
Facts are codes, times, numbers and ids, never words about a person.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

What = Literal[
    "planned", "retimed", "deferred", "merged", "superseded", "fell_back", "capped", "expired", "resent", "marked_sent",
]  # fmt: skip
Entry = dict[str, Any]


def entry(what: What, at: datetime, **facts: Any) -> Entry:
    """One decision, as JSON knows it."""
    return {"what": what, "at": at.isoformat(), **{name: _plain(value) for name, value in facts.items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
