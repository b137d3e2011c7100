"""API tokens: shown once, kept only as a hash, revocable at once."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis.identity import ROLES
from services.chassis.ids import new_id

PREFIX = "fsc_"
_ISSUABLE = tuple(role for role in ROLES if role != "service")


class UnknownRoleError(ValueError):
    """Names the roles there are."""


@dataclass(frozen=True, slots=True)
class Token:
    id: UUID
    account: UUID
    """Who acts with it, to everybody else: stays the same when another token takes its place."""
    label: str
    roles: tuple[str, ...]
    created_at: datetime | None = None
    revoked_at: datetime | None = None


def create(session: Session, label: str, roles: tuple[str, ...]) -> str:
    """Make a token (256 random bits) and return its secret, which is kept nowhere."""
    if unknown := set(roles) - set(_ISSUABLE):
        raise UnknownRoleError(f"no such role: {', '.join(sorted(unknown))}; there are {', '.join(_ISSUABLE)}")
    secret = PREFIX + secrets.token_urlsafe(32)
    session.execute(
        text("INSERT INTO tokens (id, account, label, roles, digest) VALUES (:id, :id, :label, :roles, :digest)"),
        {"id": new_id(), "label": label, "roles": list(roles), "digest": _digest(secret)},
    )
    return secret


def replace(session: Session, token_id: UUID) -> str | None:
    """The secret of another token for the same account, which keeps what it sent; None when there is no such token in
    force. Both hold until the old one is revoked."""
    secret = PREFIX + secrets.token_urlsafe(32)
    made = session.execute(
        text(
            "INSERT INTO tokens (id, account, label, roles, digest) SELECT :new, account, label, roles, :digest"
            " FROM tokens WHERE id = :id AND revoked_at IS NULL RETURNING id"
        ),
        {"new": new_id(), "id": token_id, "digest": _digest(secret)},
    )
    return secret if made.one_or_none() else None


def find(session: Session, secret: str) -> Token | None:
    """The token behind a secret, unless it was revoked."""
    row = session.execute(
        text("SELECT id, account, label, roles FROM tokens WHERE digest = :digest AND revoked_at IS NULL"),
        {"digest": _digest(secret)},
    ).one_or_none()
    return Token(row.id, row.account, row.label, tuple(row.roles)) if row else None


def every(session: Session) -> list[Token]:
    columns = "id, account, label, roles, created_at, revoked_at"
    rows = session.execute(text(f"SELECT {columns} FROM tokens ORDER BY created_at"))
    return [Token(row.id, row.account, row.label, tuple(row.roles), row.created_at, row.revoked_at) for row in rows]


def revoke(session: Session, token_id: UUID) -> bool:
    """False when there is no such token, or it was revoked before."""
    changed = session.execute(
        text("UPDATE tokens SET revoked_at = clock_timestamp() WHERE id = :id AND revoked_at IS NULL RETURNING id"),
        {"id": token_id},
    )
    return changed.one_or_none() is not None


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
