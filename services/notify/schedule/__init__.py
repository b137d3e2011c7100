"""Which messages should exist: one pure function of what is known. `patients` and `physicians` say which."""

from __future__ import annotations

from datetime import datetime

from services.notify.schedule.case import (
    Case,
    Channel,
    Offer,
    Planned,
    Policy,
    Reach,
    Referral,
    Renewal,
    Series,
    SeriesAct,
    Visit,
    VisitAct,
)
from services.notify.schedule.hours import is_waking
from services.notify.schedule.patients import for_patient
from services.notify.schedule.physicians import for_physician

__all__ = [
    "Case",
    "Channel",
    "Offer",
    "Planned",
    "Policy",
    "Reach",
    "Referral",
    "Renewal",
    "Series",
    "SeriesAct",
    "Visit",
    "VisitAct",
    "is_waking",
    "planned",
]


def planned(
    case: Case, patient: Reach | None, physician: Reach | None, policy: Policy, now: datetime
) -> frozenset[Planned]:
    """The messages that should exist about one referral, except those whose time is over.

    A person whose contact has not arrived yet is None, and nothing is planned for them.
    """
    messages = [
        *(for_patient(case, patient, policy) if patient else ()),
        *(for_physician(case, physician, policy) if physician else ()),
    ]
    return frozenset(one for one in messages if now < one.send_before and one.due_at < one.send_before)
