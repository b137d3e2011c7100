"""What a prescription may say. Each rule answers with the sentence that explains its no, or with None."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

SESSION_MINUTES = (15, 30, 45)
MOST_VISITS = 60
PRESSURES = range(1, 6)
"""The Walton scale: 1 light lotioning … 5 deep, elbow."""
OLDEST_BIRTH = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The dates by which a referral is judged."""

    today: date
    """At the practice."""
    latest: date
    """Today at the practice or in UTC, whichever is later: health records often write dates in UTC."""
    valid_days: int
    """How long a referral holds that names no end."""

    @classmethod
    def at(cls, now: datetime, zone: tzinfo, valid_days: int) -> Calendar:
        today = now.astimezone(zone).date()
        return cls(today, max(today, now.astimezone(UTC).date()), valid_days)

    def end_of_validity(self, issued_on: date, valid_until: date | None) -> date:
        return valid_until or issued_on + timedelta(days=self.valid_days)


def session_length(minutes: int) -> str | None:
    if minutes in SESSION_MINUTES:
        return None
    return "Sessions last 15, 30 or 45 minutes."


def visit_count(visits: int) -> str | None:
    if 1 <= visits <= MOST_VISITS:
        return None
    return f"A referral covers 1 to {MOST_VISITS} visits."


def pressure(level: int) -> str | None:
    if level in PRESSURES:
        return None
    return "Pressure is given on the Walton scale, 1 (lightest) to 5 (deepest)."


def frequency(visits: int, per_days: int) -> str | None:
    """`visits` in any `per_days` days in a row: 2 in 7 is twice a week."""
    if sentence := few_days(per_days):
        return sentence
    if not 1 <= visits <= per_days:
        return "At least one visit in the period, and at most one a day."
    return None


def few_days(days: int) -> str | None:
    if 1 <= days <= 28:
        return None
    return "Give the frequency for a period of 1 to 28 days."


def few_weeks(weeks: int) -> str | None:
    if 1 <= weeks <= 104:
        return None
    return "Treatment lasts 1 to 104 weeks."


PERMISSION = ("decision", "sites", "pressure_ceiling", "conditions", "reason")


def permission(
    decision: str, sites: list[str], pressure_ceiling: int | None, conditions: list[str], reason: str | None
) -> tuple[str, str] | None:
    """Which field of a permission lacks something, and the sentence."""
    if decision == "not_advised" and not reason:
        return "reason", "Say why massage is not advised."
    modified = sites or conditions or pressure_ceiling is not None
    if decision == "cleared_with_modifications" and not modified:
        return "conditions", "Say what is modified: sites, pressure or conditions."
    if decision == "cleared" and modified:
        return "decision", "With sites, pressure or conditions attached it is cleared with modifications."
    return None


def birth(born_on: date, calendar: Calendar) -> str | None:
    if OLDEST_BIRTH <= born_on <= calendar.latest:
        return None
    return "A date of birth lies between 1900 and today."


def dates(
    issued_on: date | None, start_by: date | None, valid_until: date | None, calendar: Calendar
) -> dict[str, str]:
    """What is wrong with a referral's dates, by field. A date that is not known is None."""
    found = {
        "issued_on": _issue(issued_on, valid_until, calendar),
        "valid_until": _end(issued_on, valid_until, calendar),
        "start_by": _start(issued_on, start_by, valid_until, calendar),
    }
    return {name: sentence for name, sentence in found.items() if sentence}


def _issue(issued_on: date | None, valid_until: date | None, calendar: Calendar) -> str | None:
    if issued_on is None:
        return None
    if issued_on > calendar.latest:
        return "A referral cannot be issued in the future."
    if not valid_until and calendar.end_of_validity(issued_on, None) < calendar.today:
        return f"This referral has expired: it was good for {calendar.valid_days} days."
    return None


def _end(issued_on: date | None, valid_until: date | None, calendar: Calendar) -> str | None:
    if valid_until is None:
        return None
    if valid_until < calendar.today:
        return "This referral has expired."
    if issued_on and valid_until < issued_on:
        return "A referral cannot end before it was issued."
    return None


def _start(issued_on: date | None, start_by: date | None, valid_until: date | None, calendar: Calendar) -> str | None:
    if start_by is None:
        return None
    if start_by < calendar.today:
        return "The date to start by has passed."
    sound = issued_on is not None and issued_on <= calendar.latest
    end = calendar.end_of_validity(issued_on, valid_until) if issued_on and sound else valid_until
    if end and start_by > end:
        return "The first visit cannot be due after the referral has ended."
    return None


def stricter_ceiling(physician: int | None, therapist: int | None) -> str | None:
    """The therapist may lower the pressure ceiling that the physician set, never raise it."""
    if physician is None or therapist is None or therapist <= physician:
        return None
    return "The review may be stricter than the physician's ceiling, never looser."
