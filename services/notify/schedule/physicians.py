"""What a physician is sent: e-mail, without an address or where they want it a fax by the desk, as they asked to be
updated. Further physicians of a referral hear of it as each of them asked.

| kind              | every_visit | midpoint_and_end | end | exceptions | none |
|-------------------|-------------|------------------|-----|------------|------|
| referral_received | yes         | yes              | yes |            |      |
| referral_accepted | yes         | yes              | yes |            |      |
| referral_declined | yes         | yes              | yes | yes        |      |
| series_booked     | yes         | yes              |     |            |      |
| session_update    | yes         |                  |     |            |      |
| midpoint_report   |             | yes              |     |            |      |
| missed_visit      | yes         |                  |     | yes        |      |
| not_missed        | yes         |                  |     | yes        |      |
| series_cancelled  | yes         | yes              | yes | yes        |      |
| renewal_request   | yes         | yes              | yes | yes        |      |
| closing_report    | yes         | yes              | yes |            |      |

What says two things at once is sent once: an acceptance waits for the grace and is told with the booking that follows
within it, the update after a visit with the closing report. A receipt waits for nothing: the practice wants to know
that it arrived. A renewal is always by itself, as it asks for something.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from services.notify.schedule.case import Case, Referral, Series, Visit, VisitAct
from services.notify.schedule.finished import completed_at
from services.notify.schedule.planned import Planned, Reach
from services.notify.schedule.policy import Policy

UPDATE_FOR = timedelta(days=14)
NOW = timedelta(0)

_EXCEPTIONS = frozenset({"referral_declined", "series_cancelled", "renewal_request"})
_MISSED = frozenset({"missed_visit", "not_missed"})
_END = _EXCEPTIONS | {"referral_received", "referral_accepted", "closing_report"}
ASKED: dict[str, frozenset[str]] = {
    "every_visit": _END | _MISSED | {"series_booked", "session_update"},
    "midpoint_and_end": _END | {"series_booked", "midpoint_report"},
    "end": _END,
    "exceptions": _EXCEPTIONS | _MISSED,
    "none": frozenset(),
}


TOLD_WITH = {"referral_accepted": "series_booked", "session_update": "closing_report"}
"""The kind that says it too."""


def for_physician(case: Case, physician: Reach, policy: Policy, updates: str) -> Iterator[Planned]:
    if case.referral is None:
        return
    asked = [one for one in _updates(case, case.referral, physician, policy) if one.kind in ASKED[updates]]
    for message in asked:
        if not any(is_told_with(message, other, policy) for other in asked):
            yield message


class Update(Protocol):
    """A message, planned or kept."""

    @property
    def kind(self) -> str: ...
    @property
    def recipient(self) -> UUID: ...
    @property
    def series_id(self) -> UUID | None: ...
    @property
    def due_at(self) -> datetime: ...


def is_told_with(message: Update, other: Planned, policy: Policy) -> bool:
    """Whether the other says it too, and happened within the grace."""
    same = other.recipient == message.recipient and message.series_id in (None, other.series_id)
    happened = message.due_at - policy.grace
    return same and other.kind == TOLD_WITH.get(message.kind) and abs(other.due_at - happened) <= policy.grace


def wishes(referral: Referral | None) -> dict[UUID, str]:
    """Every physician who hears of a referral, and how often; the one who referred as the referral says."""
    if referral is None:
        return {}
    of_copies = {copy.physician_id: copy.updates for copy in referral.copies}
    return of_copies | ({referral.physician_id: referral.updates} if referral.physician_id else {})


def _updates(case: Case, referral: Referral, physician: Reach, policy: Policy) -> Iterator[Planned]:
    for kind, at in (
        ("referral_received", referral.received_at),
        ("referral_accepted", referral.accepted_at),
        ("referral_declined", referral.declined_at),
    ):
        if at:
            wait = policy.grace if kind in TOLD_WITH else NOW
            yield _to(physician, policy, kind, at, case.referral_id, wait=wait)
    for series in case.series:
        yield from _of_series(series, case.visits, physician, policy)
    for visit in case.visits:
        yield from _of_visit(visit, physician, policy)
    for renewal in case.renewals:
        at = renewal.advised_at
        if referral.ended_at is None or referral.ended_at < at:
            yield _to(physician, policy, "renewal_request", at, renewal.order_id, happened_at=at)


def _of_series(series: Series, visits: tuple[Visit, ...], physician: Reach, policy: Policy) -> Iterator[Planned]:
    if at := series.booked_at:
        yield _to(physician, policy, "series_booked", at, series.id, series_id=series.id)
    if at := _half_done(series, visits):
        yield _to(physician, policy, "midpoint_report", at, series.id, series_id=series.id)
    if at := completed_at(series):
        yield _to(physician, policy, "closing_report", at, series.id, series_id=series.id, happened_at=at)
    if at := series.cancelled_at:
        yield _to(
            physician, policy, "series_cancelled", at, series.id, series_id=series.id, happened_at=at,
            wait=policy.grace,
        )  # fmt: skip


def _half_done(series: Series, visits: tuple[Visit, ...]) -> datetime | None:
    """When half of the planned visits had taken place; of a series of one visit that is its end."""
    half = (series.visits + 1) // 2
    done = sorted(visit.completed_at for visit in visits if visit.series_id == series.id and visit.completed_at)
    return done[half - 1] if 0 < half < series.visits and len(done) >= half else None


def _of_visit(visit: Visit, physician: Reach, policy: Policy) -> Iterator[Planned]:
    about: dict[str, Any] = {"starts_at": visit.starts_at, "series_id": visit.series_id, "session_id": visit.id}
    if at := visit.completed_at:
        yield _to(physician, policy, "session_update", at, visit.id, wait=policy.grace, **about)
    if news := _missed(visit, policy):
        act, at = news
        kind, about["starts_at"] = ("missed_visit" if act.what == "missed" else "not_missed"), act.starts_at
        yield _to(physician, policy, kind, at, visit.id, happened_at=at, wait=policy.grace, **about)


def _missed(visit: Visit, policy: Policy) -> tuple[VisitAct, datetime] | None:
    """The act after which it is to be told that the visit was missed, or that it was not after all.

    Neither is told when it is undone within the grace.
    """
    turns = list(_turns(visit))
    if not turns or (turns[-1][0].what == "missed") != (visit.status == "missed"):
        return None
    believed, news = False, None
    for (act, at), until in zip(turns, [at for _, at in turns[1:]] + [None], strict=True):
        missed = act.what == "missed"
        stands = until is None or at + policy.grace <= until
        if stands and missed != believed:
            believed, news = missed, (act, at)
    return news if believed == (visit.status == "missed") else None


def _turns(visit: Visit) -> Iterator[tuple[VisitAct, datetime]]:
    """Each act by which the visit became missed, or ceased to be."""
    missed = False
    for act in visit.acts:
        if act.at and (act.what == "missed") != missed:
            missed = act.what == "missed"
            yield act, act.at


def _to(
    physician: Reach, policy: Policy, kind: str, at: datetime, subject: UUID, *, wait: timedelta = NOW,
    **about: Any,
) -> Planned:  # fmt: skip
    due = at + wait
    return Planned(
        subject_id=subject, kind=kind, channel=physician.channel, recipient=physician.id, role="physician",
        due_at=due, send_before=at + UPDATE_FOR, zone=policy.zone, moment=due,
        **about,
    )  # fmt: skip
