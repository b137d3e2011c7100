"""What a series costs as it stands, whether or not anybody could book it so today."""

from collections.abc import Iterable, Sequence
from datetime import time

from services.booking.planning import wording
from services.booking.planning.answer import Terms
from services.booking.planning.parts import Kept, Window
from services.booking.planning.problem import Problem


def price(problem: Problem, visits: Sequence[Kept]) -> Terms:
    """The terms of these visits, in order of time, by the weights, wishes and dates of `problem`."""
    preferred, minutes = problem.patient.preferred, problem.session_minutes
    disliked = [bool(preferred) and not inside(preferred, one, minutes) for one in visits]
    return wording.terms(problem, visits, disliked)


def inside(windows: Iterable[Window], visit: Kept, minutes: int) -> bool:
    """Whether a visit lies wholly in windows of its weekday; touching ones join."""
    reached, ends = _minute(visit.start), _minute(visit.start) + minutes
    weekday = visit.date.weekday()
    for window in sorted(windows, key=lambda window: window.begins):
        if weekday in window.weekdays and window.begins <= reached < window.ends:
            reached = window.ends
    return reached >= ends


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute
