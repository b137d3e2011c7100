"""Every message that can be written, with facts as they are usually, and as they are at their worst."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.notify.models import Message
from services.notify.sending import compose
from services.notify.wording import words
from services.notify.wording.facts import House, Known, facts
from services.notify.wording.locales import day

LANGUAGES = ("en", "es")
TEXTS_ONLY = ("cancel_check", "opted_out")
ANSWERS = ("cancel_check", "other_times", "time_gone", "opted_out", "we_will_call")
"""They answer a text that the patient wrote."""
TO_PATIENTS = (
    "invitation", "series_confirmation", "reminder_2880", "moved", "cancelled", "restored", "missed", "visits_changed",
    "waitlist_offer", "offer_ended", "aftercare", "series_finished", *ANSWERS,
)  # fmt: skip
TO_PHYSICIANS = (
    "referral_received", "referral_accepted", "referral_declined", "series_booked", "session_update",
    "midpoint_report", "missed_visit", "not_missed", "series_cancelled", "renewal_request", "closing_report",
)  # fmt: skip
EMAILS = [(kind, language) for kind in TO_PATIENTS if kind not in TEXTS_ONLY for language in LANGUAGES]
EMAILS += [(kind, "en") for kind in TO_PHYSICIANS]

TUESDAY = datetime(2027, 3, 9, 20, 0, tzinfo=UTC)
"""15:00 in New York."""
NOBODY = UUID(int=0)
USUAL = House(
    name="Riverbend Medical Massage", email="desk@riverbend.example", phone="+12125550134",
    address="48 Riverbend Lane, Suite 3, Beacon, NY 12508", language="en", timezone="America/New_York",
    full_content=False, now=TUESDAY - timedelta(days=7),
)  # fmt: skip
LONG = replace(
    USUAL,
    name="Saint‑Exupéry “Wellness” 💆🏽‍♀️ Center of Old Town Alexándria {North}",
    phone="+442079460123456",
)
LINK, PREFERENCES = (
    "https://riverbend.example/l/Hq3vNd0x8mLkT2sWb7RzYg",
    "https://riverbend.example/l/pX9cVf4uJ1nEaK6oDqZt2w",
)
LONG_LINK = "https://clinic.example-practice.org/l/" + "A" * 22
REPORT = {
    "rows": [
        ("Pain, 0 to 10", "7", "3", "-4, improving"),
        ("Oswestry Disability Index", "46%", "22%", "-24, improving"),
        ("Range of motion: lumbar flexion", "41°", "55°", "+14, improving"),
    ],
    "chart": True,
}


def usual(kind: str, channel: str, language: str, clinic: House = USUAL, **changes: Any) -> dict[str, Any]:
    """The facts of an ordinary message of this kind; `starts_at`, `covers`, `by`, `was_at` … to be changed."""
    return _told(kind, channel, language, clinic, TUESDAY, LINK, **changes)


def worst(kind: str, language: str, **changes: Any) -> dict[str, Any]:
    """The longest of everything: the clinic's name, its number, the day, the link, the address."""
    place = "1200 Saint‑Exupéry Boulevard, Building B, Suite 400, Alexandria, VA 22314"
    return _told(kind, "text", language, LONG, longest_day(language), LONG_LINK, **{"place": place} | changes)


@cache
def longest_day(language: str) -> datetime:
    """12:30 PM of it: no other way to say a day of the year takes more room."""
    zone = ZoneInfo(USUAL.timezone)
    year = [datetime(2027, 1, 1, 12, 30, tzinfo=zone) + timedelta(days=n) for n in range(365)]
    return max(year, key=lambda at: len(day(at, zone, language)))


def _told(
    kind: str, channel: str, language: str, clinic: House, at: datetime, link: str, **changes: Any
) -> dict[str, Any]:  # fmt: skip
    about = {name: changes.pop(name) for name in ("starts_at", "was_at", "by", "covers") if name in changes}
    message = Message(
        kind=kind, channel=channel, recipient=NOBODY,
        **{"starts_at": at, "was_at": at - timedelta(days=7), "by": "clinic", "covers": None} | about,
    )  # fmt: skip
    known = Known(
        message=message, phone="sealed", email="sealed", language=language, reference="R-2027-0042", visits=24,
        first_at=at, last_at=at + timedelta(days=70), number=23, of=24, status="booked", visit_zone=None,
        offer_zone=None, answer_by=at - timedelta(hours=1), place=None, to_come=True,
        choices=[at, at + timedelta(hours=1), at + timedelta(days=1)], all_confirmed=False, limits=["few_visits"],
    )  # fmt: skip
    told = facts(replace(known, **changes), clinic, language)
    return told | {"link": link, "preferences": PREFERENCES, "link_ends": "Monday, May 31, 2027"}


def covering(*times: datetime) -> list[dict[str, Any]]:
    """`Message.covers` of visits at these times."""
    return [{"session_id": str(NOBODY), "starts_at": at.isoformat()} for at in times]


def text(kind: str, language: str, **changes: Any) -> str:
    return words.text_message(kind, language, usual(kind, "text", language, **changes))


def mail(kind: str, language: str, report: Any = None, calendar: bool | None = None, **changes: Any) -> words.Words:
    told = usual(kind, "email", language, **changes)
    told["report"], told["calendar"] = report, kind in compose.CALENDARS if calendar is None else calendar
    return words.email(kind, language, told)
