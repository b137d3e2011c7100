"""A patient picked one of the other times that were offered for a visit by text."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Visit
from services.booking.practice.availability import Wish
from services.booking.practice.location import Practice
from services.booking.refusals import SlotTaken
from services.booking.replanning.alternatives import alternatives
from services.booking.visits.bookable import Wanted
from services.booking.visits.move import move
from services.chassis import clock
from services.chassis.outbox import Outbox
from services.chassis.refusals import NotFound, Refusal
from services.contracts.booking import ChoiceRefused
from services.contracts.notify import TimeChosen

log = structlog.get_logger()

LOOKED_THROUGH = 100
"""Places of one day, the best first."""


def time_chosen(session: Session, outbox: Outbox, event: TimeChosen) -> None:
    """The visit is moved there, if it still can be; else the patient is told. Raises `NotFound`."""
    series, visit = reading.series_of(session, event.session_id)
    if series.order.patient_id != event.patient_id:
        raise NotFound(session_id=str(event.session_id))
    practice = reading.practice(session, series.location_id)
    referral_id = series.order.referral_id
    try:
        with session.begin_nested():
            if visit.starts_at != event.starts_at or not visit.is_to_come:
                place = _place(session, visit, event.starts_at, practice)
                move(session, outbox, visit.id, place, by="patient", unasked=True)
                session.flush()
    except Refusal as refusal:
        log.info("choice_refused", session_id=str(event.session_id), why=refusal.code)
        refused = ChoiceRefused(
            version=1, reply_id=event.reply_id, session_id=event.session_id, referral_id=referral_id,
            patient_id=event.patient_id, starts_at=event.starts_at, refused_at=clock.now(session),
        )  # fmt: skip
        outbox.record(session, refused)


def _place(session: Session, visit: Visit, starts_at: datetime, practice: Practice) -> Wanted:
    """With the therapist of the visit if they are free then, else with whom it is best. Raises `SlotTaken`."""
    day = starts_at.astimezone(practice.zone).date()
    wish = Wish(earliest=day, latest=day, alternatives=LOOKED_THROUGH)
    found = alternatives(session, visit.id, wish, None)["alternatives"]
    there = [one for one in found if one["start_at"] == starts_at]
    if not there:
        raise SlotTaken
    best = next((one for one in there if one["therapist"] == visit.therapist_id), there[0])
    return Wanted(starts_at, best["therapist"], best["room"])
