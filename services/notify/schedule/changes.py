"""Telling a patient that visits were moved, cancelled, restored, added or missed.

One visit that changed is told as what happened to it; several of a series, as one message about the series.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from services.notify.schedule.case import Series
from services.notify.schedule.history import Bundle, News
from services.notify.schedule.hours import in_time
from services.notify.schedule.planned import Planned, Reach
from services.notify.schedule.policy import Policy

MISSED_FOR = timedelta(hours=48)


def changes(series: Series, bundle: Bundle, patient: Reach, policy: Policy) -> Iterator[Planned]:
    changed = [news for news in bundle.news.values() if news.act.what != "missed"]
    fresh = [news for news in changed if news.is_fresh]
    if len(changed) == 1 and not bundle.added:
        yield from (_about_visit(news, bundle, patient, policy) for news in fresh if _concerns(patient, news))
    elif bundle.added or any(_concerns(patient, news) for news in fresh):
        yield _about_series(series, bundle, fresh, patient, policy)
    for news in bundle.news.values():
        if news.act.what == "missed" and news.is_fresh and patient.channel != "desk":
            yield _about_visit(news, bundle, patient, policy)


def _concerns(patient: Reach, news: News) -> bool:
    """The desk need not call a patient about what they did themselves."""
    return patient.channel != "desk" or news.act.by != "patient"


def _about_series(
    series: Series, bundle: Bundle, fresh: list[News], patient: Reach, policy: Policy
) -> Planned:  # fmt: skip
    until = max([news.truth.starts_at for news in fresh] + [series.last_at] * bundle.added)
    channel, due = in_time(patient, bundle.moment, until, bundle.zone, policy)
    return Planned(
        subject_id=series.id, happened_at=bundle.first_at, kind="visits_changed", channel=channel,
        recipient=patient.id, role="patient", due_at=due, send_before=until, zone=bundle.zone, series_id=series.id,
        moment=bundle.moment,
    )  # fmt: skip


def _about_visit(news: News, bundle: Bundle, patient: Reach, policy: Policy) -> Planned:
    until = news.at + MISSED_FOR if news.act.what == "missed" else news.truth.starts_at
    zone = patient.zone or news.visit.zone or bundle.zone
    channel, due = in_time(patient, bundle.moment, until, zone, policy)
    return Planned(
        subject_id=news.visit.id, starts_at=news.truth.starts_at, happened_at=news.at, kind=news.act.what,
        channel=channel, recipient=patient.id, role="patient", due_at=due, send_before=until,
        zone=zone, moment=bundle.moment, series_id=news.visit.series_id, session_id=news.visit.id,
        was_at=news.known.starts_at, by=news.act.by,
    )  # fmt: skip
