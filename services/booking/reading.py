"""What the acts load: the practice, an order with its ledger, and who is taken when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import select, text
from sqlalchemy.orm import Session, joinedload, selectinload

from services.booking.availability import Claims, Period
from services.booking.models import Order, Series, Visit
from services.booking.practice import Closure, Opening, Practice, Therapist
from services.booking.refusals import NoClinic
from services.chassis.refusals import NotFound

PRACTICE = text("""
    SELECT timezone,
           fascia_now() AS now,
           (SELECT json_agg(json_build_array(id, name) ORDER BY id) FROM rooms WHERE active) AS rooms,
           (SELECT json_agg(json_build_array(first_on, last_on)) FROM closures
             WHERE last_on >= (fascia_now() AT TIME ZONE timezone)::date) AS closures,
           (SELECT json_agg(json_build_object(
                       'id', id, 'name', name, 'buffer_minutes', buffer_minutes,
                       'licensed_until', (SELECT max(valid_until) FROM licences WHERE therapist_id = therapists.id),
                       'techniques', techniques,
                       'openings', (SELECT json_agg(json_build_array(weekday, opens, closes))
                                      FROM hours WHERE therapist_id = therapists.id)) ORDER BY id)
              FROM therapists WHERE active) AS therapists
      FROM clinic""")

# One row of numbers for each resource, because rows of instants by the thousand cost twenty times as
# much. The index on their upper end keeps claims of the past out.
CLAIMS = text("""
    SELECT resource_id,
           array_agg((date_part('epoch', lower(during)) / 60)::bigint) AS begins,
           array_agg((date_part('epoch', upper(during)) / 60)::bigint) AS ends
      FROM claims
     WHERE upper(during) > CAST(:first AS timestamp) AT TIME ZONE :zone
       AND lower(during) < CAST(:last AS timestamp) AT TIME ZONE :zone + interval '1 day'
       AND resource_id = ANY(:resources)
     GROUP BY resource_id""")

PLACE = (joinedload(Visit.therapist), joinedload(Visit.room))


def practice(session: Session) -> Practice:
    """Everyone active, and the present instant, in one query. Raises `NoClinic`."""
    row = session.execute(PRACTICE).one_or_none()
    if row is None:
        raise NoClinic
    return Practice(
        timezone=row.timezone,
        now=row.now,
        therapists=tuple(_therapist(one) for one in row.therapists or ()),
        rooms=dict(row.rooms or ()),
        closures=tuple(Closure(*map(date.fromisoformat, dates)) for dates in row.closures or ()),
    )


def _therapist(row: dict[str, Any]) -> Therapist:
    return Therapist(
        id=row["id"],
        name=row["name"],
        buffer_minutes=row["buffer_minutes"],
        licensed_until=date.fromisoformat(row["licensed_until"]),
        techniques=frozenset(row["techniques"]),
        openings=tuple(
            Opening(weekday, time.fromisoformat(opens), time.fromisoformat(closes))
            for weekday, opens, closes in row["openings"] or ()
        ),
    )


def order(session: Session, order_id: UUID, *, lock: bool = False) -> Order:
    """An order, then its ledger: read by a second statement, so that it is current once the lock is held."""
    found = select(Order).where(Order.id == order_id).options(selectinload(Order.entries))
    order = session.scalar(found.with_for_update() if lock else found)
    if order is None:
        raise NotFound(order_id=str(order_id))
    return order


def claims(session: Session, resources: Sequence[int], zone: str, when: Period) -> Claims:
    """What these resources are taken for between two local dates."""
    asked = {"resources": list(resources), "zone": zone, "first": when.earliest, "last": when.horizon}
    rows = session.execute(CLAIMS, asked)
    return {row.resource_id: np.array([row.begins, row.ends], np.int64).T for row in rows}


def series_of(session: Session, visit_id: UUID) -> tuple[Series, Visit]:
    """A session and its whole series, locked: changes of one series follow one another."""
    found = (
        select(Series)
        .where(Series.id == select(Visit.series_id).where(Visit.id == visit_id).scalar_subquery())
        .options(joinedload(Series.order, innerjoin=True), selectinload(Series.sessions).options(*PLACE))
        .with_for_update(of=Series)
    )
    series = session.scalar(found)
    if series is None:
        raise NotFound(session_id=str(visit_id))
    return series, next(visit for visit in series.sessions if visit.id == visit_id)


def visit(session: Session, visit_id: UUID) -> Visit:
    found = session.get(Visit, visit_id, options=PLACE)
    if found is None:
        raise NotFound(session_id=str(visit_id))
    return found
