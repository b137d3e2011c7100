"""Where a task is done: the page that it leads to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WHERE = {
    "same_patient": ("matches.page", "Compare the records"),
    "physician_contact": ("proposals.page", "See old and new"),
    "needs_information": ("referrals_in.gaps", "Fill in what is missing"),
    "no_activity": ("referrals.page", "Open the referral"),
    "cancel_asked": ("referrals.page", "Decide on the referral"),
    "uncovered_visits": ("orders.page", "See these visits"),
}
_FILTERED = ("matches.page", "proposals.page")
_REACHED = ("address_wrong", "call_patient")


def of(task: Mapping[str, Any]) -> tuple[str, str, dict[str, str]] | None:
    """Endpoint, what the link says, and what the address is made with; None where the task's own page is enough."""
    if task["kind"] == "another_time" and task["session_id"]:
        return "doing.other_times", "Look for times", {"visit_id": task["session_id"]}
    if task["kind"] == "absence":
        return "absences.page", "See the absences", {}
    is_theirs = (task.get("message") or {}).get("to") == "patient"
    if task["kind"] in _REACHED and is_theirs and task["patient_id"]:
        return "contacts.patient", "Their contact", {"patient_id": task["patient_id"]}
    if task["kind"] == "scan_overlooked":
        return "referrals.listed", "See the scans", {}
    if task["kind"] not in WHERE or not task["referral_id"]:
        return None
    endpoint, label = WHERE[task["kind"]]
    return endpoint, label, {"referral" if endpoint in _FILTERED else "referral_id": task["referral_id"]}
