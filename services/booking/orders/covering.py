"""What a changed order still covers, and a proposal for each visit that it does not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Visit
from services.booking.orders.coverage import BY_TIME, Why, proposal
from services.booking.orders.uncovered import uncovered, visits_to_come
from services.booking.practice.availability import Wish
from services.booking.replanning import placing
from services.booking.replanning.proposal import Now, matched
from services.booking.visits.bookable import Wanted
from services.chassis import clock
from services.chassis.refusals import Invalid


def coverage(session: Session, order_id: UUID) -> dict[str, Any]:
    """Nothing is changed. Raises `NotFound`, `NoClinic`."""
    order = reading.order(session, order_id)
    now = clock.now(session)
    to_come = visits_to_come(session, order_id)
    whys = uncovered(order, to_come, now)
    visits = _visits(session, whys)
    movable = [] if order.ended_at else [one for one in visits if whys[one.id] in BY_TIME]
    places = _places(session, movable)
    return {
        "order_id": order.id,
        "version": order.version,
        "ended_how": order.ended_how,
        "covered": [one.id for one in to_come if one.id not in whys and one.starts_at > now],
        "uncovered": [_shown(one, whys[one.id], order.ended_how, places) for one in visits],
    }


def _visits(session: Session, ids: Collection[UUID]) -> list[Visit]:
    found = select(Visit).where(Visit.id.in_(ids)).options(*reading.PLACE).order_by(Visit.starts_at, Visit.id)
    return list(session.scalars(found)) if ids else []


def _places(session: Session, visits: Iterable[Visit]) -> dict[UUID, Wanted]:
    """The best places within the order, the visits that stay kept; all of a series' can be taken together."""
    of_series = sorted(visits, key=lambda one: one.series_id)
    found: dict[UUID, Wanted] = {}
    for series_id, some in groupby(of_series, key=lambda one: one.series_id):
        found |= _places_of_series(session, series_id, {one.id for one in some})
    return found


def _places_of_series(session: Session, series_id: UUID, ids: Collection[UUID]) -> dict[UUID, Wanted]:
    scene = placing.scene(session, series_id)
    move = [one for one in scene.to_come if one.id in ids]
    try:
        times = placing.answer(session, scene, move, Wish()).times
    except Invalid:  # the order leaves no day on which anything could be
        return {}
    now = [Now(one.id, one.number, placing.wanted(one)) for one in move]
    moves, _ = matched(now, scene.lineup(move).stay, 0, times)
    return {one.now.session_id: one.to for one in moves if one.now}


def _shown(visit: Visit, why: Why, ended_how: str | None, places: Mapping[UUID, Wanted]) -> dict[str, Any]:
    place = places.get(visit.id)
    return {
        "session": visit,
        "why": why,
        "proposal": proposal(why, ended_how, can_move=place is not None),
        "move_to": place and {"start_at": place.start_at, "therapist": place.therapist, "room": place.room},
    }
