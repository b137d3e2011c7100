"""What a patient was told, and has yet to be told, of the visits of a series.

Acts are told when they are due and nothing else has happened to the series meanwhile: what happens before the
first of them is told goes out with it. A visit is told only if it is not left as the patient knows it. So a slip
that is undone within the grace is never told, and of a visit moved twice only the last time; but who was told of a
cancellation is also told that the visit takes place after all.

All of it follows from the times of the acts alone, whenever they become known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.notify.schedule.case import Series, Visit, VisitAct
from services.notify.schedule.hours import waking
from services.notify.schedule.planned import Reach
from services.notify.schedule.policy import Policy

OPEN = ("booked", "confirmed")
LEAVES = {"moved": OPEN, "restored": OPEN, "cancelled": ("cancelled",), "missed": ("missed",)}
"""The states of a visit in which an act is still the last word."""
NOW = timedelta(0)

Accepted = Collection[tuple[UUID | None, datetime]]
"""Visits with the times that their patients took from the waitlist; they wait for the answer."""


@dataclass(frozen=True, slots=True)
class Truth:
    takes_place: bool
    starts_at: datetime
    place: str | None


@dataclass(frozen=True, slots=True)
class News:
    visit: Visit
    act: VisitAct
    at: datetime
    known: Truth
    """What the patient knew before."""
    truth: Truth

    @property
    def is_fresh(self) -> bool:
        """Nothing has happened to the visit since."""
        return self.visit.acts[-1] is self.act and self.visit.status in LEAVES[self.act.what]


@dataclass(slots=True)
class Bundle:
    """What is told together, the first and the last act of it, and when it is due: at `moment`, or when they wake."""

    first_at: datetime
    last_at: datetime
    moment: datetime
    due: datetime
    zone: ZoneInfo
    news: dict[UUID, News] = field(default_factory=dict)
    """By visit."""
    added: bool = False
    """Visits were added to the series."""


def history(series: Series, visits: Sequence[Visit], person: Reach, policy: Policy, accepted: Accepted) -> list[Bundle]:
    """Oldest first; all but the last may have been told."""
    known = {visit.id: truth for visit in visits if (truth := _at_first(visit))}
    bundles: list[Bundle] = []
    for at, visit, act in _acts(series, visits):
        zone = person.zone or (visit and visit.zone) or policy.zone
        if not bundles or (bundles[-1].due <= at and bundles[-1].last_at < at):
            known |= {id_: news.truth for id_, news in bundles[-1].news.items()} if bundles else {}
            bundles.append(Bundle(at, at, at, at, zone))
        bundle = bundles[-1]
        wait = _grace(visit, act, at, known, policy, accepted) if visit and act else policy.grace
        bundle.last_at, bundle.moment = at, max(bundle.moment, at + wait)
        bundle.due = waking(bundle.moment, bundle.zone, person.channel, policy)
        if visit and act:
            _note(bundle, visit, act, at, known[visit.id])
        else:
            bundle.added = True
    return bundles


def _at_first(visit: Visit) -> Truth | None:
    """What the patient knew before anything was done; None where nothing was."""
    booked = [act for act in visit.acts if act.at is None]
    if booked:
        return Truth(True, booked[-1].starts_at, booked[-1].place)
    first = next(iter(visit.acts), None)
    return Truth(True, first.moved_from or first.starts_at, first.place) if first else None


def _acts(series: Series, visits: Sequence[Visit]) -> list[tuple[datetime, Visit | None, VisitAct | None]]:
    """In the order of their times; those of one visit in the order of their versions."""
    done: list[tuple[datetime, Visit | None, VisitAct | None]] = []
    for visit in visits:
        latest: datetime | None = None
        for act in visit.acts:
            if act.at:
                latest = max(act.at, latest or act.at)
                done.append((latest, visit, act))
    done += [(at, None, None) for at in _added(series, visits)]
    return sorted(done, key=lambda one: one[0])


def _added(series: Series, visits: Sequence[Visit]) -> Iterator[datetime]:
    """When visits were added to a series; one that is restored makes their number grow too."""
    restored = {act.at for visit in visits for act in visit.acts if act.what == "restored"}
    for before, after in zip(series.acts, series.acts[1:], strict=False):
        if after.visits > before.visits and after.at not in restored:
            yield after.at


def _note(bundle: Bundle, visit: Visit, act: VisitAct, at: datetime, known: Truth) -> None:
    truth = _after(act, known)
    bundle.news.pop(visit.id, None)
    if truth != known:
        bundle.news[visit.id] = News(visit, act, at, known, truth)


def _after(act: VisitAct, known: Truth) -> Truth:
    """A visit that does not take place is the one that the patient knows of."""
    if act.what in ("cancelled", "missed"):
        return replace(known, takes_place=False)
    return Truth(True, act.starts_at, act.place)


def _grace(
    visit: Visit, act: VisitAct, at: datetime, known: dict[UUID, Truth], policy: Policy, accepted: Accepted
) -> timedelta:
    """Close to the visit a slip matters less than that they may be on their way."""
    if (visit.id, act.starts_at) in accepted:
        return NOW
    left = min(known[visit.id].starts_at, act.starts_at) - at
    return min(policy.grace, left / 10) if left > NOW else policy.grace
