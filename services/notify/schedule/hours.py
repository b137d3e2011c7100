"""The hours in which a text may be sent: 08:00 to 21:00 where the recipient is."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notify.schedule.case import Channel, Reach

WAKING, QUIET, EVENING = time(8), time(21), time(20, 30)


def is_waking(now: datetime, zone: ZoneInfo) -> bool:
    """May a text be sent now?"""
    return WAKING <= now.astimezone(zone).time() < QUIET


def waking(moment: datetime, zone: ZoneInfo, channel: Channel) -> datetime:
    """The moment itself, or the next morning."""
    if channel != "text" or is_waking(moment, zone):
        return moment
    local = moment.astimezone(zone)
    day = local.date() if local.time() < WAKING else local.date() + timedelta(days=1)
    return _at(day, WAKING, zone, moment)


def waking_before(moment: datetime, starts_at: datetime, zone: ZoneInfo, channel: Channel) -> datetime:
    """The moment itself, or a waking one that is still before the visit."""
    if channel != "text" or is_waking(moment, zone):
        return moment
    local = moment.astimezone(zone)
    if local.time() >= QUIET:
        return _at(local.date(), EVENING, zone, moment)
    morning = _at(local.date(), WAKING, zone, moment)
    return morning if morning < starts_at else _at(local.date() - timedelta(days=1), EVENING, zone, moment)


def in_time(person: Reach, moment: datetime, until: datetime, zone: ZoneInfo) -> tuple[Channel, datetime]:
    """The channel that still reaches a person before it is too late, and when: an e-mail or a call by the
    desk need not wait for the morning."""
    due = waking(moment, zone, person.channel)
    if due < until or person.channel != "text":
        return person.channel, due
    return ("email" if person.email else "desk"), moment


def _at(day: date, at: time, zone: ZoneInfo, like: datetime) -> datetime:
    return datetime.combine(day, at, zone).astimezone(like.tzinfo)
