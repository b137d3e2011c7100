"""Feeds: the address is the permission. 128 random bits open one calendar; only their hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from services.booking.calendars.agenda import Clinic, Kind
from services.booking.calendars.visits import visits
from services.booking.models import Feed, Resource
from services.chassis import audit, clock
from services.chassis.ids import new_id
from services.chassis.refusals import NotFound

_OPEN = text("""
    SELECT resources.kind, resources.id AS whose, coalesce(therapists.name, rooms.name) AS name,
           clinic.name AS clinic, clinic.email, clinic.timezone AS zone, fascia_now() AS now
      FROM feeds
      JOIN resources ON resources.id = resource_id
      LEFT JOIN therapists ON therapists.id = resources.id
      LEFT JOIN rooms ON rooms.id = resources.id
     CROSS JOIN clinic
     WHERE token_hash = :token_hash AND revoked_at IS NULL""")


class FeedNotFound(NotFound):
    """Unknown, or revoked: a stranger is not told which."""

    message = "There is no calendar at this address."


def make(session: Session, kind: Kind, key: str) -> tuple[Feed, str]:
    """A new feed, and its token, which is told only now. Of a therapist or a room `key` is the number that plans
    and bookings know it by, of a patient the id. Raises `NotFound`."""
    resource = _resource(session, kind, key)
    token = secrets.token_urlsafe(16)
    feed = Feed(id=new_id(), resource_id=resource, token_hash=_hash(token), made_at=clock.now(session), revoked_at=None)
    session.add(feed)
    audit.record(session, "feed_made", "feed", feed.id, kind=kind, resource=resource)
    return feed, token


def listing(session: Session, kind: Kind, key: str) -> list[Feed]:
    """The feeds of one therapist, room or patient that are open, newest first. Raises `NotFound`."""
    resource = _resource(session, kind, key)
    found = select(Feed).where(Feed.resource_id == resource, Feed.revoked_at.is_(None)).order_by(Feed.id.desc())
    return list(session.scalars(found))


def revoke(session: Session, feed_id: UUID) -> None:
    """From now on its address opens nothing; again changes nothing. Raises `NotFound`."""
    feed = session.get(Feed, feed_id, with_for_update=True)
    if feed is None:
        raise NotFound(feed_id=str(feed_id))
    if feed.revoked_at is None:
        feed.revoked_at = clock.now(session)
        audit.record(session, "feed_revoked", "feed", feed.id)


def read(session: Session, token: str) -> bytes:
    """The calendar that a token opens. Raises `FeedNotFound`."""
    # here, because its library is large, and few processes write calendars
    from services.booking.calendars.objects import feed

    row = session.execute(_OPEN, {"token_hash": _hash(token)}).one_or_none()
    if row is None:
        raise FeedNotFound
    name = f"Appointments at {row.clinic}" if row.kind == "patient" else f"{row.name}, {row.clinic}"
    entries = visits(session, row.kind, row.whose)
    return feed(entries, row.kind, name, Clinic(row.clinic, row.email, row.zone), row.now)


def _resource(session: Session, kind: Kind, key: str) -> int:
    found = select(Resource.id).where(Resource.kind == kind)
    if kind == "patient":
        found = found.where(Resource.key == key.lower())
    elif key.isascii() and key.isdigit() and len(key) < 19:
        found = found.where(Resource.id == int(key))
    else:
        raise NotFound(kind=kind)
    resource = session.scalar(found)
    if resource is None:
        raise NotFound(kind=kind)
    return resource


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
