"""Several visits of a patient on one day are reminded of in one message: the first visit's, which tells of all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.notify.schedule.planned import Planned, Told

REMINDER = "reminder_"


def merged(messages: Iterable[Planned], places: dict[UUID, ZoneInfo], told: Told, now: datetime) -> Iterator[Planned]:
    """`places` gives the zone of each visit. Reminders that are over are left as they are, and none is given of a
    visit that another reminder of the same lead time told of already."""
    of_the_day: dict[tuple[str, date, str], list[Planned]] = defaultdict(list)
    for message in messages:
        if not _is_to_be_merged(message, told):
            yield message
        elif (message.kind, message.session_id, message.starts_at) in told.reminded:
            continue
        elif message.is_in_time(now) and message.session_id and message.starts_at:
            day = message.starts_at.astimezone(places[message.session_id]).date()
            of_the_day[message.kind, day, message.channel].append(message)
        else:
            yield message
    for together in of_the_day.values():
        yield _one(sorted(together, key=lambda one: (one.starts_at, one.subject_id)))


def _is_to_be_merged(message: Planned, told: Told) -> bool:
    return message.kind.startswith(REMINDER) and message.occasion not in told.occasions


def _one(together: list[Planned]) -> Planned:
    first = together[0]
    if len(together) == 1:
        return first
    return replace(first, covers=tuple((one.session_id, one.starts_at) for one in together))  # type: ignore[misc]
