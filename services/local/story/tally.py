"""The story's last word: each message that should exist, once, delivered, and known to its provider. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

Kinds = Counter[tuple[str, str]]
"""How many messages of a kind, by (kind, channel)."""

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
FOR_WHO_CALLED_OFF: Kinds = Counter(
    {
        ("referral_received", "email"): 1,
        ("series_booked", "email"): 1,
        ("series_confirmation", "text"): 1,
        ("reminder_2880", "text"): 1,
        ("cancelled", "text"): 1,
        ("series_cancelled", "email"): 1,
    }
)


def of_the_whole_story(visits: int, retimed: bool) -> Kinds:
    """Everything that the patient and the physician get.

    One visit was moved by the desk, and the first one into a freed time of the next day: too late for the longer
    reminder. On the therapist's sick day another one is moved, which is told if its time is another (`retimed`).
    When two visits are left, the physician is asked for a renewal.
    """
    kinds = Counter(dict.fromkeys(FOR_EACH_VISIT, visits)) + Counter(dict.fromkeys(FOR_THE_SERIES, 1))
    kinds["reminder_2880", "text"] -= 1
    kinds["waitlist_offer", "text"] = 1
    kinds["moved", "text"] = 2 + retimed
    kinds["renewal_request", "email"] = 1
    return kinds


@dataclass(frozen=True)
class Tally:
    messages: list[dict[str, Any]]
    faults: list[str]

    def __add__(self, other: Tally) -> Tally:
        return Tally([*self.messages, *other.messages], [*self.faults, *other.faults])

    def as_json(self) -> list[dict[str, Any]]:
        fields = ("kind", "channel", "to", "state", "provider_id")
        return [{name: message[name] for name in fields} for message in self.messages]


def tally(messages: list[dict[str, Any]], expected: Kinds, texts_received: int, emails_received: int) -> Tally:
    """Compare what notify says with what should be, and with what the providers received."""
    live = [m for m in messages if m["state"] not in ("superseded", "expired")]
    live.sort(key=lambda m: m["sent_at"] or m["due_at"])
    faults = [*_counts(live, expected), *_states(live), *_providers(live, texts_received, emails_received)]
    return Tally(live, faults)


def _counts(live: list[dict[str, Any]], expected: Kinds) -> list[str]:
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
