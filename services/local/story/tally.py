"""The story's last word: each message that should exist, once, delivered, and known to its provider. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

FOR_EACH_VISIT = {
    ("reminder_2880", "text"),
    ("reminder_120", "text"),
    ("aftercare", "text"),
    ("session_update", "email"),
}
FOR_THE_SERIES = {
    ("referral_received", "email"),
    ("series_booked", "email"),
    ("series_confirmation", "text"),
    ("closing_report", "email"),
}


@dataclass(frozen=True)
class Tally:
    messages: list[dict[str, Any]]
    faults: list[str]

    def as_json(self) -> list[dict[str, Any]]:
        fields = ("kind", "channel", "to", "state", "provider_id")
        return [{name: message[name] for name in fields} for message in self.messages]


def tally(messages: list[dict[str, Any]], visits: int, texts_received: int, emails_received: int) -> Tally:
    """Compare what notify says with what should be, and with what the providers received."""
    live = [m for m in messages if m["state"] not in ("superseded", "expired")]
    live.sort(key=lambda m: m["sent_at"] or m["due_at"])
    faults = [*_counts(live, visits), *_states(live), *_providers(live, texts_received, emails_received)]
    return Tally(live, faults)


def _counts(live: list[dict[str, Any]], visits: int) -> list[str]:
    expected = Counter(dict.fromkeys(FOR_EACH_VISIT, visits)) + Counter(dict.fromkeys(FOR_THE_SERIES, 1))
    found = Counter((m["kind"], m["channel"]) for m in live)
    return [
        f"{kind} by {channel}: {found[kind, channel]} instead of {expected[kind, channel]}"
        for kind, channel in sorted(expected.keys() | found.keys())
        if found[kind, channel] != expected[kind, channel]
    ]


def _states(live: list[dict[str, Any]]) -> list[str]:
    return [f"{m['kind']} is {m['state']}" for m in live if m["state"] != "delivered"]


def _providers(live: list[dict[str, Any]], texts_received: int, emails_received: int) -> list[str]:
    ids = Counter(m["provider_id"] for m in live)
    twice = [f"{count} messages share one provider id" for count in ids.values() if count > 1]
    sent = Counter(m["channel"] for m in live)
    received = {"text": texts_received, "email": emails_received}
    return twice + [
        f"the provider received {received[channel]} by {channel}, {sent[channel]} were sent"
        for channel in received
        if received[channel] != sent[channel]
    ]
