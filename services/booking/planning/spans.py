"""Spans of local time, thousands at once."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import numpy as np

from services.booking.planning.errors import ProblemError
from services.booking.planning.wallclock import Minutes

_LOCAL = r"\d{4}-\d\d-\d\dT\d\d:\d\d"
_LOCALS = re.compile(rf"(?:{_LOCAL},)*", re.ASCII)


@dataclass(frozen=True, eq=False, slots=True)
class Spans:
    """Half-open spans in wall-clock minutes since 1970-01-01T00:00, shape (n, 2); some may be empty."""

    minutes: Minutes

    @classmethod
    def of(cls, spans: Iterable[tuple[datetime, datetime]], path: str = "spans") -> "Spans":
        """From naive local datetimes, seconds cut off. Raises `ProblemError` if one ends before it begins."""
        ends = np.array(list(chain.from_iterable(spans)), "M8[m]")
        return cls(_in_order(ends.astype(np.int64).reshape(-1, 2), path))

    @classmethod
    def read(cls, spans: Sequence[Any], path: str) -> "Spans":
        """From pairs of texts such as 2027-03-08T09:00. Raises `ProblemError` naming the one that is not."""
        try:
            texts = list(chain.from_iterable(spans))
            if not _LOCALS.fullmatch(",".join([*texts, ""])) or {*map(len, spans)} - {2}:
                raise ValueError
            if {*map(len, texts)} - {16}:
                raise ValueError
            ends = np.array(texts, "M8[m]")
        except (TypeError, ValueError):
            raise _culprit(spans, path) from None
        return cls(_in_order(ends.astype(np.int64).reshape(-1, 2), path))

    def to_json(self) -> list[list[str]]:
        texts: list[list[str]] = np.datetime_as_string(self.minutes.astype("M8[m]"), unit="m").tolist()
        return texts

    def __len__(self) -> int:
        return len(self.minutes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spans) and np.array_equal(self.minutes, other.minutes)

    def __hash__(self) -> int:
        return hash(self.minutes.tobytes())


NO_SPANS = Spans(np.empty((0, 2), np.int64))


def _in_order(minutes: Minutes, path: str) -> Minutes:
    reversed_ = np.flatnonzero(minutes[:, 1] < minutes[:, 0])
    if len(reversed_):
        raise ProblemError(f"{path}[{reversed_[0]}]", "ends before it begins; put the earlier time first")
    return minutes


def _culprit(spans: Sequence[Any], path: str) -> ProblemError:
    for index, span in enumerate(spans):
        if not isinstance(span, list | tuple) or len(span) != 2:
            return ProblemError(f"{path}[{index}]", "give a pair [begin, end] of local times")
        for side, text in enumerate(span):
            if not _is_local_time(text):
                return ProblemError(f"{path}[{index}][{side}]", "write a local time such as 2027-03-08T09:00")
    return ProblemError(path, "give pairs [begin, end] of local times")


def _is_local_time(text: Any) -> bool:
    try:
        return bool(re.fullmatch(_LOCAL, text, re.ASCII) and datetime.fromisoformat(text))
    except (TypeError, ValueError):
        return False
