"""At most so many texts to one person, whatever the record, on one day of theirs: where they live, if that is known,
else at the clinic.

Answers to what the patient wrote always go, and count. Of the rest, what matters most goes first; what does not
fit waits for the next morning that has room, if that is in time, else goes by e-mail; else a change is the desk's to
tell, and anything else is not sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.notify.schedule.hours import morning_after, waking
from services.notify.schedule.planned import Decision, Planned, Reach, Told
from services.notify.schedule.policy import Policy

ANSWERS = frozenset({"cancel_check", "other_times", "time_gone", "opted_out", "we_will_call"})
"""What a patient asked for by writing is always sent."""
CHANGES = frozenset({"moved", "cancelled", "restored", "visits_changed", "waitlist_offer", "offer_ended"})
CONFIRMATIONS = frozenset({"series_confirmation", "invitation"})


def within_cap(
    messages: Iterable[Planned], records: Mapping[UUID, Reach], policy: Policy, told: Told, now: datetime
) -> Iterator[Planned]:
    zone = _home(records.values()) or policy.zone
    texts: Counter[date] = Counter(at.astimezone(zone).date() for at in told.texts)
    for message in sorted(messages, key=_importance):
        if message.channel != "text" or message.occasion in told.occasions or not message.is_in_time(now):
            yield message
        else:
            kept = message if message.kind in ANSWERS else _kept(message, texts, records, policy, zone, now)
            if kept and kept.channel == "text":
                texts[waking(max(kept.due_at, now), kept.zone, "text", policy).astimezone(zone).date()] += 1
            yield kept or _dropped(message, policy)


def _home(records: Iterable[Reach]) -> ZoneInfo | None:
    """Of a person, as `cap` has it too."""
    return next((one.zone for one in sorted(records, key=lambda one: one.id) if one.zone), None)


def _importance(message: Planned) -> tuple[int, datetime, str, str]:
    classes = (ANSWERS, CHANGES, CONFIRMATIONS)
    rank = next((rank for rank, kinds in enumerate(classes) if message.kind in kinds), len(classes))
    rank += not message.kind.startswith("reminder_") and rank == len(classes)
    return rank, message.due_at, message.kind, str(message.subject_id)


def _kept(
    message: Planned, texts: Counter[date], records: Mapping[UUID, Reach], policy: Policy, zone: ZoneInfo,
    now: datetime,
) -> Planned | None:  # fmt: skip
    due = message.due_at
    # A text that is overdue goes as soon as it may, and counts for that day.
    day = waking(max(due, now), message.zone, "text", policy)
    while day < message.send_before and texts[day.astimezone(zone).date()] >= policy.texts_a_day:
        due = day = morning_after(day, message.zone, policy)
    if day < message.send_before:
        return message if due == message.due_at else _later(message, due, policy)
    has_email = records[message.recipient].email
    if has_email or message.kind in CHANGES:
        return _otherwise(message, "email" if has_email else "desk")
    return None


def _later(message: Planned, due: datetime, policy: Policy) -> Planned:
    facts = {"because": "texts_a_day", "limit": policy.texts_a_day, "moment": message.due_at, "due_at": due}
    return replace(message, due_at=due, because=(*message.because, Decision("capped", facts)))


def _otherwise(message: Planned, channel: str) -> Planned:
    facts = {"channel": "text", "to": channel, "because": "texts_a_day"}
    return replace(message, channel=channel, because=(*message.because, Decision("fell_back", facts)))  # type: ignore[arg-type]


def _dropped(message: Planned, policy: Policy) -> Planned:
    """Kept with its end as its time, so that it is told why it was not sent."""
    return _later(message, message.send_before, policy)
