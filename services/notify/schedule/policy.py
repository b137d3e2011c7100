"""What the clinic decided about messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from zoneinfo import ZoneInfo

GRACE = timedelta(minutes=3)
"""A slip at the desk can be undone for so long before anything leaves."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The clinic's, from its file."""

    zone: ZoneInfo
    reminder_minutes: tuple[int, ...]
    grace: timedelta = GRACE
    texts_from: time = time(8)
    """Local time of the recipient."""
    texts_until: time = time(21)
    texts_a_day: int = 3
    texts_per_second: float | None = None
    """None: as fast as the provider takes them."""
    invite: bool = True
    full_content: bool = False
