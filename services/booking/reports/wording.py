"""A report's words. Months have names, because countries disagree on which number is the month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from services.booking.reports.parts import Recommendation, Report
from services.booking.treatment.outcome import Course
from services.care.recommend import FollowUp
from services.care.trend import Status

TREND: dict[Status, str] = {"improving": "improving", "plateau": "no change that matters", "worsening": "worsening"}

FOLLOW_UP: dict[FollowUp, str] = {
    "continue": "Continue as planned",
    "modify": "Continue with a changed treatment",
    "re_refer": "Physician to reassess",
    "discharge": "Discharge",
}


def title(report: Report) -> str:
    return "Closing report" if report.closed else "Progress report"


def day(on: date) -> str:
    return f"{on:%b} {on.day}, {on.year}"


def period(report: Report) -> str:
    """From the first visit that was kept to the last, or a dash."""
    if not report.visits:
        return "–"
    first, last = report.visits[0].on, report.visits[-1].on
    if first == last:
        return day(first)
    return f"{first:%b} {first.day} – {day(last)}" if first.year == last.year else f"{day(first)} – {day(last)}"


def nothing(report: Report) -> str:
    """Why there is no course to show, and when there will be."""
    if report.closed:
        return "The series ended before a visit took place: nothing was measured."
    if report.next_on is None:
        return "No visit has taken place yet, and none is booked."
    return f"No visit has taken place yet. The next is on {day(report.next_on)}; the course shows from then on."


def code(text: str) -> str:
    """`left_shoulder_flexion` as people write it."""
    return text.replace("_", " ")


def name(course: Course) -> str:
    return f"{course.measure.name}, {code(course.detail)}" if course.detail else course.measure.name


def number(value: Decimal) -> str:
    """Without zeros that say nothing, and with a real minus."""
    return f"{value.normalize():f}".replace("-", "−")


def signature(recommendation: Recommendation) -> str:
    if recommendation.signed_on:
        return f"Signed by the therapist, {day(recommendation.signed_on)}"
    return "Draft, not yet signed by the therapist"


def conclusion(report: Report) -> str:
    """The report in two or three sentences, for systems that show one text."""
    if not report.visits:
        return nothing(report)
    kept = f"{report.kept} of {report.planned} visits kept"
    not_kept = f"{report.missed} missed, {report.cancelled_late} cancelled late"
    courses = "; ".join(_told(course) for course in report.courses)
    advised = report.recommendation
    said = f" {FOLLOW_UP[advised.follow_up]} ({signature(advised)})." if advised else ""
    return f"{kept}, {not_kept}. {courses}.{said}"


def _told(course: Course) -> str:
    judged = course.trend
    return f"{name(course)} {number(judged.first)} to {number(judged.last)}, {TREND[judged.status]}"


def as_of(report: Report) -> str:
    local = report.as_of.astimezone(ZoneInfo(report.place.zone))
    return f"{day(local.date())}, {local:%H:%M} {report.place.zone}"
