"""After a visit, and after the last of a series: one text, not two.

A visit whose completion is entered a day late is followed by nothing: the advice would be too late. A series that
is completed twice without another visit having taken place is finished once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from services.notify.schedule.case import Case, Series, Visit
from services.notify.schedule.hours import waking
from services.notify.schedule.planned import Planned, Reach, Told
from services.notify.schedule.policy import Policy

AFTERCARE_FOR = timedelta(hours=24)
FINISHED_FOR = timedelta(days=3)
AT_ONCE = timedelta(hours=1)


def aftercare(case: Case, patient: Reach, policy: Policy) -> Iterator[Planned]:
    if patient.channel == "desk":
        return
    instead = set()
    for series in case.series:
        if at := completed_at(series):
            last = _last(series, case.visits)
            if last and last.completed_at and abs(at - last.completed_at) <= AT_ONCE:
                instead.add(last.id)
            yield _finished(series, at, last, patient, policy)
    for visit in case.visits:
        if visit.completed_at and visit.id not in instead:
            yield from _after(visit, visit.completed_at, patient, policy)


def completed_at(series: Series) -> datetime | None:
    """When as many visits as now had taken place and the series was completed, for the first time."""
    return next(_completions(series), None)


def told_once(message: Planned, case: Case, told: Told) -> Planned:
    """What was told of the same end already, when a later completion was all that was known, stands for it."""
    if message.kind in ("series_finished", "closing_report"):
        for series in case.series:
            for at in _completions(series) if series.id == message.subject_id else ():
                same = replace(message, happened_at=at)
                if same.occasion in told.occasions:
                    return same
    return message


def _completions(series: Series) -> Iterator[datetime]:
    """With as many visits as now, in the order of their versions."""
    if series.completed_at is not None:
        yield from (act.at for act in series.acts if act.completed is not None and act.completed == series.completed)
        yield series.completed_at


def _last(series: Series, visits: tuple[Visit, ...]) -> Visit | None:
    done = [visit for visit in visits if visit.series_id == series.id and visit.completed_at]
    return max(done, key=lambda visit: (visit.starts_at, visit.id), default=None)


def _finished(series: Series, at: datetime, last: Visit | None, patient: Reach, policy: Policy) -> Planned:
    zone = patient.zone or (last and last.zone) or policy.zone
    moment = at + policy.grace
    return Planned(
        subject_id=series.id, happened_at=at, kind="series_finished", channel=patient.channel, recipient=patient.id,
        role="patient", due_at=waking(moment, zone, patient.channel, policy), send_before=at + FINISHED_FOR,
        zone=zone, series_id=series.id, session_id=last.id if last else None, moment=moment,
    )  # fmt: skip


def _after(visit: Visit, at: datetime, patient: Reach, policy: Policy) -> Iterator[Planned]:
    """It waits for the grace, in which the series may turn out to be finished with it."""
    ended = visit.ends_at or visit.starts_at
    if at > ended + AFTERCARE_FOR:
        return
    zone = patient.zone or visit.zone or policy.zone
    moment = at + policy.grace
    yield Planned(
        subject_id=visit.id, starts_at=visit.starts_at, kind="aftercare", channel=patient.channel,
        recipient=patient.id, role="patient", due_at=waking(moment, zone, patient.channel, policy),
        send_before=at + AFTERCARE_FOR, zone=zone, series_id=visit.series_id, session_id=visit.id, moment=moment,
    )  # fmt: skip
