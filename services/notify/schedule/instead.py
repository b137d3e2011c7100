"""A text that did not arrive is followed by an e-mail, where there is an address and consent.

But for what only makes sense in a conversation by text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from uuid import UUID

from services.notify.schedule.planned import Decision, Planned, Reach, Told

ONLY_BY_TEXT = frozenset({"cancel_check", "opted_out", "we_will_call"})


def another_way(messages: Iterable[Planned], records: Mapping[UUID, Reach], told: Told) -> Iterator[Planned]:
    for message in messages:
        failed = message.channel == "text" and message.occasion in told.not_arrived
        if failed and records[message.recipient].email and message.kind not in ONLY_BY_TEXT:
            facts = {"channel": "text", "to": "email", "because": "not_delivered"}
            yield replace(message, channel="email", because=(*message.because, Decision("fell_back", facts)))
        else:
            yield message
