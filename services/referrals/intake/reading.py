"""Reading a referral: from the JSON document that either door makes, to one that every rule has passed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from marshmallow import ValidationError

from services.care.contraindications import Table
from services.chassis.refusals import Invalid
from services.referrals.intake import rules
from services.referrals.intake.open_intake import OpenIntakeSchema, missing
from services.referrals.intake.rules import Calendar
from services.referrals.intake.schemas import IntakeSchema

_schema = IntakeSchema()
_open_schema = OpenIntakeSchema()


def read(document: Any, calendar: Calendar, table: Table) -> dict[str, Any]:
    """A clean intake, in the shape of `IntakeSchema`, with `valid_until` known.

    `table` is the clinic's, of contraindications. Raises `Invalid` with everything that is wrong with it, by field.
    """
    return _read(_schema, document, calendar, table)


def read_open(
    document: Any, calendar: Calendar, table: Table, asked: tuple[str, ...] = ()
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What is known so far, in the shape of `IntakeSchema` with None for each gap; and the names, with dots, of what
    has to be asked for. `asked` are names that somebody wants to know besides.

    Raises `Invalid` for what is wrong, and for what must be there from the start.
    """
    intake = _open_schema.fill(_read(_open_schema, document, calendar, table))
    return intake, missing(intake, asked)


def _read(schema: IntakeSchema, document: Any, calendar: Calendar, table: Table) -> dict[str, Any]:
    errors: dict[str, Any] = {}
    try:
        intake = schema.load(document)
    except ValidationError as error:
        errors = dict(error.messages_dict)
        intake = error.valid_data if isinstance(error.valid_data, dict) else {}
    _add_late_findings(errors, intake, calendar)
    if unknown := unknown_codes(intake.get("contraindications") or [], table):
        errors.setdefault("contraindications", unknown)
    if errors:
        raise Invalid(**errors)
    if intake["issued_on"]:
        intake["valid_until"] = calendar.end_of_validity(intake["issued_on"], intake["valid_until"])
    return dict(intake)


def unknown_codes(codes: Sequence[str], table: Table) -> dict[int, list[str]]:
    """What to say of each code that the clinic's table does not have, by its place."""
    unknown = table.unknown(codes)
    hint = "The clinic's table of contraindications does not have this code."
    return {place: [hint] for place, code in enumerate(codes) if code in unknown}


def _add_late_findings(errors: dict[str, Any], intake: dict[str, Any], calendar: Calendar) -> None:
    """What depends on the day it is, for the fields that are sound so far."""
    issued_on, start_by, valid_until = (intake.get(name) for name in ("issued_on", "start_by", "valid_until"))
    late = rules.dates(issued_on, start_by, valid_until, calendar)
    for name, finding in late.items():
        errors.setdefault(name, [finding])
    born_on = (intake.get("patient") or {}).get("born_on")
    if born_on and (sentence := rules.birth(born_on, calendar)):
        errors.setdefault("patient", {}).setdefault("born_on", [sentence])


def primitives(intake: dict[str, Any]) -> dict[str, Any]:
    """The intake as JSON knows it."""
    return {name: _primitive(value) for name, value in intake.items()}


def _primitive(value: Any) -> Any:
    if isinstance(value, dict):
        return primitives(value)
    if isinstance(value, (list, tuple)):
        return [_primitive(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
