"""The best series as a shortest path over visits, and what every other choice would make of it.

A pass runs from the last visit to the first and gives, for every choice of every visit, the least that the
visits after it cost. Pairs cost the same both ways, so for the visits before it the same pass runs mirrored.
"""

from collections.abc import Sequence

import numpy as np

from services.booking.planning.pairs import Choice, Costs, Pairs
from services.booking.planning.stages import Stage, Stages


def onward(visits: Sequence[Stage], pairs: Pairs) -> list[Costs]:
    """For every choice of every visit: the least cost of the visits after it, and of the pairs they make."""
    rests = [np.zeros_like(visits[-1].own)]
    for here, following in zip(visits[-2::-1], visits[:0:-1], strict=True):
        ahead = following.own + rests[-1]
        rests.append(pairs.best(ahead, following.first, here.first, len(here.own)))
    return rests[::-1]


def so_far(visits: Sequence[Stage], pairs: Pairs) -> list[Costs]:
    """For every choice of every visit: the least cost of the visits before it, and of the pairs they make."""
    mirrored = [Stage(-visit.first - len(visit.own), visit.own[::-1]) for visit in reversed(visits)]
    return [costs[::-1] for costs in reversed(onward(mirrored, pairs))]


def best_series(found: Stages, rests: Sequence[Costs]) -> list[Choice]:
    """The cheapest series, given what `onward` gives.

    Among equals the one whose first visit comes first by date, start and therapist, then whose second does, …
    """
    chosen: list[Choice] = []
    for visit, rest in zip(found.visits, rests, strict=True):
        total = visit.own.astype(np.int64) + rest
        if chosen:
            total += found.pairs.after(chosen[-1], visit.first, visit.own.shape)
        day, quarter, therapist = np.unravel_index(int(total.argmin()), total.shape)
        chosen.append(Choice(visit.first + int(day), found.pairs.quarter + int(quarter), int(therapist)))
    return chosen
