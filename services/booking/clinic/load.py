"""The clinic's file is loaded: what is new is added, what differs is changed, who left becomes inactive."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.booking.clinic import rows as clinic_rows
from services.booking.clinic.rows import Ids
from services.booking.models import (
    Clinic,
    Closure,
    Hours,
    Licence,
    Location,
    Resource,
    Room,
    SpecialHours,
    Therapist,
    Visit,
)
from services.chassis import audit, clock
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox
from services.contracts.booking import DeskAsked

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('clinic'))")
Calendar = Licence | Hours | SpecialHours | Closure


def load_clinic(session: Session, outbox: Outbox, file: dict[str, Any]) -> int:
    """`file` as `ClinicSchema` loads it; locations, therapists and rooms are known again by their `key`.

    Answers how many sessions to come are with therapists, or in rooms, that are not active any more; the desk is
    asked to look at them once they have become so.
    """
    session.execute(ONE_AT_A_TIME)
    clinic = session.scalar(select(Clinic)) or Clinic(id=new_id(), version=0)
    before = _left_behind(session)

    for name in ("name", "timezone", "phone", "email", "address", "language", "policy"):
        setattr(clinic, name, file[name])
    clinic.version += 1

    session.add(clinic)
    session.flush()
    places = _put_locations(session, file["locations"])
    people = _put(session, Therapist, "therapist", [clinic_rows.therapist(one) for one in file["therapists"]])
    _put(session, Room, "room", [clinic_rows.room(one, places) for one in file["rooms"]])
    _put_calendar(session, file, people, places)
    affected = _left_behind(session)
    outbox.record(session, clinic.changed(), *_asked(session, affected - before))
    audit.record(session, "clinic_loaded", "clinic", clinic.id, version=clinic.version)
    return len(affected)


def _put_calendar(session: Session, file: dict[str, Any], people: Ids, places: Ids) -> None:
    _sync(session, Licence, list(clinic_rows.licences(file, people)))
    _sync(session, Hours, list(clinic_rows.hours(file, people, places)))
    _sync(session, SpecialHours, list(clinic_rows.special_hours(file, people, places)))
    _sync(session, Closure, list(clinic_rows.closures(file, places)))


def _put_locations(session: Session, locations: Sequence[dict[str, Any]]) -> Ids:
    rows = [clinic_rows.location(one) for one in locations]
    keys = [row["key"] for row in rows]
    session.execute(update(Location).where(Location.key.not_in(keys)).values(active=False))
    put = insert(Location).values(rows)
    changed = {name: put.excluded[name] for name in rows[0] if name != "key"}
    session.execute(put.on_conflict_do_update(index_elements=[Location.key], set_=changed))
    known = session.execute(select(Location.key, Location.id).where(Location.key.in_(keys)))
    return {row.key: row.id for row in known}


def _put(session: Session, table: type[Therapist | Room], kind: str, rows: Sequence[dict[str, Any]]) -> Ids:
    """Insert or update by key; those who are not among the rows become inactive."""
    ids = _resource_ids(session, kind, [row["key"] for row in rows])
    session.execute(update(table).where(table.id.not_in(ids.values())).values(active=False))
    if rows:
        put = insert(table).values([{**row, "id": ids[row["key"]], "active": True} for row in rows])
        changed = {name: put.excluded[name] for name in (*rows[0], "active")}
        session.execute(put.on_conflict_do_update(index_elements=[table.id], set_=changed))
    return ids


def _resource_ids(session: Session, kind: str, keys: Sequence[str]) -> Ids:
    if not keys:
        return {}
    new = insert(Resource).values([{"kind": kind, "key": key} for key in keys])
    session.execute(new.on_conflict_do_nothing())
    known = select(Resource.key, Resource.id).where(Resource.kind == kind, Resource.key.in_(keys))
    return {row.key: row.id for row in session.execute(known)}


def _sync(session: Session, table: type[Calendar], rows: Sequence[dict[str, Any]]) -> None:
    """Delete what is not among the rows any more, then add what is new."""
    names = sorted(rows[0]) if rows else []
    wanted = {tuple(row[name] for name in names): row for row in rows}
    for one in session.scalars(select(table)):
        if wanted.pop(tuple(getattr(one, name) for name in names), None) is None:
            session.delete(one)
    session.flush()
    if wanted:
        session.execute(insert(table), list(wanted.values()))


def _left_behind(session: Session) -> set[UUID]:
    """Sessions to come whose therapist or room is not active."""
    found = (
        select(Visit.id)
        .join(Visit.therapist)
        .join(Visit.room, isouter=True)
        .where(Visit.starts_at > func.fascia_now(), Visit.status.in_(("held", "booked", "confirmed")))
        .where(or_(~Therapist.active, ~Room.active))
    )
    return set(session.scalars(found))


def _asked(session: Session, affected: Collection[UUID]) -> Iterable[DeskAsked]:
    if affected:
        yield DeskAsked(version=1, task_id=new_id(), about="absence", asked_at=clock.now(session))
