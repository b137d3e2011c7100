"""The visit ledger: what an order grants, and what has become of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal
from uuid import UUID

Act = Literal["reserved", "consumed", "returned", "forfeited"]
Entry = tuple[UUID, int, Act]
"""A session, its version, and what that version meant for the order's visit."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Counts of visits; `reserved` are those that are booked and still to come."""

    granted: int
    reserved: int
    consumed: int
    forfeited: int

    @property
    def remaining(self) -> int:
        """Visits that can still be booked; none when an amended order grants fewer than were used."""
        return max(0, self.granted - self.reserved - self.consumed - self.forfeited)

    @property
    def untouched(self) -> bool:
        """Nothing is booked and nothing was used: the next visit is the first of the order."""
        return not (self.reserved or self.consumed or self.forfeited)

    def to_json(self) -> dict[str, int]:
        return {**asdict(self), "remaining": self.remaining}


def balance(granted: int, entries: Iterable[Entry]) -> Ledger:
    """The ledger that follows from its entries, in whichever order they are read: each session's newest counts."""
    fates: dict[UUID, tuple[int, Act]] = {}
    for session_id, version, act in entries:
        if session_id not in fates or fates[session_id][0] < version:
            fates[session_id] = (version, act)
    counts = Counter(act for _, act in fates.values())
    return Ledger(granted, counts["reserved"], counts["consumed"], counts["forfeited"])
