"""Which messages should exist: pure functions of what is known. `patients` and `physicians` say which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.notify.schedule.because import decisions
from services.notify.schedule.capped import within_cap
from services.notify.schedule.case import (
    Answer,
    Case,
    Choice,
    Copy,
    Offer,
    Referral,
    Renewal,
    Series,
    SeriesAct,
    Visit,
    VisitAct,
)
from services.notify.schedule.finished import told_once
from services.notify.schedule.hours import is_waking
from services.notify.schedule.instead import another_way
from services.notify.schedule.merging import merged
from services.notify.schedule.patients import for_patient
from services.notify.schedule.physicians import for_physician, is_told_with, wishes
from services.notify.schedule.planned import NOTHING, Channel, Decision, Key, Occasion, Planned, Reach, Told
from services.notify.schedule.policy import Policy

__all__ = [
    "NOTHING",
    "Answer",
    "Case",
    "Channel",
    "Choice",
    "Copy",
    "Decision",
    "Key",
    "Occasion",
    "Offer",
    "Planned",
    "Policy",
    "Reach",
    "Referral",
    "Renewal",
    "Series",
    "SeriesAct",
    "Told",
    "Visit",
    "VisitAct",
    "is_told_with",
    "is_waking",
    "planned",
    "to_patient",
    "to_person",
    "to_physician",
    "wishes",
]


def to_patient(
    cases: Iterable[Case], patient: Reach, policy: Policy, now: datetime, told: Told = NOTHING
) -> Iterator[Planned]:
    """The messages that should exist to a patient about all their referrals, in time or not (`is_in_time`)."""
    return to_person([(case, patient) for case in cases], policy, now, told)


def to_person(
    cases: Sequence[tuple[Case, Reach]], policy: Policy, now: datetime, told: Told = NOTHING
) -> Iterator[Planned]:
    """As `to_patient`, to a person of one or more records, each of whose cases comes with the record that it is of."""
    wanted: list[Planned] = []
    places: dict[UUID, ZoneInfo] = {}
    records = {record.id: record for _, record in cases}
    for case, record in cases:
        places |= {visit.id: visit.zone or policy.zone for visit in case.visits}
        wanted += [_of(case, message, told) for message in for_patient(case, record, policy)]
    fitting = within_cap(
        another_way(merged(wanted, places, told, now), records, told), records, policy, told, now
    )  # fmt: skip
    for message in fitting:
        yield replace(message, because=tuple(decisions(message, records[message.recipient])))


def to_physician(case: Case, physician: Reach, policy: Policy, told: Told = NOTHING) -> Iterator[Planned]:
    """The messages that should exist to one of a referral's physicians, in time or not."""
    if updates := wishes(case.referral).get(physician.id):
        for message in for_physician(case, physician, policy, updates):
            yield replace(_of(case, message, told), because=tuple(decisions(message, physician)))


def planned(
    case: Case, patient: Reach | None, physician: Reach | None, policy: Policy, now: datetime, told: Told = NOTHING
) -> frozenset[Planned]:
    """The messages that should exist about one referral, as far as they are in time.

    A person whose contact has not arrived yet is None, and nothing is planned for them.
    """
    messages = [
        *(to_patient([case], patient, policy, now, told) if patient else ()),
        *(to_physician(case, physician, policy) if physician else ()),
    ]
    return frozenset(one for one in messages if one.is_in_time(now))


def _of(case: Case, message: Planned, told: Told) -> Planned:
    message = told_once(message, case, told)
    return message if message.referral_id else replace(message, referral_id=case.referral_id)
