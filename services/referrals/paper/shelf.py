"""Scans that wait for somebody to type them in do not wait for ever.

The desk is told of one that waits for some days; one that nobody wants is thrown away, by the desk or by time; for a
while it can be taken back; then it is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import Session

from services.chassis import audit, clock
from services.chassis.outbox import Outbox
from services.chassis.refusals import NotFound
from services.chassis.runtime import Runtime
from services.contracts.referrals import ScanOverlooked, ScanSettled
from services.referrals.models import Document, IntakeCode
from services.referrals.settings import Settings

AT_ONCE = 50
WAITS = (Document.referral_id.is_(None), Document.discarded_at.is_(None))
_SHELVED = (Document.referral_id.is_(None), Document.discarded_at.is_not(None))


def waiting(session: Session, limit: int) -> Sequence[Document]:
    """What nobody has typed in yet, the oldest first."""
    return session.scalars(select(Document).where(*WAITS).order_by(Document.id).limit(limit)).all()


def discarded(session: Session, limit: int) -> Sequence[Document]:
    """What can still be taken back, the latest first."""
    return session.scalars(select(Document).where(*_SHELVED).order_by(Document.discarded_at.desc()).limit(limit)).all()


def discard(session: Session, outbox: Outbox, document_id: UUID, *, now: datetime) -> None:
    """Raises `NotFound`, also for what belongs to a referral."""
    document = _locked(session, document_id, *WAITS)
    _discard(session, outbox, [document], now, by="desk")


def take_back(session: Session, document_id: UUID, *, now: datetime) -> Document:
    """It waits again, as if it came now. Raises `NotFound`."""
    document = _locked(session, document_id, *_SHELVED)
    document.discarded_at, document.waits_since = None, now
    session.flush()
    audit.record(session, "document_taken_back", "document", document.id)
    return document


def settle(session: Session, outbox: Outbox, documents: Iterable[Document], now: datetime) -> None:
    """The desk's task is done, for those of which it was told."""
    told = [document for document in documents if document.reminded_at]
    for document in told:
        document.reminded_at = None
    outbox.record(session, *(ScanSettled(document_id=one.id, version=1, settled_at=now) for one in told))


def erase(session: Session, outbox: Outbox, referral_ids: Sequence[UUID], *, now: datetime) -> int:
    """Whatever is no referral's and can be told to be of these: the same bytes as one of their documents, or scanned
    with one of their codes. How many. Call it while they still have their documents.
    """
    same = select(Document.sha256).where(Document.referral_id.in_(referral_ids))
    codes = select(IntakeCode.id).where(IntakeCode.referral_id.in_(referral_ids))
    theirs = or_(Document.sha256.in_(same), Document.code_id.in_(codes))
    found = session.scalars(select(Document).where(Document.referral_id.is_(None), theirs).with_for_update()).all()
    settle(session, outbox, found, now)
    for document in found:
        session.delete(document)
    session.flush()
    audit.record_all(session, "document_erased", "document", [one.id for one in found])
    return len(found)


def look_after_some(running: Runtime) -> int:
    """What time does to them; how many there were."""
    with running.sessions.begin() as session:
        now, rules = clock.now(session), _settings(running)
        told = _remind(session, running.outbox, now, now - timedelta(days=rules.quiet_days))
        late = _claimed(session, *WAITS, Document.waits_since < now - timedelta(days=rules.scan_days))
        _discard(session, running.outbox, late, now, by="time")
        return told + len(late) + _purge(session, now - timedelta(days=rules.scan_undo_days))


def goes_at(document: Document, rules: Settings) -> datetime | None:
    """When it is thrown away, or is gone for good; None for what belongs to a referral."""
    if document.referral_id:
        return None
    if document.discarded_at:
        return document.discarded_at + timedelta(days=rules.scan_undo_days)
    return document.waits_since + timedelta(days=rules.scan_days)


def _remind(session: Session, outbox: Outbox, now: datetime, before: datetime) -> int:
    found = _claimed(session, *WAITS, Document.reminded_at.is_(None), Document.waits_since < before)
    for document in found:
        document.reminded_at = now
    outbox.record(session, *(ScanOverlooked(document_id=one.id, version=1, overlooked_at=now) for one in found))
    return len(found)


def _discard(session: Session, outbox: Outbox, documents: Sequence[Document], now: datetime, *, by: str) -> None:
    for document in documents:
        document.discarded_at = now
    settle(session, outbox, documents, now)
    session.flush()
    audit.record_all(session, "document_discarded", "document", [one.id for one in documents], by=by)


def _purge(session: Session, before: datetime) -> int:
    old = _some(*_SHELVED, Document.discarded_at < before).with_only_columns(Document.id)
    ids = session.scalars(delete(Document).where(Document.id.in_(old)).returning(Document.id)).all()
    audit.record_all(session, "document_gone", "document", ids)
    return len(ids)


def _claimed(session: Session, *which: Any) -> list[Document]:
    return list(session.scalars(_some(*which)))


def _some(*which: Any) -> Select[Document]:
    return select(Document).where(*which).order_by(Document.id).limit(AT_ONCE).with_for_update(skip_locked=True)


def _locked(session: Session, document_id: UUID, *which: Any) -> Document:
    query = select(Document).where(Document.id == document_id, *which).with_for_update()
    document = session.scalar(query.execution_options(populate_existing=True))
    if document is None:
        raise NotFound
    return document


def _settings(running: Runtime) -> Settings:
    assert isinstance(running.settings, Settings)
    return running.settings
