"""What the acts load: the practice, an order with its ledger, and who is taken when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session, joinedload, selectinload

from services.booking.models import Order, Series, Visit
from services.booking.practice.availability import Period
from services.booking.practice.now import practice as practice
from services.booking.practice.policy import Policy
from services.booking.practice.travel import Claims
from services.booking.refusals import NoClinic
from services.chassis.refusals import NotFound

# One row of numbers for each resource, because rows of instants by the thousand cost twenty times as
# much. The index on their upper end keeps claims of the past out.
CLAIMS = text("""
    SELECT resource_id,
           array_agg((date_part('epoch', lower(during)) / 60)::bigint) AS begins,
           array_agg((date_part('epoch', upper(during)) / 60)::bigint) AS ends
      FROM (SELECT resource_id, during
              FROM claims
             WHERE upper(during) > CAST(:first AS timestamp) AT TIME ZONE :zone
               AND lower(during) < CAST(:last AS timestamp) AT TIME ZONE :zone + interval '1 day'
               AND resource_id = ANY(:resources)
               AND session_id <> ALL(CAST(:without AS uuid[]) || ARRAY(
                   SELECT sessions.id FROM series JOIN sessions ON series_id = series.id
                    WHERE held_until <= fascia_now()))
             UNION ALL
            SELECT resource_id, during * window_
              FROM absences, tstzrange(CAST(:first AS timestamp) AT TIME ZONE :zone,
                                       CAST(:last AS timestamp) AT TIME ZONE :zone + interval '1 day') AS window_
             WHERE during && window_ AND resource_id = ANY(:resources) AND withdrawn_at IS NULL) AS taken
     GROUP BY resource_id""")

RULES = text("SELECT policy, timezone, fascia_now() AS now FROM clinic")

PLACE = (joinedload(Visit.therapist), joinedload(Visit.room))


@dataclass(frozen=True, slots=True)
class Rules:
    """What the clinic decided, its zone, and the present instant."""

    policy: Policy
    timezone: str
    now: datetime


def rules(session: Session) -> Rules:
    """For acts that need nobody's hours. Raises `NoClinic`."""
    row = session.execute(RULES).one_or_none()
    if row is None:
        raise NoClinic
    return Rules(Policy.of(row.policy), row.timezone, row.now)


def order(session: Session, order_id: UUID, *, lock: bool = False) -> Order:
    """An order, then its ledger: read by a second statement, so that it is current once the lock is held."""
    return _order(session, select(Order).where(Order.id == order_id), lock, order_id=order_id)


def order_of_series(session: Session, series_id: UUID) -> Order:
    """Locked, with its ledger: whoever needs both locks takes this one before that of the series."""
    found = select(Order).where(Order.id == select(Series.order_id).where(Series.id == series_id).scalar_subquery())
    return _order(session, found, True, series_id=series_id)


def order_of_visit(session: Session, visit_id: UUID) -> Order:
    """As `order_of_series`."""
    its = select(Series.order_id).join(Visit).where(Visit.id == visit_id)
    return _order(session, select(Order).where(Order.id == its.scalar_subquery()), True, session_id=visit_id)


def _order(session: Session, found: Select[Order], lock: bool, **asked: UUID) -> Order:
    found = found.options(selectinload(Order.entries))
    # a ledger entry refers to its order: the weaker lock lets others write theirs meanwhile
    order = session.scalar(found.with_for_update(key_share=True) if lock else found)
    if order is None:
        raise NotFound(**{name: str(id_) for name, id_ in asked.items()})
    return order


def claims(
    session: Session, resources: Sequence[int], zone: str, when: Period, without: Collection[UUID] = ()
) -> Claims:
    """What these resources are taken for between two local dates: absences, and claims but those of some sessions and
    of holds that are over."""
    asked = {"resources": list(resources), "zone": zone, "first": when.earliest, "last": when.horizon}
    rows = session.execute(CLAIMS, {**asked, "without": [str(one) for one in without]})
    return {row.resource_id: np.array([row.begins, row.ends], np.int64).T for row in rows}


def series(session: Session, series_id: UUID) -> Series:
    """A whole series, locked: changes of one series follow one another."""
    return _series(session, select(Series).where(Series.id == series_id), series_id=series_id)


def series_of(session: Session, visit_id: UUID) -> tuple[Series, Visit]:
    """A session and its whole series, locked."""
    its = select(Visit.series_id).where(Visit.id == visit_id).scalar_subquery()
    series = _series(session, select(Series).where(Series.id == its), session_id=visit_id)
    return series, next(visit for visit in series.sessions if visit.id == visit_id)


def _series(session: Session, found: Select[Series], **asked: UUID) -> Series:
    whole = (
        joinedload(Series.order, innerjoin=True),
        joinedload(Series.location),
        selectinload(Series.sessions).options(*PLACE),
    )
    locked = found.options(*whole).with_for_update(of=Series, key_share=True)
    # what was read before the lock was held may have changed since
    series = session.scalar(locked.execution_options(populate_existing=True))
    if series is None:
        raise NotFound(**{name: str(id_) for name, id_ in asked.items()})
    return series


def places(session: Session, visits: Sequence[Visit]) -> None:
    """Read who treats and where again, by name, for visits that are new or were moved."""
    session.flush()
    found = select(Visit).where(Visit.id.in_([one.id for one in visits])).options(*PLACE)
    session.scalars(found.execution_options(populate_existing=True)).all()


def visit(session: Session, visit_id: UUID) -> Visit:
    found = session.get(Visit, visit_id, options=PLACE)
    if found is None:
        raise NotFound(session_id=str(visit_id))
    return found
