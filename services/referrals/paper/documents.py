"""Documents that come with a referral: kept sealed, once each, given back as they came."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from services.chassis import audit, context, identity
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox
from services.chassis.refusals import NotFound
from services.chassis.seal import Seal
from services.referrals.models import Document, IntakeCode, Referral
from services.referrals.paper.content import EXTENSIONS, MediaType
from services.referrals.paper.shelf import WAITS, settle

_ONE_BY_ONE = text("SELECT pg_advisory_xact_lock(2, hashtext(:sheet))")
"""Of a sheet that is sent twice at once, the second waits here, and finds the first."""


def keep(
    session: Session,
    seal: Seal,
    content: bytes,
    media_type: MediaType,
    *,
    referral: Referral | None = None,
    code: IntakeCode | None = None,
    now: datetime,
) -> tuple[Document, bool]:
    """The document, and whether it is new: the same bytes with one referral, or waiting, are one document.

    The caller judged the content (`content.judged`), and holds the referral's row, or the code's.
    """
    digest = hashlib.sha256(content).hexdigest()
    if referral is None:
        session.execute(_ONE_BY_ONE, {"sheet": digest})
    if held := _held(session, digest, referral, code):
        return held, False
    document = Document(
        id=new_id(), referral_id=referral and referral.id, code_id=code and code.id, content=seal.close_bytes(content),
        sha256=digest, media_type=media_type, size=len(content), received_at=now, waits_since=now,
        received_from=context.actor.get().id,
    )  # fmt: skip
    session.add(document)
    session.flush()
    audit.record(session, "document_received", "document", document.id, type=media_type, size=len(content))
    return document, True


def _held(session: Session, digest: str, referral: Referral | None, code: IntakeCode | None) -> Document | None:
    query = select(Document).where(Document.sha256 == digest)
    if referral:
        return session.scalar(query.where(Document.referral_id == referral.id))
    mine = query.where(*WAITS, Document.received_from == context.actor.get().id)
    return session.scalar(mine.where(Document.code_id == (code and code.id)).limit(1))


def attach(
    session: Session,
    outbox: Outbox,
    referral: Referral,
    document_ids: Sequence[UUID],
    code: IntakeCode | None = None,
    *,
    now: datetime,
) -> None:
    """Documents that waited belong to this referral now. Raises `NotFound` for one that does not wait, or that
    somebody else sent than the office that asks.
    """
    query = select(Document).where(*WAITS, Document.id.in_(document_ids))
    if identity.outside():
        query = query.where(Document.received_from == context.actor.get().id)
    waiting = session.scalars(query.with_for_update()).all()
    if len(waiting) < len(set(document_ids)):
        raise NotFound
    if code:
        also = select(Document).where(*WAITS, Document.code_id == code.id)
        waiting = [*waiting, *(one for one in session.scalars(also.with_for_update()) if one not in waiting)]
    settle(session, outbox, waiting, now)
    held = set(session.scalars(select(Document.sha256).where(Document.referral_id == referral.id)))
    for one in waiting:
        # The same sheet, sent twice while it waited: the first one stays, the other goes.
        if one.sha256 in held:
            session.delete(one)
            continue
        held.add(one.sha256)
        one.referral_id = referral.id
        audit.record(session, "document_attached", "document", one.id, referral=str(referral.id))
    session.flush()


def of_code(session: Session, code: IntakeCode) -> Sequence[Document]:
    """What was scanned with it and waits."""
    query = select(Document).where(Document.code_id == code.id, *WAITS)
    return session.scalars(query.order_by(Document.id)).all()


def same(session: Session, content: bytes, referral_id: UUID) -> Document | None:
    """The document of a referral that these bytes are."""
    digest = hashlib.sha256(content).hexdigest()
    return session.scalar(select(Document).where(Document.referral_id == referral_id, Document.sha256 == digest))


def of_referral(session: Session, referral_id: UUID) -> Sequence[Document]:
    return session.scalars(select(Document).where(Document.referral_id == referral_id).order_by(Document.id)).all()


def opened(session: Session, seal: Seal, document_id: UUID) -> tuple[Document, bytes]:
    """As it came; that it was read is noted. Raises `NotFound`."""
    document = session.get(Document, document_id)
    if document is None:
        raise NotFound
    audit.record(session, "document_read", "document", document.id)
    return document, seal.open_bytes(document.content)


def told(document: Document, goes_at: datetime | None = None) -> dict[str, Any]:
    """`goes_at`: when it is thrown away, or gone for good, where nobody does anything."""
    return {
        "id": str(document.id),
        "referral_id": str(document.referral_id) if document.referral_id else None,
        "media_type": document.media_type,
        "size": document.size,
        "sha256": document.sha256,
        "received_at": document.received_at.isoformat(),
        "discarded_at": document.discarded_at.isoformat() if document.discarded_at else None,
        "goes_at": goes_at.isoformat() if goes_at else None,
    }


def file_name(document: Document) -> str:
    """Without a word about anybody."""
    return f"document-{document.id}.{EXTENSIONS[document.media_type]}"
