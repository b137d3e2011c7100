"""What a clinic file may say, and what is wrong with one that says something else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates, validates_schema

from services.booking.clinic.fields import (
    CODE,
    COUNTRY,
    NAME,
    STATE,
    Day,
    OnEarth,
    Phone,
    WeekInFile,
    Words,
    again,
)
from services.booking.clinic.people import TherapistInFile, weekly
from services.booking.clinic.policy import PolicyInFile
from services.booking.practice.holiday import of_year

_ADDRESS = validate.Length(1, 200)
_YEARS = range(2025, 2035)
"""Every public holiday that has a name of its own comes round in them."""


class LocationInFile(Schema):
    key = Words(required=True, validate=CODE)
    name = Words(required=True, validate=NAME)
    timezone = Words(required=True)
    country = Words(load_default="US", validate=COUNTRY)
    state = Words(load_default=None, validate=STATE)
    address = Words(required=True, validate=_ADDRESS)
    position = OnEarth(load_default=None)

    @validates("timezone")
    def is_known(self, timezone: str, **_: Any) -> None:
        _check_zone(timezone)


class RoomInFile(Schema):
    key = Words(required=True, validate=CODE)
    name = Words(required=True, validate=NAME)
    location = Words(metadata={"description": "the first location if left out"})
    equipment = fields.List(Words(validate=CODE), load_default=list)


class ClosureInFile(Schema):
    first_on = Day(required=True, data_key="from")
    last_on = Day(data_key="to")
    reason = Words(required=True, validate=validate.Length(1, 120))
    location = Words(load_default=None, metadata={"description": "every location if left out"})

    @post_load
    def one_day(self, closure: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"last_on": closure["first_on"], **closure}

    @validates_schema
    def in_order(self, closure: dict[str, Any], **_: Any) -> None:
        if closure.get("last_on", date.max) < closure["first_on"]:
            raise ValidationError("Let the closure end on or after its first day.", "to")


class ClinicSchema(Schema):
    """The content of a clinic file. `hours` are everybody's who has none of their own.

    A clinic that lists no locations has one, with its own name, zone and address.
    """

    name = Words(required=True, validate=NAME)
    timezone = Words(required=True)
    phone = Phone(required=True)
    email = fields.Email(required=True)
    address = Words(required=True, validate=_ADDRESS)
    country = Words(load_default="US", validate=COUNTRY)
    state = Words(load_default=None, validate=STATE)
    position = OnEarth(load_default=None)
    language = Words(load_default="en", validate=validate.Regexp(r"[a-z]{2}\Z", error="Use a code such as en."))
    policy = fields.Nested(PolicyInFile, load_default=lambda: PolicyInFile().load({}))
    hours = fields.Nested(WeekInFile)
    locations = fields.List(fields.Nested(LocationInFile), load_default=list, validate=validate.Length(max=100))
    therapists = fields.List(fields.Nested(TherapistInFile), required=True, validate=validate.Length(1, 500))
    rooms = fields.List(fields.Nested(RoomInFile), load_default=list, validate=validate.Length(max=500))
    closures = fields.List(fields.Nested(ClosureInFile), load_default=list, validate=validate.Length(max=2000))

    @validates("timezone")
    def is_known(self, timezone: str, **_: Any) -> None:
        _check_zone(timezone)

    @validates_schema
    def lists_nothing_twice(self, clinic: dict[str, Any], **_: Any) -> None:
        """Not asked while anything else is wrong: what is listed need not have its key then."""
        lists = ("locations", "therapists", "rooms")
        found = {kind: again([one["key"] for one in clinic[kind]], "key", "Give each its own key.") for kind in lists}
        closed = [(one["first_on"], one["last_on"], one["location"]) for one in clinic["closures"]]
        found["closures"] = again(closed, "from", "This is listed already.")
        if any(found.values()):
            raise ValidationError({kind: places for kind, places in found.items() if places})

    @validates_schema
    def names_locations_it_has(self, clinic: dict[str, Any], **_: Any) -> None:
        known = {one["key"] for one in clinic["locations"]} or {MAIN}
        found = {
            kind: {
                index: {"location": ["There is no location with this key."]}
                for index, one in enumerate(clinic[kind])
                if not known.issuperset(_locations_of(one))
            }
            for kind in ("therapists", "rooms", "closures")
        }
        if any(found.values()):
            raise ValidationError({kind: places for kind, places in found.items() if places})

    @validates_schema
    def knows_its_holidays(self, clinic: dict[str, Any], **_: Any) -> None:
        if clinic["policy"]["holidays"]:
            names = set().union(*(_holidays(one) for one in clinic["locations"] or [clinic]))
            for index, said in enumerate(clinic["policy"]["open_on_holidays"]):
                if said not in names and not _is_date(said):
                    hint = "No public holiday there has this name; write a name or a date."
                    raise ValidationError({"policy": {"open_on_holidays": {index: [hint]}}})

    @post_load
    def complete(self, clinic: dict[str, Any], **_: Any) -> dict[str, Any]:
        own = {name: clinic.pop(name) for name in ("country", "state", "position")}
        main = {"key": MAIN, **{name: clinic[name] for name in ("name", "timezone", "address")}, **own}
        clinic["locations"] = clinic["locations"] or [main]
        first = clinic["locations"][0]["key"]
        for one in (*clinic["therapists"], *clinic["rooms"]):
            one.setdefault("location", first)
        for therapist in clinic["therapists"]:
            therapist["hours"] = weekly(therapist, clinic.get("hours", {}))
        return clinic


MAIN = "main"
"""The key of the location of a clinic that lists none."""


def _check_zone(timezone: str) -> None:
    # What a machine calls its own zone, PostgreSQL and other machines do not know.
    if timezone not in available_timezones() - {"localtime", "Factory"}:
        raise ValidationError("Use a name of the IANA database, such as America/New_York.")


def _locations_of(one: dict[str, Any]) -> Iterator[str]:
    special = (hours.get("location") for hours in one.get("special_hours", ()))
    return filter(None, [one.get("location"), *one.get("hours_at", ()), *special])


def _holidays(place: dict[str, Any]) -> set[str]:
    try:
        dates = [one for year in _YEARS for one in of_year(place["country"], place["state"], year)]
    except NotImplementedError:
        hint = "The public holidays of this country and state are not known: list closures instead."
        raise ValidationError({"policy": {"holidays": [hint]}}) from None
    return {name for _, names in dates for name in names}


def _is_date(said: str) -> bool:
    try:
        return date.fromisoformat(said).isoformat() == said
    except ValueError:
        return False
