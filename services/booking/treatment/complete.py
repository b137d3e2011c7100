"""A visit took place, and its note is written; or the note of one that did is corrected."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Series, Visit
from services.booking.orders.renew import advise_renewal
from services.booking.reading import Rules
from services.booking.refusals import NoNoteYet, NotYourNote, PressureAboveCeiling, StopToday
from services.booking.telling import tell
from services.booking.treatment import note_rows, safety
from services.booking.treatment.day_check import found_today, zone_of
from services.booking.treatment.note import Note
from services.care.gate import Findings
from services.care.units import billed
from services.chassis import audit, context
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox
from services.chassis.refusals import Invalid
from services.chassis.seal import Seal
from services.chassis.versions import heed
from services.contracts.booking import DeskAsked

__all__ = ["Note", "complete", "correct"]


def complete(
    session: Session, outbox: Outbox, seal: Seal, visit_id: UUID, note: Note, *, expected: int | None = None
) -> Visit:
    """Completed, its visit consumed; the last one completes the series. The words of the note are kept sealed.

    The same note again, after an answer that was lost, changes nothing and is answered alike.
    Raises `NotFound`, `StaleVersion`, `SessionNotOpen`, `SessionNotBegun`, `StopToday`, `PressureAboveCeiling`,
    `Invalid`.
    """
    series, visit = reading.series_of(session, visit_id)
    rules = reading.rules(session)
    now, settled = rules.now, _settled(note, visit)

    if visit.note and note_rows.opened(seal, visit.note) == settled:
        return visit
    visit.expect(expected)
    _pass_gate(settled, _found(session, seal, series, visit, rules))
    completed, all_completed = visit.complete(now), series.complete(now)

    note_rows.write(session, seal, visit.id, settled, now)
    series.order.enter("consumed", visit.id, visit.version, now)
    asked = _ask_desk(visit, now) if settled.item_9 else None
    tell(session, outbox, series.order_id, now, [completed, all_completed, asked])
    advise_renewal(session, outbox, series.order_id)
    audit.record(session, "session_completed", "session", visit.id)
    if all_completed:
        audit.record(session, "series_completed", "series", series.id)
    return visit


def correct(
    session: Session, outbox: Outbox, seal: Seal, visit_id: UUID, note: Note, *, expected: int | None = None
) -> Visit:
    """Another note in the place of the one that its therapist wrote, which is kept as it was.

    `expected` is the note's version. Raises `NotFound`, `NoNoteYet`, `NotYourNote`, `StaleVersion`,
    `PressureAboveCeiling`, `Invalid`.
    """
    series, visit = reading.series_of(session, visit_id)
    rules = reading.rules(session)
    if visit.note is None:
        raise NoNoteYet
    if visit.note.written_by not in ("", context.actor.get().id):
        raise NotYourNote
    earlier, settled = note_rows.opened(seal, visit.note), _settled(note, visit)
    if earlier == settled:
        return visit

    heed(expected, visit.note.version)
    _respect_limits(settled, _found(session, seal, series, visit, rules))
    note_rows.write_again(session, seal, visit.note, earlier, settled, rules.now)
    if settled.item_9 and not earlier.item_9:
        tell(session, outbox, series.order_id, rules.now, [_ask_desk(visit, rules.now)])
    audit.record(session, "note_corrected", "session", visit.id, version=visit.note.version)
    return visit


def _settled(note: Note, visit: Visit) -> Note:
    """Raises `Invalid` when the units are not those of the minutes."""
    settled = note.settled(int((visit.ends_at - visit.starts_at).total_seconds()) // 60)
    assert settled.minutes is not None
    if sentence := billed(settled.minutes, note.units):
        raise Invalid(units=[sentence])
    if settled.cpt and not settled.units:
        raise Invalid(cpt=[f"{settled.minutes} minutes are too few to be billed."])
    return settled


def _found(session: Session, seal: Seal, series: Series, visit: Visit, rules: Rules) -> Findings:
    """As of the day of the visit, also when its note is corrected later."""
    day = visit.completed_at or rules.now
    today = found_today(session, seal, visit, zone_of(series, rules.timezone), day)
    return safety.findings(session, series.order, today=today)


def _pass_gate(note: Note, found: Findings) -> None:
    if found.blocked:
        raise StopToday(codes=[one.code for one in found.blocked])
    _respect_limits(note, found)


def _respect_limits(note: Note, found: Findings) -> None:
    if found.max_minutes is not None and (note.minutes or 0) > found.max_minutes:
        raise Invalid(minutes=[f"At most {found.max_minutes} minutes are safe for this patient."])
    if found.pressure_ceiling is not None and note.pressure > found.pressure_ceiling:
        raise PressureAboveCeiling(ceiling=found.pressure_ceiling, pressure=note.pressure)


def _ask_desk(visit: Visit, now: datetime) -> DeskAsked:
    """Somebody looks at the note; why is not said outside it."""
    order = visit.series.order
    return DeskAsked(
        task_id=new_id(),
        version=1,
        about="note",
        referral_id=order.referral_id,
        session_id=visit.id,
        patient_id=order.patient_id,
        asked_at=now,
    )
