"""What a physician reads: where a referral stands, and the report of a series."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint

from services.web.links.opening import Opened, clinic_of, opened, page
from services.web.links.series import fetched
from services.web.links.when import TO_COME, Place, of_visit
from services.web.wording import day, words

blueprint = Blueprint("physician", __name__)

STAGES = {
    "received": "We have received your referral. A therapist will review it.",
    "needs_information": "We need more information before a therapist can review it. We will be in touch.",
    "in_review": "A therapist is reviewing your referral.",
    "accepted": "We have accepted your referral. The patient can book the visits now.",
    "declined": "We have declined your referral.",
    "active": "The visits are booked, and the treatment is under way.",
    "completed": "The treatment is completed.",
    "expired": "Your referral has expired. A new one is needed for further visits.",
    "withdrawn": "Your referral was withdrawn.",
    "closed": "Your referral is closed.",
}
TREATED = ("accepted", "active", "completed", "expired", "closed")
"""Stages in which visits count."""


def show_report(link: Opened) -> str:
    referral = link.ask("referrals", f"/{link.referral_id}")
    report = link.ask("booking", f"/series/{link.series_id}/report") if link.series_id else None
    return page(link, "report", clinic_of(link), referral=referral, report=report)


@blueprint.get("/l/<token>/report.pdf")
def report_page(token: str) -> Any:
    link = opened(token, "report")
    return fetched(link, f"/series/{link.series_id}/report.pdf" if link.series_id else None, "report.pdf")


def show_referral(link: Opened) -> str:
    """No name of the patient and nothing clinical but a reason to decline: the office knows it by the reference."""
    referral = link.ask("referrals", f"/{link.object_id}")
    clinic = clinic_of(link)
    stage = STAGES.get(referral["status"], words(referral["status"]).capitalize() + ".")
    facts = list(_facts(referral, clinic, _next_visit(link, clinic, referral)))
    return page(link, "referral", clinic, referral=referral, stage=stage, facts=facts)


def _facts(referral: dict[str, Any], clinic: dict[str, Any], next_at: Place | None) -> Iterator[tuple[str, str]]:
    zone = ZoneInfo(clinic["timezone"])
    for name, label in (("received_at", "Received"), ("reviewed_at", "Reviewed"), ("ended_at", "Ended")):
        if at := referral.get(name):
            yield label, day(datetime.fromisoformat(at).astimezone(zone).date().isoformat())
    if referral["status"] not in TREATED:
        return
    yield "Visits", f"{referral['visits_kept']} of {referral['visits']} kept"
    if next_at:
        yield "Next visit", day(next_at.at.date().isoformat())
    if until := referral.get("valid_until"):
        yield "Valid until", day(until)


def _next_visit(link: Opened, clinic: dict[str, Any], referral: dict[str, Any]) -> Place | None:
    if referral["status"] not in ("accepted", "active"):
        return None
    now = datetime.fromisoformat(link.ask("booking", "/clock")["now"])
    orders = link.ask("booking", f"/orders?referral_id={link.object_id}")
    ids = [series_id for order in orders for series_id in order["series"]]
    visits = [visit for each in ids for visit in link.ask("booking", f"/series/{each}")["sessions"]]
    to_come = (of_visit(clinic, visit) for visit in visits if visit["status"] in TO_COME)
    return min((at for at in to_come if at.at > now), key=lambda one: one.at, default=None)
