"""What a physician is sent: e-mail, without an address a fax by the desk, as the referral asked to be updated.

| kind              | every_visit | midpoint_and_end | end | exceptions | none |
|-------------------|-------------|------------------|-----|------------|------|
| referral_received | yes         | yes              | yes |            |      |
| referral_declined | yes         | yes              | yes | yes        |      |
| series_booked     | yes         | yes              |     |            |      |
| session_update    | yes         |                  |     |            |      |
| missed_visit      | yes         |                  |     | yes        |      |
| series_cancelled  | yes         | yes              | yes | yes        |      |
| renewal_request   | yes         | yes              | yes | yes        |      |
| closing_report    | yes         | yes              | yes |            |      |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.notify.schedule.case import Case, Planned, Policy, Reach, Referral, Series, Visit

UPDATE_FOR = timedelta(days=14)

_END = frozenset({"referral_received", "referral_declined", "series_cancelled", "renewal_request", "closing_report"})
ASKED: dict[str, frozenset[str]] = {
    "every_visit": _END | {"series_booked", "session_update", "missed_visit"},
    "midpoint_and_end": _END | {"series_booked"},
    "end": _END,
    "exceptions": frozenset({"referral_declined", "missed_visit", "series_cancelled", "renewal_request"}),
    "none": frozenset(),
}


def for_physician(case: Case, physician: Reach, policy: Policy) -> Iterator[Planned]:
    if case.referral is None:
        return
    for message in _updates(case, case.referral, physician, policy):
        if message.kind in ASKED[case.referral.updates]:
            yield message


def _updates(case: Case, referral: Referral, physician: Reach, policy: Policy) -> Iterator[Planned]:
    if referral.received_at:
        yield _to(physician, policy, "referral_received", referral.received_at, case.referral_id)
    if referral.declined_at:
        yield _to(physician, policy, "referral_declined", referral.declined_at, case.referral_id)
    for series in case.series:
        yield from _of_series(series, physician, policy)
    for visit in case.visits:
        yield from _of_visit(visit, physician, policy)
    for renewal in case.renewals:
        at = renewal.advised_at
        if referral.ended_at is None or referral.ended_at < at:
            yield _to(physician, policy, "renewal_request", at, renewal.order_id, happened_at=at)


def _of_series(series: Series, physician: Reach, policy: Policy) -> Iterator[Planned]:
    if at := series.booked_at:
        yield _to(physician, policy, "series_booked", at, series.id, series_id=series.id)
    if at := series.completed_at:
        yield _to(physician, policy, "closing_report", at, series.id, series_id=series.id, happened_at=at)
    if at := series.cancelled_at:
        yield _to(
            physician, policy, "series_cancelled", at, series.id, series_id=series.id, happened_at=at,
            wait=policy.grace,
        )  # fmt: skip


def _of_visit(visit: Visit, physician: Reach, policy: Policy) -> Iterator[Planned]:
    about: dict[str, Any] = {"starts_at": visit.starts_at, "series_id": visit.series_id, "session_id": visit.id}
    if at := visit.completed_at:
        yield _to(physician, policy, "session_update", at, visit.id, **about)
    last = visit.acts[-1] if visit.acts else None
    if last and last.at and last.what == visit.status == "missed":
        yield _to(physician, policy, "missed_visit", last.at, visit.id, happened_at=last.at, wait=policy.grace, **about)


def _to(
    physician: Reach, policy: Policy, kind: str, at: datetime, subject: UUID, *, wait: timedelta = timedelta(0),
    **about: Any,
) -> Planned:  # fmt: skip
    return Planned(
        subject_id=subject, kind=kind, channel=physician.channel, recipient=physician.id, role="physician",
        due_at=at + wait, send_before=at + UPDATE_FOR, zone=policy.zone,
        **about,
    )  # fmt: skip
