"""Why a message that was planned is not any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.notify.schedule import Case, Key, Planned, Visit, is_told_with

if TYPE_CHECKING:
    from services.notify.planning.differences import Plan, Row

REMINDER = "reminder_"


def ended(plan: Plan, row: Row) -> tuple[str, Key | None]:
    """The reason, and the message that tells it instead, if one does."""
    for message in plan.wanted.values():
        if message.occasion == row.occasion:
            return "other_channel", message.key
    if told_by := _merged_into(plan, row):
        return "merged_into", told_by.key
    return _by_itself(plan, row), None


def _merged_into(plan: Plan, row: Row) -> Planned | None:
    return next((message for message in plan.wanted.values() if _tells_too(message, row, plan)), None)


def _tells_too(message: Planned, row: Row, plan: Plan) -> bool:
    if message.kind == row.kind and (row.session_id, row.starts_at) in message.covers:
        return True
    return message.referral_id == row.referral_id and is_told_with(row, message, plan.policy)


def _by_itself(plan: Plan, row: Row) -> str:
    case = plan.cases.get(row.referral_id)
    person = plan.people.get(row.recipient)
    visit = _visit(case, row)
    if person and row.channel in ("text", "email") and (closed := _closed(row, person.no_text, person.no_email)):
        return closed
    if visit and row.starts_at and (reason := _of_visit(visit, row)):
        return reason
    if row.kind.startswith(REMINDER) and int(row.kind.removeprefix(REMINDER)) not in plan.policy.reminder_minutes:
        return "policy_changed"
    if row.kind == "invitation":
        return _not_invited(plan, case)
    return "no_longer_planned"


def _closed(row: Row, no_text: str | None, no_email: str | None) -> str | None:
    return no_text if row.channel == "text" else no_email


def _visit(case: Case | None, row: Row) -> Visit | None:
    return next((visit for visit in case.visits if visit.id == row.session_id), None) if case else None


def _of_visit(visit: Visit, row: Row) -> str | None:
    if visit.status in ("cancelled", "missed", "completed"):
        return f"visit_{visit.status}"
    return "visit_moved" if visit.starts_at != row.starts_at else None


def _not_invited(plan: Plan, case: Case | None) -> str:
    if not plan.policy.invite:
        return "policy_changed"
    return "series_booked" if case and any(series.booked_at for series in case.series) else "referral_ended"
