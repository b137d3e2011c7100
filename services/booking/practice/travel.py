"""How long the way is between two places, and what it leaves of a therapist's day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import asin, ceil, cos, radians, sin, sqrt

import numpy as np

from services.booking.planning.wallclock import Minutes
from services.booking.practice.policy import Policy

Claims = Mapping[int, Minutes]
"""What each resource is taken for: (n, 2) minutes of UTC since 1970-01-01T00:00."""

EARTH_KM = 6371.0088
"""Mean radius. Source: IUGG."""


@dataclass(frozen=True, slots=True)
class Position:
    """Degrees, north and east positive."""

    latitude: float
    longitude: float


def position(latitude: float | None, longitude: float | None) -> Position | None:
    """None where either is not known."""
    return None if latitude is None or longitude is None else Position(latitude, longitude)


def distance_km(here: Position, there: Position) -> float:
    """Along the great circle (haversine formula)."""
    a, b = radians(here.latitude), radians(there.latitude)
    across = radians(there.longitude - here.longitude)
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(across / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def minutes(here: Position | None, there: Position | None, policy: Policy) -> int:
    """Whole minutes, rounded up; the policy's usual ones where a position is not known."""
    if here is None or there is None:
        return policy.travel_minutes
    # rounded before it is rounded up, so that 10.000000001 is 10
    return ceil(round(distance_km(here, there) * 60 / policy.travel_kmh, 6))


@dataclass(frozen=True, slots=True)
class Away:
    """What a therapist is taken for at one other place; its position where it is known."""

    therapist: int
    place: Position | None
    claims: Minutes


def widened(claims: Claims, away: Iterable[Away], here: Position | None, policy: Policy) -> Claims:
    """The claims, those of therapists at other places with the way to `here` before and after them."""
    wider: dict[int, Minutes] = dict(claims)
    for one in away:
        way = minutes(one.place, here, policy)
        with_way = one.claims + np.array([-way, way], np.int64)
        known = wider.get(one.therapist)
        wider[one.therapist] = with_way if known is None else np.concatenate([known, with_way])
    return wider
