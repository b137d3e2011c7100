"""What a patient is told because they wrote: other times for a visit, that texts end, that somebody will call.

- `other_times` to who asked for another time, `time_gone` to whose choice was gone, each with what can be had now;
- `opted_out` once to who wrote in their own words that they want no more texts: sent whatever they agreed to, as it
  is what they ask for, and within the five minutes in which it is taken for part of that (47 CFR 64.1200(a)(12)).
  Twilio answers STOP and its like by itself;
- `we_will_call` to whose text a person has to read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.notify.schedule.case import Answer, Case, Choice, Visit
from services.notify.schedule.history import OPEN
from services.notify.schedule.hours import in_time, waking
from services.notify.schedule.planned import Planned, Reach
from services.notify.schedule.policy import Policy

CONFIRMED_FOR = timedelta(minutes=5)
CALLED_FOR = timedelta(hours=24)


def talk(case: Case, patient: Reach, policy: Policy) -> Iterator[Planned]:
    newest = {one.visit_id: one for one in sorted(case.choices, key=lambda one: one.asked_at)}
    for visit in case.visits:
        choice = newest.get(visit.id)
        if choice and visit.status in OPEN and choice.starts_at == visit.starts_at and choice.chosen is None:
            yield from _times(visit, choice, patient, policy)
    for answer in case.answers:
        yield from _answer(answer, patient, policy)


def chosen(case: Case) -> set[tuple[UUID | None, datetime]]:
    """Visits with the times that their patients picked; they wait for the answer."""
    return {(one.visit_id, one.chosen) for one in case.choices if one.chosen and not one.refused}


def _times(visit: Visit, choice: Choice, patient: Reach, policy: Policy) -> Iterator[Planned]:
    zone = patient.zone or visit.zone or policy.zone
    channel, due = in_time(patient, choice.asked_at, visit.starts_at, zone, policy)
    if channel != "desk":
        yield _to(
            patient, "time_gone" if choice.gone else "other_times", choice.asked_at, zone=zone, subject_id=visit.id,
            channel=channel, due_at=due, send_before=visit.starts_at, starts_at=visit.starts_at,
            series_id=visit.series_id, session_id=visit.id,
        )  # fmt: skip


def _answer(answer: Answer, patient: Reach, policy: Policy) -> Iterator[Planned]:
    zone, ends = patient.zone or policy.zone, answer.kind == "opted_out"
    if patient.text or ends:
        yield _to(
            patient, answer.kind, answer.at, zone=zone, subject_id=answer.reply_id, channel="text",
            due_at=waking(answer.at, zone, "text", policy),
            send_before=answer.at + (CONFIRMED_FOR if ends else CALLED_FOR),
        )  # fmt: skip


def _to(patient: Reach, kind: str, at: datetime, **about: Any) -> Planned:
    return Planned(kind=kind, recipient=patient.id, role="patient", happened_at=at, moment=at, **about)
