"""Why a message is planned as it is: the decisions that led to it, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Iterator

from services.notify.schedule.merging import REMINDER
from services.notify.schedule.planned import Decision, Planned, Reach


def decisions(message: Planned, person: Reach) -> Iterator[Decision]:
    yield _planned(message)
    if message.role == "patient":
        yield from _fell_back(message, person)
    elif message.channel == "desk":
        yield Decision("fell_back", {"channel": "email", "to": "desk", "because": person.no_email})
    if message.covers:
        yield Decision("merged", {"visits": len(message.covers)})
    capped = [one for one in message.because if one.what == "capped"]
    due_at = capped[0].facts["moment"] if capped else message.due_at
    if message.moment and due_at != message.moment:
        yield Decision("deferred", {"because": "quiet_hours", "moment": message.moment, "due_at": due_at})
    yield from message.because


def _planned(message: Planned) -> Decision:
    facts = {
        "because": message.kind, "channel": message.channel, "moment": message.moment or message.due_at,
        "due_at": message.due_at, "send_before": message.send_before,
    }  # fmt: skip
    if message.kind.startswith(REMINDER):
        facts |= {"because": "reminder", "minutes_before": int(message.kind.removeprefix(REMINDER))}
    return Decision("planned", facts)


def _fell_back(message: Planned, person: Reach) -> Iterator[Decision]:
    """What was decided about this one message is told already."""
    if message.channel == "text" or any(one.what == "fell_back" for one in message.because):
        return
    why = person.no_text or "quiet_hours"
    yield Decision("fell_back", {"channel": "text", "to": message.channel, "because": why})
    if message.channel == "desk" and person.no_email:
        yield Decision("fell_back", {"channel": "email", "to": "desk", "because": person.no_email})
