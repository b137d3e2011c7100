"""Which messages a patient and their physicians should have got, from what happened to them: the practice's promises
once more, in their own words and apart from notify's. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Kinds = Counter[tuple[str, str]]
"""How many messages of a kind, by (kind, channel)."""

LEADS = (timedelta(hours=48), timedelta(hours=2))
DAY_BEGINS, DAY_ENDS, LAST_TEXT = time(8), time(21), time(20, 30)

PHYSICIAN = {
    "every_visit": ("referral_received", "series_booked", "renewal_request", "closing_report"),
    "midpoint_and_end": (
        "referral_received", "referral_accepted", "series_booked", "midpoint_report", "renewal_request",
        "closing_report",
    ),
    "end": ("referral_received", "referral_accepted", "renewal_request", "closing_report"),
}  # fmt: skip
"""Once each, by how often the physician wants to hear, about a series that takes place. Who wants to hear of every
visit learns of the acceptance with the booking, which follows at once."""


@dataclass(frozen=True)
class Span:
    """A time that a visit had, from when until when it was to be then."""

    starts_at: datetime
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Expected:
    """`kinds` arrive, `failed` are given up, `tasks` are left for the desk."""

    kinds: Kinds
    failed: Kinds
    tasks: Counter[str]


Spans = Mapping[int, Sequence[Span]]
"""By the visit's number."""


def of_a_series_that_goes_otherwise(spans: Spans, zone: ZoneInfo) -> Expected:
    """By text all the way; the patient took an offered time, and asked for another one with R. Of the last visit the
    closing report tells."""
    kinds = _physician("every_visit") + Counter({("session_update", "email"): len(spans) - 1})
    kinds += Counter({("series_confirmation", "text"): 1, ("waitlist_offer", "text"): 1, ("other_times", "text"): 1})
    kinds += Counter({("moved", "text"): moves(spans), ("aftercare", "text"): len(spans) - 1})
    kinds += Counter({("series_finished", "text"): 1}) + reminders(spans, zone, texts_until=None)
    return Expected(kinds, Counter(), Counter())


def of_a_wrong_number(spans: Spans, zone: ZoneInfo) -> Expected:
    """Accepted and booked at once; the first text finds nobody; e-mails instead, until the patient cancels the one
    visit too late."""
    booked = ("referral_received", "series_booked", "series_cancelled")
    kinds = Counter({(kind, "email"): 1 for kind in (*booked, "series_confirmation", "cancelled")})
    kinds += reminders(spans, zone, texts_until=min(span.since for (span, *_) in spans.values()))
    return Expected(kinds, Counter({("series_confirmation", "text"): 1}), Counter({"address_wrong": 1}))


def of_a_stop(spans: Spans, zone: ZoneInfo, stopped_at: datetime) -> Expected:
    """Invited and confirmed by text, then e-mails; two physicians, one of them copied."""
    kinds = _physician("midpoint_and_end") + _physician("end")
    kinds += Counter({("invitation", "text"): 1, ("series_confirmation", "text"): 1, ("series_finished", "email"): 1})
    kinds += Counter({("aftercare", "email"): len(spans) - 1}) + reminders(spans, zone, texts_until=stopped_at)
    return Expected(kinds, Counter(), Counter())


def moves(spans: Spans) -> int:
    return sum(len(times) - 1 for times in spans.values())


def reminders(spans: Spans, zone: ZoneInfo, texts_until: datetime | None) -> Kinds:
    """48 h and 2 h before each time that a visit still has then, and had long enough; one for all visits of a day.

    A text goes at no hour of the night: in the morning where that is before the visit, else the evening before.
    """
    found: set[tuple[str, str, date]] = set()
    for span in (span for times in spans.values() for span in times):
        for lead in LEADS:
            moment = span.starts_at - lead
            channel, at = "text", _awake(moment, span.starts_at, zone)
            if texts_until and at >= texts_until:
                channel, at = "email", moment
            if span.since <= min(moment, at) and (span.until is None or at < span.until):
                kind = f"reminder_{int(lead.total_seconds()) // 60}"
                found.add((kind, channel, span.starts_at.astimezone(zone).date()))
    return Counter((kind, channel) for kind, channel, _ in found)


def _physician(updates: str) -> Kinds:
    return Counter((kind, "email") for kind in PHYSICIAN[updates])


def _awake(moment: datetime, starts_at: datetime, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone)
    if DAY_BEGINS <= local.time() < DAY_ENDS:
        return moment
    morning = datetime.combine(local.date(), DAY_BEGINS, zone)
    if local.time() < DAY_BEGINS and morning < starts_at:
        return morning
    evening = local.date() if local.time() >= DAY_ENDS else local.date() - timedelta(days=1)
    return datetime.combine(evening, LAST_TEXT, zone)


def together(parts: Iterable[Expected]) -> int:
    """How many messages arrive in all."""
    return sum(part.kinds.total() for part in parts)
