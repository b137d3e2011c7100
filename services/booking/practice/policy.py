"""What the clinic decided: notice, horizon, buffers, travel, what a late cancellation costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Under the names of the clinic file."""

    notice_hours: int = 24
    """A visit cancelled later than this before it begins is cancelled late."""
    late_cancel_consumes_visit: bool = True
    missed_consumes_visit: bool = True
    minimum_notice_minutes: int = 0
    """How soon a visit may still be booked."""
    horizon_days: int = 365
    """How far ahead a visit may be booked."""
    hold_minutes: int = 10
    offer_minutes: int = 30
    """How long an offer of the waitlist stands."""
    warn_visits: int = 2
    """With this many visits left, or fewer, the physician is asked for a renewal."""
    warn_days: int = 7
    """This many days before the order's end, or fewer, the physician is asked for a renewal."""
    travel_kmh: int = 40
    """Along a straight line."""
    travel_minutes: int = 20
    """Where a position is not known."""
    buffers: Mapping[int, int] = field(default_factory=dict)
    """Minutes after a session, by the session's length; a therapist's own buffer holds where it is longer."""
    holidays: bool = False
    """Closed on the public holidays of each location's country and state."""
    open_on_holidays: tuple[str, ...] = ()
    """Holidays by name, or dates, on which the clinic works all the same."""

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Policy:
        """From the clinic's JSON; what it does not say is as usual."""
        known = {one.name: said[one.name] for one in fields(cls) if one.name in said}
        known["buffers"] = {int(session): minutes for session, minutes in known.get("buffers", {}).items()}
        known["open_on_holidays"] = tuple(known.get("open_on_holidays", ()))
        return cls(**known)

    @property
    def notice(self) -> timedelta:
        return timedelta(hours=self.notice_hours)

    @property
    def minimum_notice(self) -> timedelta:
        return timedelta(minutes=self.minimum_notice_minutes)

    @property
    def horizon(self) -> timedelta:
        return timedelta(days=self.horizon_days)

    def buffer(self, therapists_own: int, session_minutes: int) -> int:
        """Minutes that stay free after a session of that length: the longer of therapist's and service's."""
        return max(therapists_own, self.buffers.get(session_minutes, 0))


USUAL = Policy()
