"""The ranked alternatives of each visit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from services.booking.planning.pairs import Choice, Costs, Pairs
from services.booking.planning.series import so_far
from services.booking.planning.stages import Stages


@dataclass(frozen=True, slots=True)
class Ranked:
    choice: Choice
    cost: int


def ranked(found: Stages, chosen: Sequence[Choice], rests: Sequence[Costs], most: int) -> list[list[Ranked]]:
    """For each visit at most `most`: the chosen one, then the best start of each (date, therapist).

    Ascending by the cost of the best whole series through it, then by date, then by therapist.
    """
    if not most:
        return [[] for _ in chosen]
    earlier = so_far(found.visits, found.pairs)
    parts = zip(found.visits, earlier, rests, chosen, strict=True)
    return [
        list(_ranked(visit.own + before + after, visit.first, choice, found.pairs, most))
        for visit, before, after, choice in parts
    ]


def _ranked(totals: Costs, first: int, chosen: Choice, pairs: Pairs, most: int) -> Iterator[Ranked]:
    """`totals` are the costs of the best series through each choice; none is less than the chosen one's."""
    costs = totals.min(axis=1)
    own = costs[chosen.day - first, chosen.therapist]
    costs[chosen.day - first, chosen.therapist] = -1
    for cell in np.argsort(costs, axis=None, kind="stable")[:most].tolist():
        day, therapist = divmod(cell, costs.shape[1])
        cost = int(costs[day, therapist])
        if cost < 0:
            yield Ranked(chosen, int(own))
        elif cost < pairs.never:
            quarter = pairs.quarter + int(totals[day, :, therapist].argmin())
            yield Ranked(Choice(first + day, quarter, therapist), cost)
