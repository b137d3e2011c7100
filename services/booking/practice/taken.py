"""When everybody whom an order could need is taken, the ways between places included."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Order, Visit
from services.booking.practice.availability import Period
from services.booking.practice.location import Practice
from services.booking.practice.needs import NO_NEEDS, Needs, home_of
from services.booking.practice.travel import Away, Claims, Position, position, widened
from services.booking.refusals import SlotTaken
from services.booking.treatment.safety import care_of, table_of
from services.booking.visits.bookable import Claimed, is_taken
from services.care.certifications import certifications_needed

# Where a visit takes place follows from its room; one without a room is at the home of the order's patient.
AWAY = """
    WITH away AS (
        SELECT resource_id, rooms.location_id, CASE WHEN room_id IS NULL THEN order_id END AS order_id,
               array_agg((date_part('epoch', lower(during)) / 60)::bigint) AS begins,
               array_agg((date_part('epoch', upper(during)) / 60)::bigint) AS ends
          FROM sessions
          JOIN claims ON session_id = sessions.id AND resource_id = therapist_id
          JOIN series ON series.id = series_id
          LEFT JOIN rooms ON rooms.id = room_id
         WHERE therapist_id = ANY(:therapists)
           AND starts_at > CAST(:first AS timestamp) AT TIME ZONE :zone - interval '1 day'
           AND starts_at < CAST(:last AS timestamp) AT TIME ZONE :zone + interval '2 days'
           AND sessions.id <> ALL(CAST(:without AS uuid[]))
           AND (held_until IS NULL OR held_until > fascia_now())
           AND {elsewhere}
         GROUP BY 1, 2, 3)
    SELECT resource_id, begins, ends, latitude, longitude, order_id, care
      FROM away
      LEFT JOIN locations ON locations.id = location_id
      LEFT JOIN orders ON orders.id = order_id"""

FROM_HOME = text(AWAY.format(elsewhere="true"))
FROM_HERE = text(AWAY.format(elsewhere="rooms.location_id IS DISTINCT FROM :here"))
# The only location: what is elsewhere is at somebody's home, and there is an index of that.
FROM_THE_ONLY = text(AWAY.format(elsewhere="room_id IS NULL"))


def needs_of(session: Session, order: Order) -> Needs:
    """What the patient needs of a therapist; what is kept sealed is opened for it."""
    if order.care is None:
        return NO_NEEDS
    care = care_of(session, order)
    return Needs.of(care, certifications_needed(care.conditions, care.contraindications, table_of(session)))


def taken(
    session: Session, practice: Practice, order: Order, needs: Needs, when: Period, without: Collection[UUID] = ()
) -> Claims:
    """What therapists, rooms and the patient are taken for between two local dates, but for some sessions.

    What a therapist has at other places is longer by the ways from there to where this order's visits are.
    """
    resources = [one.id for one in practice.therapists] + [*practice.rooms, order.patient_resource_id]
    claims = reading.claims(session, resources, practice.timezone, when, without)
    here = needs.home if order.home_visit else practice.position
    return widened(claims, away(session, practice, order, when, without), here, practice.policy)


def check_ways(session: Session, practice: Practice, order: Order, visits: Sequence[Visit]) -> None:
    """Whether their therapists get from place to place in time, asked while nobody else can claim time of theirs:
    what the database refuses by itself is only that two claims overlap. Raises `SlotTaken`.
    """
    days = [visit.starts_at.astimezone(practice.zone).date() for visit in visits]
    when = Period(min(days), None, max(days), max(days))
    treating = {visit.therapist_id for visit in visits}
    theirs = replace(practice, therapists=tuple(one for one in practice.therapists if one.id in treating))
    others = [*away(session, theirs, order, when, [visit.id for visit in visits])]
    if not others:
        return
    here = home_of(care_of(session, order)) if order.home_visit else practice.position
    ways = widened({}, others, here, practice.policy)
    for visit in visits:
        buffer = practice.buffer_of(visit.therapist_id, order.session_minutes)
        free_again = visit.ends_at + timedelta(minutes=buffer)
        if is_taken([Claimed(visit.therapist_id, visit.starts_at, free_again)], ways):
            raise SlotTaken


def away(
    session: Session, practice: Practice, order: Order, when: Period, without: Collection[UUID] = ()
) -> Iterator[Away]:
    """What each therapist has at each other place."""
    therapists = [one.id for one in practice.therapists if one.home_visits or len(practice.locations) > 1]
    if not therapists:
        return
    asked = {"therapists": therapists, "zone": practice.timezone, "first": when.earliest, "last": when.horizon}
    query = FROM_HOME if order.home_visit else FROM_HERE if len(practice.locations) > 1 else FROM_THE_ONLY
    rows = session.execute(query, {**asked, "here": practice.location, "without": [str(one) for one in without]})
    homes: dict[UUID, Position | None] = {order.id: home_of(care_of(session, order))}
    for row in rows:
        yield Away(row.resource_id, _place(session, row, homes), np.array([row.begins, row.ends], np.int64).T)


def _place(session: Session, row: Any, homes: dict[UUID, Position | None]) -> Position | None:
    if row.order_id is None:
        return position(row.latitude, row.longitude)
    if row.order_id not in homes:
        homes[row.order_id] = home_of(care_of(session, row))
    return homes[row.order_id]
