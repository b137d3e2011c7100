"""The rows of the calendar that a clinic file, as its schema loads it, asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time
from typing import Any

Ids = Mapping[str, int]
Row = dict[str, Any]
MIDNIGHT = time(0)


def location(said: Row) -> Row:
    latitude, longitude = said["position"] or (None, None)
    names = ("key", "name", "timezone", "country", "state", "address")
    return {**{name: said[name] for name in names}, "latitude": latitude, "longitude": longitude, "active": True}


def therapist(said: Row) -> Row:
    latitude, longitude = said["base"] or (None, None)
    names = ("key", "name", "sex", "techniques", "certifications", "experience", "languages", "buffer_minutes")
    shown = {name: said[name] for name in (*names, "home_visits")}
    return {**shown, "base_latitude": latitude, "base_longitude": longitude}


def room(said: Row, places: Ids) -> Row:
    return {**{name: said[name] for name in ("key", "name", "equipment")}, "location_id": places[said["location"]]}


def licences(file: Row, people: Ids) -> Iterator[Row]:
    return ({"therapist_id": people[one["key"]], **each} for one in file["therapists"] for each in one["licences"])


def hours(file: Row, people: Ids, places: Ids) -> Iterator[Row]:
    for one in file["therapists"]:
        for weekday, opens, closes, place in one["hours"]:
            yield {
                "therapist_id": people[one["key"]],
                "weekday": weekday,
                "opens": opens,
                "closes": closes,
                "location_id": places[place or one["location"]],
            }


def special_hours(file: Row, people: Ids, places: Ids) -> Iterator[Row]:
    """A date without hours has one row, from midnight to midnight."""
    for one in file["therapists"]:
        for special in one["special_hours"]:
            place = places[special.get("location", one["location"])] if special["hours"] else None
            for opens, closes in special["hours"] or [(MIDNIGHT, MIDNIGHT)]:
                yield {
                    "therapist_id": people[one["key"]],
                    "on_date": special["on_date"],
                    "opens": opens,
                    "closes": closes,
                    "location_id": place,
                }


def closures(file: Row, places: Ids) -> Iterator[Row]:
    for closure in file["closures"]:
        place = closure["location"]
        dates = {name: closure[name] for name in ("first_on", "last_on", "reason")}
        yield {**dates, "location_id": places[place] if place else None}
