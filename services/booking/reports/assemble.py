"""From the rows of a series to its report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from services.booking.reports.parts import How, Kept, NotKept, Place, Recommendation, Report
from services.booking.treatment.outcome import PAIN, Noted, courses, drafted, is_signed

_TO_COME = ("booked", "confirmed", "arrived")


def assemble(series: Any, rows: Sequence[Any]) -> Report:
    """`series` and `rows` as `rows.SERIES` and `rows.VISITS` give them, visits in order of time."""
    zone = ZoneInfo(series.zone)
    kept = [row for row in rows if row.status == "completed" and row.written_at]
    to_come = [row for row in rows if row.status in _TO_COME]
    noted = [_noted(row) for row in kept]
    course = courses(noted)
    return Report(
        place=Place(**{name: getattr(series, name) for name in Place.__dataclass_fields__}),
        series_id=series.series_id,
        referral_id=series.referral_id,
        patient_id=series.patient_id,
        reference=series.reference,
        as_of=_as_of(series, rows),
        closed=bool(series.completed_at or series.cancelled_at),
        planned=series.planned,
        to_come=len(to_come),
        next_on=_on(to_come[0], zone) if to_come else None,
        visits=tuple(_kept(row, zone) for row in kept),
        not_kept=tuple(_not_kept(row, zone) for row in rows if _how(row)),
        pain=next((one for one in course if one.measure is PAIN), None),
        measures=tuple(one for one in course if one.measure is not PAIN),
        recommendation=_recommendation(series, noted, zone),
    )


def _as_of(series: Any, rows: Sequence[Any]) -> datetime:
    told = [series.booked_at, series.completed_at, series.cancelled_at, series.signed_at]
    told += [instant for row in rows for instant in (row.written_at, row.cancelled_at, row.missed_at)]
    latest: datetime = max(instant for instant in told if instant)
    return latest


def _kept(row: Any, zone: ZoneInfo) -> Kept:
    names = ("number", "starts_at", "ends_at", "therapist", "pain_before", "pain_after", "pressure", "minutes")
    return Kept(
        **{name: getattr(row, name) for name in names},
        on=_on(row, zone),
        techniques=tuple(row.techniques),
        areas=tuple(row.areas),
    )


def _how(row: Any) -> How | None:
    if row.status == "missed":
        return "missed"
    return "cancelled_late" if row.status == "cancelled" and row.late else None


def _not_kept(row: Any, zone: ZoneInfo) -> NotKept:
    how = _how(row)
    assert how
    return NotKept(number=row.number, on=_on(row, zone), how=how, therapist=row.therapist)


def _on(row: Any, zone: ZoneInfo) -> date:
    on: date = row.starts_at.astimezone(zone).date()
    return on


def _noted(row: Any) -> Noted:
    names = ("number", "starts_at", "ends_at", "pain_before", "pain_after", "follow_up")
    scores = tuple((code, detail, Decimal(value)) for code, detail, value in row.measures or ())
    return Noted(**{name: getattr(row, name) for name in names}, scores=scores)


def _recommendation(series: Any, noted: Sequence[Noted], zone: ZoneInfo) -> Recommendation | None:
    if not noted:
        return None
    if is_signed(series.signed_at, noted):
        return Recommendation(series.signed, signed_on=series.signed_at.astimezone(zone).date())
    draft = drafted(noted, series.planned)
    return Recommendation(draft.follow_up, tuple(reason.sentence for reason in draft.reasons))
