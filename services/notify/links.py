"""Capability links: a token of 128 bits that opens one thing for one recipient.

The token is made from the link's id and a secret, so the same link can be written into a second message; the
database holds only its hash.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import clock
from services.chassis.ids import new_id
from services.chassis.refusals import Refusal
from services.notify.models import Link

Purpose = Literal["series", "report"]

LASTS_FOR = timedelta(days=90)
TOKEN_LENGTH = 22


class LinkInvalid(Refusal):
    status = 404
    message = "This link is not valid."


class LinkExpired(Refusal):
    status = 410
    message = "This link has expired. Please ask the practice for a new one."


def make(
    session: Session, secret: str, purpose: Purpose, series_id: UUID, referral_id: UUID, recipient: UUID,
    role: str, until: datetime,
) -> str:  # fmt: skip
    """The token of this recipient's link, made now or before; it lasts at least to `until`."""
    id_ = new_id()
    row = insert(Link).values(
        id=id_, token_hash=_hash(_token(secret, id_)), purpose=purpose, series_id=series_id,
        referral_id=referral_id, recipient=recipient, role=role, expires_at=until,
    )  # fmt: skip
    longer = func.greatest(Link.expires_at, row.excluded.expires_at)
    mine = session.execute(
        row.on_conflict_do_update(
            index_elements=["purpose", "series_id", "recipient"], set_={"expires_at": longer}
        ).returning(Link.id)
    ).scalar_one()
    return _token(secret, mine)


def resolve(session: Session, token: str) -> Link:
    """What a token opens. Raises `LinkInvalid` (unknown or revoked) or `LinkExpired`. Changes nothing."""
    link = session.scalar(select(Link).where(Link.token_hash == _hash(token)))
    if link is None or link.revoked_at is not None:
        raise LinkInvalid
    if link.expires_at <= clock.now(session):
        raise LinkExpired
    return link


def _token(secret: str, id_: UUID) -> str:
    digest = hmac.digest(secret.encode(), b"link" + id_.bytes, hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
