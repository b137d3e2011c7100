"""The practice as it is now, out of the database."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.booking.practice.location import Closure, Licence, Opening, Practice, Special, Therapist
from services.booking.practice.policy import Policy
from services.booking.practice.travel import position
from services.booking.refusals import NoClinic
from services.chassis.refusals import Invalid

PRACTICE = text("""
    SELECT here.id AS location, here.timezone, here.country, here.state, here.latitude, here.longitude,
           here.address,
           clinic.policy,
           fascia_now() AS now,
           (SELECT array_agg(id ORDER BY id) FROM locations WHERE active) AS locations,
           (SELECT json_agg(json_build_array(id, name, equipment) ORDER BY id)
              FROM rooms WHERE active AND location_id = here.id) AS rooms,
           (SELECT json_agg(json_build_array(first_on, last_on)) FROM closures
             WHERE last_on >= (fascia_now() AT TIME ZONE here.timezone)::date
               AND coalesce(location_id, here.id) = here.id) AS closures,
           (SELECT json_agg(json_build_object(
                       'id', id, 'name', name, 'buffer_minutes', buffer_minutes, 'techniques', techniques,
                       'certifications', certifications, 'languages', languages, 'sex', sex,
                       'experience', experience, 'home_visits', home_visits,
                       'base', json_build_array(base_latitude, base_longitude),
                       'licences', (SELECT json_agg(json_build_array(state, valid_until, valid_from))
                                      FROM licences WHERE therapist_id = therapists.id),
                       'openings', (SELECT json_agg(json_build_array(weekday, opens, closes, place.id))
                                      FROM hours JOIN locations AS place ON place.id = location_id
                                     WHERE therapist_id = therapists.id AND place.timezone = here.timezone),
                       'special', (SELECT json_agg(json_build_array(on_date, opens, closes, place.id, place.timezone))
                                     FROM special_hours LEFT JOIN locations AS place ON place.id = location_id
                                    WHERE therapist_id = therapists.id
                                      AND on_date >= (fascia_now() AT TIME ZONE here.timezone)::date)
                       ) ORDER BY id)
              FROM therapists WHERE active) AS therapists
      FROM clinic
      JOIN locations AS here
        ON here.id = coalesce(:location, (SELECT location_id FROM rooms WHERE id = :room),
                                 (SELECT min(id) FROM locations WHERE active))""")


def practice(session: Session, location_id: int | None = None, room_id: int | None = None) -> Practice:
    """Everyone active, seen from one location, and the present instant, in one query.

    Where no location is said it is that of the room; the first where there is no such room either.
    Raises `NoClinic`, and `Invalid` for a location that there never was.
    """
    ids = {"location": location_id, "room": room_id}
    row = session.execute(PRACTICE, {name: _in_range(id_) for name, id_ in ids.items()}).one_or_none()
    if row is None:
        raise NoClinic if location_id is None else Invalid(location=["Choose one of the clinic's locations."])
    rooms = row.rooms or ()
    return Practice(
        timezone=row.timezone,
        now=row.now,
        therapists=tuple(_therapist(one, row.timezone) for one in row.therapists or ()),
        rooms={id_: name for id_, name, _ in rooms},
        closures=tuple(Closure(*map(date.fromisoformat, dates)) for dates in row.closures or ()),
        policy=Policy.of(row.policy),
        location=row.location,
        locations=tuple(row.locations),
        address=row.address,
        country=row.country,
        state=row.state,
        position=position(row.latitude, row.longitude),
        equipment={id_: frozenset(equipment) for id_, _, equipment in rooms},
    )


def _in_range(id_: int | None) -> int | None:
    """PostgreSQL refuses what no id can be; 0 is nobody's."""
    return id_ if id_ is None or 0 < id_ < 1 << 63 else 0


def _therapist(row: dict[str, Any], zone: str) -> Therapist:
    return Therapist(
        id=row["id"],
        name=row["name"],
        buffer_minutes=row["buffer_minutes"],
        licences=tuple(_licence(*licence) for licence in row["licences"] or ()),
        techniques=frozenset(row["techniques"]),
        openings=tuple(
            Opening(weekday, time.fromisoformat(opens), time.fromisoformat(closes), location)
            for weekday, opens, closes, location in row["openings"] or ()
        ),
        special=tuple(_special(zone, *special) for special in row["special"] or ()),
        certifications=frozenset(row["certifications"]),
        languages=frozenset(row["languages"]),
        sex=row["sex"],
        experience=row["experience"],
        home_visits=row["home_visits"],
        base=position(*row["base"]),
    )


def _licence(state: str, until: str, since: str | None) -> Licence:
    return Licence(state, date.fromisoformat(until), (since and date.fromisoformat(since)) or None)


def _special(here: str, on: str, opens: str, closes: str, location: int | None, zone: str | None) -> Special:
    """Hours under another zone's clock leave none under this one's."""
    ends = closes if zone in (None, here) else opens
    return Special(date.fromisoformat(on), time.fromisoformat(opens), time.fromisoformat(ends), location)
