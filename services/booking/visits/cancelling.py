"""What becomes of a visit that does not take place."""

from __future__ import annotations

from datetime import datetime

from services.booking.practice.policy import Policy
from services.contracts.booking import Fate, Who

REASONS = (
    "patient_asked",
    "patient_ill",
    "therapist_absent",
    "clinic_closed",
    "not_advised",
    "treatment_ended",
    "order_changed",
    "booked_by_mistake",
    "other",
)
"""Why a visit was cancelled; codes only, so that nothing about health is written down."""


def is_late(by: Who, starts_at: datetime, now: datetime, policy: Policy) -> bool:
    """Only a patient cancels late: clinic and physician never leave it to the patient to bear."""
    return by == "patient" and starts_at - now < policy.notice


def moved_until(starts_at: datetime, policy: Policy) -> datetime:
    """Until when a patient may move a visit themselves: as long as they could cancel it in time, so that nobody moves
    a visit away in order not to cancel it late."""
    return starts_at - policy.notice


def fate_of_cancelled(late: bool, policy: Policy) -> Fate:
    """A visit cancelled in time is the order's again; one cancelled late is lost where the clinic says so."""
    return "forfeited" if late and policy.late_cancel_consumes_visit else "returned"


def fate_of_missed(policy: Policy) -> Fate:
    return "forfeited" if policy.missed_consumes_visit else "returned"
