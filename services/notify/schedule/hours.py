"""The hours in which a text may be sent, where the recipient is: 08:00 to 21:00, or fewer by the clinic's policy."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notify.schedule.planned import Channel, Reach
from services.notify.schedule.policy import Policy

WAKING, QUIET = time(8), time(21)
BEFORE_NIGHT = timedelta(minutes=30)


def is_waking(now: datetime, zone: ZoneInfo, policy: Policy | None = None) -> bool:
    """May a text be sent now?"""
    begins, ends = (policy.texts_from, policy.texts_until) if policy else (WAKING, QUIET)
    return begins <= now.astimezone(zone).time() < ends


def waking(moment: datetime, zone: ZoneInfo, channel: Channel, policy: Policy) -> datetime:
    """The moment itself, or the next morning."""
    if channel != "text" or is_waking(moment, zone, policy):
        return moment
    local = moment.astimezone(zone)
    day = local.date() if local.time() < policy.texts_from else local.date() + timedelta(days=1)
    return _at(day, policy.texts_from, zone, moment)


def morning_after(moment: datetime, zone: ZoneInfo, policy: Policy) -> datetime:
    day = moment.astimezone(zone).date() + timedelta(days=1)
    return _at(day, policy.texts_from, zone, moment)


def waking_before(moment: datetime, starts_at: datetime, zone: ZoneInfo, channel: Channel, policy: Policy) -> datetime:
    """The moment itself, or a waking one that is still before the visit."""
    if channel != "text" or is_waking(moment, zone, policy):
        return moment
    local = moment.astimezone(zone)
    if local.time() >= policy.texts_until:
        return _evening(local.date(), zone, moment, policy)
    morning = _at(local.date(), policy.texts_from, zone, moment)
    return morning if morning < starts_at else _evening(local.date() - timedelta(days=1), zone, moment, policy)


def in_time(
    person: Reach, moment: datetime, until: datetime, zone: ZoneInfo, policy: Policy
) -> tuple[Channel, datetime]:
    """The channel that still reaches a person before it is too late, and when: an e-mail or a call by the
    desk need not wait for the morning."""
    due = waking(moment, zone, person.channel, policy)
    if due < until or person.channel != "text":
        return person.channel, due
    return ("email" if person.email else "desk"), moment


def _evening(day: date, zone: ZoneInfo, like: datetime, policy: Policy) -> datetime:
    """Half an hour before the texts of a day end."""
    ends = datetime.combine(day, policy.texts_until, zone)
    return (ends - BEFORE_NIGHT).astimezone(like.tzinfo)


def _at(day: date, at: time, zone: ZoneInfo, like: datetime) -> datetime:
    return datetime.combine(day, at, zone).astimezone(like.tzinfo)
