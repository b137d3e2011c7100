"""The story's last word: each message that should exist, once, delivered, and known to its provider. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from services.local.story.expected import Expected, Kinds

Rows = list[dict[str, Any]]
NOT_TO_BE = ("superseded", "expired")


@dataclass(frozen=True)
class Tally:
    """`messages` are those that arrived, `given_up` those that could not."""

    messages: Rows
    given_up: Rows
    faults: list[str]

    @property
    def every(self) -> Rows:
        return sorted([*self.messages, *self.given_up], key=_when)

    def __add__(self, other: Tally) -> Tally:
        messages, given_up = [*self.messages, *other.messages], [*self.given_up, *other.given_up]
        return Tally(messages, given_up, [*self.faults, *other.faults])

    def as_json(self) -> Rows:
        fields = ("kind", "channel", "to", "state", "provider_id")
        return [{name: message[name] for name in fields} for message in self.every]


def tally(
    messages: Rows, expected: Expected, texts_received: int, emails_received: int, tasks: Iterable[str] = ()
) -> Tally:
    """Compare what notify says with what should be, with what the providers received, and with the desk's tasks."""
    kept = [m for m in messages if m["state"] not in NOT_TO_BE]
    live = [m for m in kept if m["state"] != "failed"]
    given_up = [m for m in kept if m["state"] == "failed"]
    faults = [
        *_counts(live, expected.kinds),
        *(f"given up: {fault}" for fault in _counts(given_up, expected.failed)),
        *_states(live),
        *_providers(kept, texts_received, emails_received),
        *_tasks(Counter(tasks), expected.tasks),
    ]
    return Tally(live, given_up, faults)


def _when(message: dict[str, Any]) -> str:
    return str(message["sent_at"] or message["due_at"])


def _counts(found: Rows, expected: Kinds) -> list[str]:
    counted = Counter((m["kind"], m["channel"]) for m in found)
    return [
        f"{kind} by {channel}: {counted[kind, channel]} instead of {expected[kind, channel]}"
        for kind, channel in sorted(expected.keys() | counted.keys())
        if counted[kind, channel] != expected[kind, channel]
    ]


def _states(live: Rows) -> list[str]:
    return [f"{m['kind']} is {m['state']}" for m in live if m["state"] != "delivered" and m["channel"] != "desk"]


def _providers(kept: Rows, texts_received: int, emails_received: int) -> list[str]:
    ids = Counter(m["provider_id"] for m in kept if m["channel"] != "desk")
    twice = [f"{count} messages share one provider id" for count in ids.values() if count > 1]
    sent = Counter(m["channel"] for m in kept)
    received = {"text": texts_received, "email": emails_received}
    return twice + [
        f"the provider received {received[channel]} by {channel}, {sent[channel]} were sent"
        for channel in received
        if received[channel] != sent[channel]
    ]


def _tasks(found: Counter[str], expected: Counter[str]) -> list[str]:
    return [
        f"tasks of the desk: {found[kind]} of {kind} instead of {expected[kind]}"
        for kind in sorted(found.keys() | expected.keys())
        if found[kind] != expected[kind]
    ]
