"""What a patient puts into their own calendar: one visit, or their whole series."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.booking.calendars.agenda import Clinic, Entry, Method
from services.booking.calendars.visits import visits
from services.booking.refusals import SessionNotCancelled, SessionNotOpen
from services.chassis.refusals import NotFound

_CLINIC = text("SELECT name, email, timezone, fascia_now() AS now FROM clinic")
_OPEN = ("booked", "confirmed", "arrived")


def of_session(session: Session, session_id: UUID, method: Method | None) -> tuple[Method, bytes]:
    """A REQUEST, or a CANCEL of a visit that is cancelled; which of them follows from the visit unless it is said.

    Raises `NotFound`, `SessionNotOpen`, `SessionNotCancelled`.
    """
    # here, as in `feeds`: few processes write calendars
    from services.booking.calendars.objects import single

    entries = visits(session, "session", session_id)
    if not entries:
        raise NotFound(session_id=str(session_id))
    (entry,) = entries
    method = method or ("cancel" if entry.cancelled else "request")
    _check(entry, method)
    row = session.execute(_CLINIC).one()
    return method, single(entry, method, Clinic(row.name, row.email, row.timezone), row.now)


def _check(entry: Entry, method: Method) -> None:
    if method == "cancel" and not entry.cancelled:
        raise SessionNotCancelled(status=entry.status)
    if method == "request" and entry.status not in _OPEN:
        raise SessionNotOpen(status=entry.status)


def of_series(session: Session, series_id: UUID) -> bytes:
    """All of a series for its patient, to import or to subscribe to. Raises `NotFound`."""
    from services.booking.calendars.objects import feed

    entries = visits(session, "series", series_id)
    if not entries:
        raise NotFound(series_id=str(series_id))
    row = session.execute(_CLINIC).one()
    clinic = Clinic(row.name, row.email, row.timezone)
    return feed(entries, "patient", f"Appointments at {row.name}", clinic, row.now)
