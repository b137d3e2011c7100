"""Visits on two dates in a row, late on the first and early on the second, must not meet.

The planner keeps the visits of one series a date apart and looks no closer. Hours end by midnight, so the sessions
themselves never meet; but the buffer after the first can reach the second, for the same therapist or in the same room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.booking.planning.parts import Therapist
from services.booking.planning.spans import Spans
from services.booking.planning.wallclock import DAY


def apart_at_night(therapists: Sequence[Therapist]) -> tuple[Therapist, ...]:
    """The same therapists without the hours after which a buffer would last until somebody opens on the next date."""
    opens = [int((one.open.minutes[:, 0] % DAY).min()) for one in therapists if len(one.open)]
    return tuple(_closing_by(one, DAY + min(opens, default=0) - one.buffer_minutes) for one in therapists)


def _closing_by(therapist: Therapist, minute: int) -> Therapist:
    opens, closes = therapist.open.minutes[:, 0], therapist.open.minutes[:, 1]
    hours = np.stack([opens, np.minimum(closes, opens // DAY * DAY + minute)], axis=1)
    return replace(therapist, open=Spans(hours[hours[:, 0] < hours[:, 1]]))
