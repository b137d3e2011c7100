"""What two neighbouring visits cost each other.

Tables of costs are integer arrays of shape [day, quarter, therapist]; `never` stands where no series can be.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.booking.planning.problem import Problem

Costs = NDArray[np.signedinteger[Any]]


@dataclass(frozen=True, slots=True)
class Choice:
    """A visit: days after `earliest`, quarter-hour of the day, index of the therapist (-1 for an unknown)."""

    day: int
    quarter: int
    therapist: int


@dataclass(frozen=True, slots=True)
class Pairs:
    """Prices pairs. `never` is more than any series costs; the tables begin at `quarter` of the day."""

    problem: Problem
    never: int
    quarter: int

    def best(self, ahead: Costs, ahead_first: int, first: int, days: int) -> Costs:
        """For every choice on `days` dates from `first`: the least of `ahead`, a gap later, and of the pair.

        `ahead_first` is the date at which `ahead` begins.
        """
        ahead = ahead.copy()
        self._over_starts(ahead)
        self._over_therapists(ahead)
        gap = self.problem.gap_days
        table = np.full((days + gap.max - gap.min, *ahead.shape[1:]), self.never, ahead.dtype)
        shift = ahead_first - (first + gap.min)
        begin, end = max(0, shift), min(len(table), shift + len(ahead))
        table[begin:end] = ahead[begin - shift : end - shift]
        return self._over_gaps(table, days)

    def after(self, choice: Choice, first: int, shape: tuple[int, ...]) -> NDArray[np.int64]:
        """The cost of the pair of `choice` and each choice of a table whose dates begin at `first`."""
        days, quarters, therapists = (np.arange(length, dtype=np.int64) for length in shape)
        gaps, gap, weights = days + first - choice.day, self.problem.gap_days, self.problem.weights
        spacing = np.where((gap.min <= gaps) & (gaps <= gap.max), self._spacing(gaps), self.never)
        drift = weights.drift * np.abs(quarters + self.quarter - choice.quarter)
        switch = weights.switch * (therapists != choice.therapist)
        total: NDArray[np.int64] = spacing[:, None, None] + drift[:, None] + switch
        return total

    def _spacing(self, gaps: NDArray[np.int64]) -> NDArray[np.int64]:
        cadence = self.problem.cadence
        return self.problem.weights.spacing * np.abs(gaps * cadence.visits - cadence.per_days)

    def _over_starts(self, table: Costs) -> None:
        """Distances are sums of powers of two, so spreading by 1, 2, 4, … quarters reaches them all."""
        step = 1
        while step < table.shape[1]:
            drift = self.problem.weights.drift * step
            sooner, later = table[:, :-step], table[:, step:]
            np.minimum(later, sooner + drift, out=later)
            np.minimum(sooner, later + drift, out=sooner)
            step *= 2

    def _over_therapists(self, table: Costs) -> None:
        if table.shape[2]:
            np.minimum(table, table.min(axis=2, keepdims=True) + self.problem.weights.switch, out=table)

    def _over_gaps(self, table: Costs, days: int) -> Costs:
        """The price of a gap falls in a straight line to the cadence and rises in one after it."""
        gap, cadence = self.problem.gap_days, self.problem.cadence
        prices = self._spacing(np.arange(gap.min, gap.max + 1)).tolist()
        slope = self.problem.weights.spacing * cadence.visits
        falling = min(max(0, cadence.per_days // cadence.visits - gap.min + 1), len(prices))
        best = np.full((days, *table.shape[1:]), self.never, table.dtype)
        if falling:
            least = _ramp(table[: days + falling - 1][::-1], falling, slope)[::-1]
            np.minimum(best, least + prices[falling - 1], out=best)
        if falling < len(prices):
            least = _ramp(table[falling:], len(prices) - falling, slope)
            np.minimum(best, least + prices[falling], out=best)
        return best


def _ramp(table: Costs, width: int, slope: int) -> Costs:
    """For each date the least of it and the `width` - 1 next, each `slope` dearer than the one before it."""
    done = 1
    while done < width:
        step = min(done, width - done)
        table = np.minimum(table[:-step], table[step:] + slope * step)
        done += step
    return table
