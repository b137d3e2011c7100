"""Why a message is as it is: every decision about it, kept with it in the order in which they were made.

Only what was decided is kept here. What was tried and what the providers said is in `attempts` and `callbacks`.
Facts are codes, times, numbers and ids, never words about a person.

| what       | facts                                                                                            |
|------------|--------------------------------------------------------------------------------------------------|
| planned    | because (the kind), channel, moment (when it would be due), due_at, send_before; minutes_before   |
| deferred   | because (`quiet_hours`), moment, due_at                                                          |
| fell_back  | channel (which it would have been), to, because (a reason of `Reach`, `quiet_hours`,             |
|            | `texts_a_day`, `not_delivered`)                                                                  |
| merged     | visits (how many it tells of)                                                                    |
| capped     | because (`texts_a_day`), limit, moment, due_at                                                   |
| retimed    | was_at, due_at, because (`visits_of_the_day`, `replanned`); why follows as `capped`, `deferred`   |
| superseded | because (see `ended`), message (the one that tells it instead, where there is one)                |
| expired    | because (`told_too_late`: we learnt of it when it was over; `no_time_left`: quiet hours or the    |
|            | cap would have put it behind its end)                                                            |
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
