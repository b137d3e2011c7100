"""The clinic's file is loaded: what is new is added, what differs is changed, who left becomes inactive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.booking.models import Clinic, Closure, Hours, Licence, Location, Resource, Room, Therapist
from services.chassis import audit
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('clinic'))")


def load_clinic(session: Session, outbox: Outbox, file: dict[str, Any]) -> Clinic:
    """`file` as `ClinicSchema` loads it; therapists and rooms are known again by their `key`."""
    session.execute(ONE_AT_A_TIME)
    clinic = session.scalar(select(Clinic)) or Clinic(id=new_id(), version=0)

    for name in ("name", "timezone", "phone", "email", "address", "language", "policy"):
        setattr(clinic, name, file[name])
    clinic.version += 1

    session.add(clinic)
    session.flush()
    location_id = _main_location(session, clinic)
    _put(session, Therapist, "therapist", [_therapist_row(one) for one in file["therapists"]])
    _put(session, Room, "room", [{"equipment": [], **one, "location_id": location_id} for one in file["rooms"]])
    _replace_licences(session, file["therapists"])
    _replace_hours(session, file["therapists"], location_id)
    _replace_closures(session, file["closures"])
    outbox.record(session, clinic.changed())
    audit.record(session, "clinic_loaded", "clinic", clinic.id, version=clinic.version)
    return clinic


def _therapist_row(therapist: dict[str, Any]) -> dict[str, Any]:
    row = {name: value for name, value in therapist.items() if name not in ("licence", "hours")}
    return {"certifications": [], "experience": {}, "home_visits": True, **row}


def _main_location(session: Session, clinic: Clinic) -> int:
    row = {"name": clinic.name, "timezone": clinic.timezone, "address": clinic.address, "country": "US", "active": True}
    put = insert(Location).values(key="main", **row).on_conflict_do_update(index_elements=[Location.key], set_=row)
    return session.scalars(put.returning(Location.id)).one()


def _replace_licences(session: Session, therapists: Sequence[dict[str, Any]]) -> None:
    ids = _resource_ids(session, "therapist", [therapist["key"] for therapist in therapists])
    session.execute(delete(Licence))
    if therapists:
        session.execute(insert(Licence), [{"therapist_id": ids[one["key"]], **one["licence"]} for one in therapists])


def _put(session: Session, table: type[Therapist | Room], kind: str, rows: Sequence[dict[str, Any]]) -> None:
    """Insert or update by key; those who are not among the rows become inactive."""
    ids = _resource_ids(session, kind, [row["key"] for row in rows])
    session.execute(update(table).where(table.id.not_in(ids.values())).values(active=False))
    if rows:
        put = insert(table).values([{**row, "id": ids[row["key"]], "active": True} for row in rows])
        changed = {name: put.excluded[name] for name in (*rows[0], "active")}
        session.execute(put.on_conflict_do_update(index_elements=[table.id], set_=changed))


def _resource_ids(session: Session, kind: str, keys: Sequence[str]) -> dict[str, int]:
    if not keys:
        return {}
    new = insert(Resource).values([{"kind": kind, "key": key} for key in keys])
    session.execute(new.on_conflict_do_nothing())
    known = select(Resource.key, Resource.id).where(Resource.kind == kind, Resource.key.in_(keys))
    return {row.key: row.id for row in session.execute(known)}


def _replace_hours(session: Session, therapists: Sequence[dict[str, Any]], location_id: int) -> None:
    ids = _resource_ids(session, "therapist", [therapist["key"] for therapist in therapists])
    session.execute(delete(Hours))
    rows = [
        {
            "therapist_id": ids[therapist["key"]],
            "weekday": weekday,
            "opens": opens,
            "closes": closes,
            "location_id": location_id,
        }
        for therapist in therapists
        for weekday, opens, closes in therapist["hours"]
    ]
    if rows:
        session.execute(insert(Hours), rows)


def _replace_closures(session: Session, closures: Sequence[dict[str, Any]]) -> None:
    session.execute(delete(Closure))
    if closures:
        session.execute(insert(Closure), list(closures))
