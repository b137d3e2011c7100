"""For every series that an absence hits: where its visits could go, all proposals together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Series, Visit
from services.booking.planning.parts import Window
from services.booking.planning.wallclock import DAY
from services.booking.practice.availability import Wish
from services.booking.practice.location import Practice
from services.booking.replanning import placing
from services.booking.replanning.narrowing import Taken, also_taken
from services.booking.replanning.placing import Scene
from services.booking.replanning.proposal import Proposal
from services.booking.replanning.propose import proposal

MOST_SERIES = 50
"""That are proposed for at once; more wait until these are settled."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a series' hit visits could do, and the sessions that are hit."""

    series: Series
    hit: Sequence[Visit]
    proposal: Proposal | None
    """None where there were too many series to propose for."""


def propose(session: Session, hits: Sequence[Visit]) -> list[Settled]:
    """No two proposals want the same time. Raises `NoClinic`, `Invalid`."""
    by_series: dict[UUID, list[Visit]] = {}
    for visit in hits:
        by_series.setdefault(visit.series_id, []).append(visit)
    scenes = _scenes(session, list(by_series)[:MOST_SERIES])
    taken: list[Taken] = []
    settled = []
    for series_id, visits in by_series.items():
        made = _propose(session, scenes[series_id], visits, taken) if series_id in scenes else None
        settled.append(Settled(visits[0].series, visits, made))
    return settled


def _scenes(session: Session, series_ids: Sequence[UUID]) -> dict[UUID, Scene]:
    """In the same few queries, however many series there are."""
    found = session.scalars(
        select(Series).where(Series.id.in_(series_ids)).options(*placing.WHOLE),
        execution_options={"populate_existing": True},
    ).all()
    practices: dict[int | None, Practice] = {}
    for one in found:
        if one.location_id not in practices:
            practices[one.location_id] = reading.practice(session, one.location_id)
    return {one.id: Scene(one, practices[one.location_id]) for one in found}


def _propose(session: Session, scene: Scene, visits: Sequence[Visit], taken: list[Taken]) -> Proposal:
    problem = placing.stated(session, scene, visits, _wish(scene, visits), len(visits))
    found = placing.solved(also_taken(problem, taken), scene, scene.lineup(visits))
    made = proposal(scene, found, visits, 0)
    length = scene.series.order.session_minutes
    for move in made.moves:
        free_again = length + scene.practice.buffer_of(move.to.therapist, length)
        taken.append(Taken(move.to, move.to.start_at + timedelta(minutes=free_again)))
    return made


def _wish(scene: Scene, visits: Iterable[Visit]) -> Wish:
    """On the weekdays and at the times of day that the visits had; a series of which nothing stays does not begin
    sooner for it."""
    length = scene.series.order.session_minutes
    were = sorted(one.starts_at.astimezone(scene.practice.zone) for one in visits)
    usual = sorted({(one.weekday(), one.hour * 60 + one.minute) for one in were})
    return Wish(
        preferred=tuple(Window((weekday,), at, min(DAY, at + length)) for weekday, at in usual),
        earliest=were[0].date() if len(were) == len(scene.to_come) else None,
        alternatives=0,
    )
