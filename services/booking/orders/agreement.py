"""Whether ledger, sessions and claims agree with what was told: everything is worked out again from the events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from services.booking.orders.ledger import Act, balance
from services.contracts.booking import Fate

TO_COME = ("booked", "confirmed", "arrived")


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a session: its version, and the status and the visit's fate that it announced."""

    version: int
    status: str
    starts_at: datetime
    ends_at: datetime
    fate: str | None = None

    @property
    def act(self) -> Act | None:
        """What it means for the order's visit; None for an event that does not say it and should."""
        if self.status in TO_COME:
            return "reserved"
        if self.status == "completed":
            return "consumed"
        return next((fate for fate in get_args(Fate) if fate == self.fate), None)


@dataclass(frozen=True, slots=True)
class Kept:
    """A session as the tables have it. `wanted` are the resources it should take, the patient's first; `claims`
    are those it takes, each with the time."""

    id: UUID
    status: str
    """Of a hold, `is_over` says that its time is up."""
    version: int
    starts_at: datetime
    ends_at: datetime
    wanted: tuple[int, ...]
    claims: Mapping[int, tuple[datetime, datetime]] = field(default_factory=dict)
    told: Sequence[Told] = ()
    entries: Sequence[tuple[int, Act]] = ()
    is_over: bool = False


Difference = dict[str, Any]


def differences(granted: int, sessions: Sequence[Kept], ledger: Mapping[str, int]) -> Iterator[Difference]:
    """Of one order: what does not agree, each with the place and both sides. `ledger` is what the tables say."""
    for session in sessions:
        for what, facts in _of_session(session):
            yield {"what": what, "session_id": str(session.id), **facts}
    told = [(session.id, one.version, one.act) for session in sessions for one in session.told]
    events = balance(granted, [(session, version, act) for session, version, act in told if act]).to_json()
    if events != ledger:
        yield {"what": "balance", "ledger": dict(ledger), "events": events}


def _of_session(session: Kept) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from _of_versions(session)
    yield from _of_entries(session)
    yield from _of_claims(session)


def _of_versions(session: Kept) -> Iterator[tuple[str, dict[str, Any]]]:
    """Nobody is told of a session that is only held; of others every version, and the newest is what it is."""
    versions = [one.version for one in session.told]
    if versions != ([] if session.status == "held" else list(range(1, session.version + 1))):
        yield "versions", {"session": session.version, "events": versions}
    elif versions and not _is_as_told(session, session.told[-1]):
        yield "session", {"session": session.status, "events": session.told[-1].status}


def _is_as_told(session: Kept, told: Told) -> bool:
    return (told.status, told.starts_at, told.ends_at) == (session.status, session.starts_at, session.ends_at)


def _of_entries(session: Kept) -> Iterator[tuple[str, dict[str, Any]]]:
    acts = {one.version: one.act for one in session.told}
    for version, act in session.entries:
        if acts.get(version) != act:
            yield "entry", {"version": version, "ledger": act, "events": acts.get(version)}


def _of_claims(session: Kept) -> Iterator[tuple[str, dict[str, Any]]]:
    """A visit that takes its time has that of everybody concerned and of nobody else; what was called off has none.

    A hold that is over may have lost its time to somebody who came after it.
    """
    whole = set(session.claims) == set(session.wanted) and all(_fits(session, one) for one in session.wanted)
    none = not session.claims
    allowed = {"cancelled": none, "missed": none, "held": whole or session.is_over}
    if not allowed.get(session.status, whole):
        yield "claims", {"session": sorted(session.wanted), "claims": sorted(session.claims)}


def _fits(session: Kept, resource: int) -> bool:
    """From its beginning; the patient to its end, therapist and room to the end of the buffer."""
    begins, ends = session.claims[resource]
    if resource == session.wanted[0]:
        return (begins, ends) == (session.starts_at, session.ends_at)
    return begins <= session.starts_at and ends >= session.ends_at
