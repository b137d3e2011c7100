"""How many texts a second our number may send: a token bucket in the database, which all workers share.

It holds one second's worth at most, so that after a pause there is no larger burst. Whoever asks keeps it locked
to the end of the transaction, and takes what it claimed.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

_FILL = text(
    "INSERT INTO buckets AS b (sender, tokens, filled_at) VALUES (:sender, :most, clock_timestamp())"
    " ON CONFLICT (sender) DO UPDATE SET filled_at = clock_timestamp(), tokens = least(:most,"
    "  b.tokens + :rate * greatest(0, extract(epoch FROM clock_timestamp() - b.filled_at)))"
    " RETURNING tokens"
)
_TAKE = text("UPDATE buckets SET tokens = tokens - :taken WHERE sender = :sender")


def given(session: Session, sender: str, rate: float) -> int:
    """How many texts may be claimed now at `rate` texts a second; less than one text a second is possible."""
    most = max(rate, 1.0)
    tokens: Any = session.execute(_FILL, {"sender": sender, "rate": rate, "most": most}).scalar_one()
    # What arithmetic leaves a hair below a whole text is one.
    return int(tokens + 1e-6)


def take(session: Session, sender: str, taken: int) -> None:
    if taken:
        session.execute(_TAKE, {"sender": sender, "taken": taken})
