"""Capability links: a token that opens one thing for one recipient.

The token is made from the link's id and a secret, so the same link can be written into a second message; the
database holds only its hash. It has 128 bits: at a million guesses a second, a million links are found by guessing
once in ten trillion years, so opening is not rate-limited.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Text, Uuid, func, select, text, update
from sqlalchemy.orm import Session

from services.chassis import audit, clock
from services.chassis.ids import new_id
from services.chassis.refusals import NotFound, Refusal
from services.notify.models import Contact, Link

Purpose = Literal["series", "report", "referral", "choose", "book", "offer", "preferences"]
OBJECTS: dict[Purpose, str] = {
    "series": "series",
    "report": "series",
    "referral": "referral",
    "choose": "visit",
    "book": "referral",
    "offer": "offer",
    "preferences": "person",
}
"""What the object of a link is, by its purpose."""

LASTS_FOR = timedelta(days=90)
TOKEN_LENGTH = 22


class LinkInvalid(Refusal):
    status = 404
    message = "This link is not valid."


class LinkExpired(Refusal):
    status = 410
    message = "This link has expired. Please ask the practice for a new one."


@dataclass(frozen=True, slots=True)
class Wanted:
    """A link that somebody is to have; `referral_id` where the object belongs to one."""

    purpose: Purpose
    object_id: UUID
    referral_id: UUID | None
    recipient: UUID
    role: str
    until: datetime

    @property
    def key(self) -> tuple[str, UUID, UUID]:
        return self.purpose, self.object_id, self.recipient


_MADE = text(
    "INSERT INTO links AS link (id, token_hash, purpose, object_id, referral_id, recipient, role, expires_at)"
    " SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:hashes AS bytea[]), CAST(:purposes AS text[]),"
    "  CAST(:objects AS uuid[]), CAST(:referrals AS uuid[]), CAST(:recipients AS uuid[]), CAST(:roles AS text[]),"
    "  CAST(:untils AS timestamptz[]))"
    " ON CONFLICT (purpose, object_id, recipient) WHERE revoked_at IS NULL DO UPDATE SET"
    "  id = CASE WHEN link.expires_at > fascia_now() THEN link.id ELSE excluded.id END,"
    "  token_hash = CASE WHEN link.expires_at > fascia_now() THEN link.token_hash ELSE excluded.token_hash END,"
    "  expires_at = greatest(link.expires_at, excluded.expires_at)"
    " RETURNING purpose, object_id, recipient, id"
).columns(purpose=Text, object_id=Uuid, recipient=Uuid, id=Uuid)


def make_all(session: Session, secret: str, wanted: Sequence[Wanted]) -> list[str]:
    """The token of each, made now or before, in one statement; it lasts at least to `until`.

    One that was revoked stays so, and one that had expired is not brought back: there is a new token in its place.
    """
    if not wanted:
        return []
    latest: dict[tuple[str, UUID, UUID], Wanted] = {}
    for one in sorted(wanted, key=lambda one: (one.key, one.until)):
        # In order of their keys, so that two workers that make the same links do not wait for each other in a circle.
        latest[one.key] = one
    rows = session.execute(_MADE, _columns(secret, latest.values()))
    tokens = {(row.purpose, row.object_id, row.recipient): _token(secret, row.id) for row in rows}
    return [tokens[one.key] for one in wanted]


def _columns(secret: str, wanted: Iterable[Wanted]) -> dict[str, list[object]]:
    made = [(id_, _hash(_token(secret, id_)), one) for one in wanted for id_ in (new_id(),)]
    return {
        "ids": [id_ for id_, _, _ in made],
        "hashes": [hash_ for _, hash_, _ in made],
        "purposes": [one.purpose for _, _, one in made],
        "objects": [one.object_id for _, _, one in made],
        "referrals": [one.referral_id for _, _, one in made],
        "recipients": [one.recipient for _, _, one in made],
        "roles": [one.role for _, _, one in made],
        "untils": [one.until for _, _, one in made],
    }


def make(
    session: Session, secret: str, purpose: Purpose, object_id: UUID, referral_id: UUID | None, recipient: UUID,
    role: str, until: datetime,
) -> str:  # fmt: skip
    """The token of this recipient's link, as `make_all`."""
    [token] = make_all(session, secret, [Wanted(purpose, object_id, referral_id, recipient, role, until)])
    return token


def resolve(session: Session, token: str) -> Link:
    """What a token opens. Raises `LinkInvalid` (unknown or revoked) or `LinkExpired`. Changes nothing."""
    link = session.scalar(select(Link).where(Link.token_hash == _hash(token)))
    if link is None or link.revoked_at is not None:
        raise LinkInvalid
    if link.expires_at <= clock.now(session):
        raise LinkExpired
    return link


def opened(session: Session, token: str) -> dict[str, Any]:
    """What a token opens, and the language of whom it was sent to, where that is known. Raises as `resolve`."""
    link = resolve(session, token)
    language = session.scalar(select(Contact.language).where(Contact.id == link.recipient))
    return {"link": link, "language": language}


def revoke(session: Session, link_id: UUID) -> None:
    """Its token opens nothing any more. Raises `NotFound`; revoked twice is revoked once."""
    if session.get(Link, link_id) is None:
        raise NotFound(link_id=str(link_id))
    _revoke(session, Link.id == link_id)


def revoke_all(session: Session, recipient: UUID) -> int:
    """No link that this person was sent opens anything any more; how many did until now."""
    return _revoke(session, Link.recipient == recipient)


def _revoke(session: Session, which: object) -> int:
    still = update(Link).where(which, Link.revoked_at.is_(None))  # type: ignore[arg-type]
    revoked = session.scalars(still.values(revoked_at=func.fascia_now()).returning(Link.id)).all()
    audit.record_all(session, "link_revoked", "link", revoked)
    return len(revoked)


def of_person(session: Session, recipient: UUID) -> Sequence[Link]:
    """Every link that a person was sent, newest first, the revoked and expired too."""
    return session.scalars(select(Link).where(Link.recipient == recipient).order_by(Link.id.desc())).all()


def _token(secret: str, id_: UUID) -> str:
    digest = hmac.digest(secret.encode(), b"link" + id_.bytes, hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
