"""What a patient is sent: texts if there is a number and consent, else e-mail if there is an address and consent,
else the desk is asked to call; the desk hears of the invitation, of the booked series, of changes that the patient
did not make, of offers, and of the longest reminder only, not of every text.

- `invitation` when the referral is accepted and no series is booked, where the clinic invites;
- `series_confirmation` when the series is booked, `aftercare` when a visit is completed, `series_finished` instead
  of it when that was the last;
- `reminder_<minutes>` for each lead time of the clinic's policy, unless the visit got its time after that moment.
  It is sensible until half its lead time before the visit;
- `moved`, `cancelled`, `restored`, `missed`, `visits_changed` (see `changes`);
- `waitlist_offer` until it is answered or over, `offer_ended` to who was offered a time that somebody else took,
  or said yes too late;
- `cancel_check`: the patient wrote that they cannot come, and is asked once whether to cancel.

Texts go in the clinic's hours for texts, where the patient lives if that is known, else where the visit is. What is
sent at once waits for the morning, or goes by e-mail or to the desk when that is too late; a reminder waits for the
morning when that is before the visit, otherwise, and in the evening, it goes half an hour before the hours end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.notify.schedule.case import Case, Offer, Series, Visit
from services.notify.schedule.changes import changes
from services.notify.schedule.finished import aftercare
from services.notify.schedule.history import OPEN, Bundle, history
from services.notify.schedule.hours import in_time, waking, waking_before
from services.notify.schedule.planned import Planned, Reach
from services.notify.schedule.policy import Policy
from services.notify.schedule.talk import chosen, talk

INVITE_FOR = timedelta(days=14)


def for_patient(case: Case, patient: Reach, policy: Policy) -> Iterator[Planned]:
    accepted = {(offer.session_id, offer.starts_at) for offer in case.offers if offer.how == "accepted"} | chosen(case)
    yield from _invitation(case, patient, policy)
    for series in case.series:
        visits = [visit for visit in case.visits if visit.series_id == series.id]
        if series.booked_at:
            bundles = history(series, visits, patient, policy, accepted)
            yield from _series(series, series.booked_at, bundles, patient, policy)
            for visit in visits:
                if visit.status in OPEN:
                    since = _known_since(visit, series, series.booked_at, bundles)
                    yield from _reminders(visit, patient, policy, since)
    yield from aftercare(case, patient, policy)
    for visit in case.visits:
        yield from _cancel_check(visit, patient, policy)
    yield from talk(case, patient, policy)
    for offer in case.offers:
        yield from _offer(offer, patient, policy)


def _invitation(case: Case, patient: Reach, policy: Policy) -> Iterator[Planned]:
    at = case.referral and case.referral.accepted_at
    if not (case.referral and at and policy.invite) or case.referral.ended_at or case.referral.declined_at:
        return
    if any(series.booked_at for series in case.series):
        return
    zone, until = patient.zone or policy.zone, at + INVITE_FOR
    channel, due = in_time(patient, at + policy.grace, until, zone, policy)
    yield _to(
        patient, "invitation", due, until, zone,
        subject_id=case.referral_id, channel=channel, moment=at + policy.grace,
    )  # fmt: skip


def _series(
    series: Series, booked_at: datetime, bundles: Sequence[Bundle], patient: Reach, policy: Policy
) -> Iterator[Planned]:
    zone = patient.zone or policy.zone
    channel, confirmed_at = in_time(patient, booked_at, series.last_at, zone, policy)
    if not series.cancelled_at:
        yield _to(
            patient, "series_confirmation", confirmed_at, series.last_at, zone,
            subject_id=series.id, series_id=series.id, channel=channel, moment=booked_at,
        )  # fmt: skip
    # The confirmation, written when it is sent, tells what happened before.
    told_by_it = confirmed_at if series.cancelled_at is None else booked_at
    for bundle in bundles:
        for message in changes(series, bundle, patient, policy):
            if not message.due_at <= told_by_it < message.send_before:
                yield message


def _known_since(visit: Visit, series: Series, booked_at: datetime, bundles: Sequence[Bundle]) -> datetime:
    """When the patient learnt of the visit's time."""
    for bundle in reversed(bundles):
        if visit.id in bundle.news and bundle.news[visit.id].is_fresh:
            return bundle.due
    return next((act.at for act in series.acts if act.visits >= visit.number), booked_at)


def _reminders(visit: Visit, patient: Reach, policy: Policy, known_since: datetime) -> Iterator[Planned]:
    zone = patient.zone or visit.zone or policy.zone
    leads = sorted(policy.reminder_minutes, reverse=True)
    if patient.channel == "desk":
        leads = leads[:1]
    by_due: dict[datetime, Planned] = {}
    for minutes in leads:
        lead = timedelta(minutes=minutes)
        moment = visit.starts_at - lead
        due = waking_before(moment, visit.starts_at, zone, patient.channel, policy)
        sensible = visit.starts_at - lead / 2
        until = sensible if due < sensible else visit.starts_at
        if known_since <= min(moment, due):
            # Two lead times that quiet hours push together become one text.
            by_due[due] = _about(visit, f"reminder_{minutes}", patient, due, until, zone, moment=moment)
    yield from by_due.values()


def _cancel_check(visit: Visit, patient: Reach, policy: Policy) -> Iterator[Planned]:
    if (asked_at := visit.cancel_asked_at) and visit.status in OPEN and patient.text:
        zone = patient.zone or visit.zone or policy.zone
        due = waking(asked_at, zone, "text", policy)
        when = {"happened_at": asked_at, "moment": asked_at}
        yield _about(visit, "cancel_check", patient, due, visit.starts_at, zone, **when)


def _offer(offer: Offer, patient: Reach, policy: Policy) -> Iterator[Planned]:
    if offer.offered_at is None:
        return
    zone = patient.zone or offer.zone or policy.zone
    about = {"subject_id": offer.id, "starts_at": offer.starts_at, "session_id": offer.session_id}
    channel, due = in_time(patient, offer.offered_at, offer.answer_by, zone, policy)
    if offer.ended_at is None:
        if offer.wanted is None:
            about |= {"channel": channel, "moment": offer.offered_at}
            yield _to(patient, "waitlist_offer", due, offer.answer_by, zone, **about)
    elif patient.channel != "desk" and _is_missed(offer, due):
        told = max(offer.ended_at, offer.answered_at or offer.ended_at)
        until = max(offer.starts_at, told + timedelta(days=1))
        due = waking(told, zone, patient.channel, policy)
        yield _to(patient, "offer_ended", due, until, zone, moment=told, **about)


def _is_missed(offer: Offer, offered: datetime) -> bool:
    """They wanted it and were too late, or it was taken while they could still have said so."""
    assert offer.ended_at
    if offer.how == "accepted" or offer.wanted is False:
        return False
    return offer.wanted is True or (offer.how == "taken" and offered < offer.ended_at)


def _about(
    visit: Visit, kind: str, patient: Reach, due: datetime, until: datetime, zone: ZoneInfo, **more: Any
) -> Planned:
    about = {"subject_id": visit.id, "starts_at": visit.starts_at, "series_id": visit.series_id} | more
    return _to(patient, kind, due, until, zone, session_id=visit.id, **about)


def _to(patient: Reach, kind: str, due: datetime, until: datetime, zone: ZoneInfo, **about: Any) -> Planned:
    return Planned(
        kind=kind, recipient=patient.id, role="patient", due_at=due, send_before=until, zone=zone,
        **{"channel": patient.channel, **about},
    )  # fmt: skip
