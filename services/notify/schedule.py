"""Which messages should exist: one pure function of what is known.

Patient: texts if there is a number and consent, else e-mail if there is an address and consent, else the desk
is asked to call; the desk hears of the booked series and of the longest reminder only, not of every text.

- `series_confirmation` when the series is booked, `aftercare` when a visit is completed;
- `reminder_<minutes>` for each lead time of the clinic's policy, unless the series was booked after its moment.
  It is sensible until half its lead time before the visit.

Physician: e-mail, without an address a fax by the desk, as the referral asked to be updated:

| kind              | every_visit | midpoint_and_end | end | exceptions | none |
|-------------------|-------------|------------------|-----|------------|------|
| referral_received | yes         | yes              | yes |            |      |
| referral_declined | yes         | yes              | yes | yes        |      |
| series_booked     | yes         | yes              |     |            |      |
| session_update    | yes         |                  |     |            |      |
| closing_report    | yes         | yes              | yes |            |      |

Texts go between 08:00 and 21:00 in the clinic's zone. What is sent at once waits for the morning; a reminder
waits for 08:00 when that is before the visit, otherwise, and in the evening, it goes earlier, at 20:30.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

Role = Literal["patient", "physician"]
Channel = Literal["text", "email", "desk"]

WAKING, QUIET, EVENING = time(8), time(21), time(20, 30)
AFTERCARE_FOR = timedelta(hours=24)
UPDATE_FOR = timedelta(days=14)

ASKED: dict[str, frozenset[str]] = {
    "every_visit": frozenset(
        {"referral_received", "referral_declined", "series_booked", "session_update", "closing_report"}
    ),
    "midpoint_and_end": frozenset({"referral_received", "referral_declined", "series_booked", "closing_report"}),
    "end": frozenset({"referral_received", "referral_declined", "closing_report"}),
    "exceptions": frozenset({"referral_declined"}),
    "none": frozenset(),
}


@dataclass(frozen=True, slots=True)
class Referral:
    updates: str
    received_at: datetime | None
    declined_at: datetime | None


@dataclass(frozen=True, slots=True)
class Series:
    id: UUID
    last_at: datetime
    booked_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Visit:
    id: UUID
    series_id: UUID
    status: str
    starts_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one referral: some of it may not have arrived yet."""

    referral_id: UUID
    referral: Referral | None
    series: tuple[Series, ...]
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """A person and the channels they have an address for, agreed to, and did not opt out of."""

    id: UUID
    text: bool
    email: bool

    @property
    def channel(self) -> Channel:
        return "text" if self.text else "email" if self.email else "desk"


@dataclass(frozen=True, slots=True)
class Policy:
    zone: ZoneInfo
    reminder_minutes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A message that should exist. The first five fields are its logical key."""

    subject_id: UUID
    starts_at: datetime | None
    kind: str
    channel: Channel
    recipient: UUID
    role: Role
    due_at: datetime
    send_before: datetime
    series_id: UUID | None = None
    session_id: UUID | None = None

    @property
    def key(self) -> tuple[UUID, datetime | None, str, str, UUID]:
        return (self.subject_id, self.starts_at, self.kind, self.channel, self.recipient)


def planned(
    case: Case, patient: Reach | None, physician: Reach | None, policy: Policy, now: datetime
) -> frozenset[Planned]:
    """The messages that should exist about one referral, except those whose time is over.

    A person whose contact has not arrived yet is None, and nothing is planned for them.
    """
    messages = [
        *(_for_patient(case, patient, policy) if patient else ()),
        *(_for_physician(case, physician) if physician else ()),
    ]
    return frozenset(message for message in messages if now < message.send_before)


def is_waking(now: datetime, zone: ZoneInfo) -> bool:
    """May a text be sent now?"""
    return WAKING <= now.astimezone(zone).time() < QUIET


def _for_patient(case: Case, patient: Reach, policy: Policy) -> Iterator[Planned]:
    channel = patient.channel
    booked = {series.id: series.booked_at for series in case.series if series.booked_at}
    for series in case.series:
        if series.booked_at:
            due = _waking(series.booked_at, policy.zone, channel)
            yield Planned(
                series.id, None, "series_confirmation", channel, patient.id, "patient", due, series.last_at, series.id
            )
    for visit in case.visits:
        if visit.completed_at and channel != "desk":
            due, until = _waking(visit.completed_at, policy.zone, channel), visit.completed_at + AFTERCARE_FOR
            yield _about(visit, "aftercare", patient, due, until)
        if visit.status in ("booked", "confirmed") and visit.series_id in booked:
            yield from _reminders(visit, patient, policy, booked[visit.series_id])


def _reminders(visit: Visit, patient: Reach, policy: Policy, booked_at: datetime) -> Iterator[Planned]:
    leads = sorted(policy.reminder_minutes, reverse=True)
    if patient.channel == "desk":
        leads = leads[:1]
    by_due: dict[datetime, Planned] = {}
    for minutes in leads:
        lead = timedelta(minutes=minutes)
        moment = visit.starts_at - lead
        due = _before(moment, visit.starts_at, policy.zone, patient.channel)
        sensible = visit.starts_at - lead / 2
        until = sensible if due < sensible else visit.starts_at
        if booked_at <= min(moment, due):
            # Two lead times that quiet hours push together become one text.
            by_due[due] = _about(visit, f"reminder_{minutes}", patient, due, until)
    yield from by_due.values()


def _for_physician(case: Case, physician: Reach) -> Iterator[Planned]:
    if case.referral is None:
        return
    for message in _updates(case, case.referral, physician):
        if message.kind in ASKED[case.referral.updates]:
            yield message


def _updates(case: Case, referral: Referral, physician: Reach) -> Iterator[Planned]:
    yield from _told("referral_received", case.referral_id, None, physician, referral.received_at)
    yield from _told("referral_declined", case.referral_id, None, physician, referral.declined_at)
    for series in case.series:
        yield from _told("series_booked", series.id, series.id, physician, series.booked_at)
        yield from _told("closing_report", series.id, series.id, physician, series.completed_at)
    for visit in case.visits:
        if at := visit.completed_at:
            yield _about(visit, "session_update", physician, at, at + UPDATE_FOR, "physician")


def _told(kind: str, subject: UUID, series: UUID | None, physician: Reach, at: datetime | None) -> Iterator[Planned]:
    if at:
        until = at + UPDATE_FOR
        yield Planned(subject, None, kind, physician.channel, physician.id, "physician", at, until, series)


def _about(visit: Visit, kind: str, person: Reach, due: datetime, until: datetime, role: Role = "patient") -> Planned:
    return Planned(
        visit.id, visit.starts_at, kind, person.channel, person.id, role, due, until, visit.series_id, visit.id
    )


def _waking(moment: datetime, zone: ZoneInfo, channel: Channel) -> datetime:
    """The moment itself, or the next morning."""
    local = moment.astimezone(zone)
    if channel != "text" or WAKING <= local.time() < QUIET:
        return moment
    day = local.date() if local.time() < WAKING else local.date() + timedelta(days=1)
    return _at(day, WAKING, zone, moment)


def _before(moment: datetime, starts_at: datetime, zone: ZoneInfo, channel: Channel) -> datetime:
    """The moment itself, or a waking one that is still before the visit."""
    local = moment.astimezone(zone)
    if channel != "text" or WAKING <= local.time() < QUIET:
        return moment
    if local.time() >= QUIET:
        return _at(local.date(), EVENING, zone, moment)
    morning = _at(local.date(), WAKING, zone, moment)
    return morning if morning < starts_at else _at(local.date() - timedelta(days=1), EVENING, zone, moment)


def _at(day: date, at: time, zone: ZoneInfo, like: datetime) -> datetime:
    local = datetime.combine(day, at, zone)
    return local.astimezone(like.tzinfo)
