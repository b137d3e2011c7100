"""Notes as they are kept: sealed but for what is billed and what is to follow; earlier versions whole."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking.models import NoteVersion, SessionNote
from services.booking.treatment import clinical
from services.booking.treatment.note import Note
from services.chassis import context
from services.chassis.seal import Seal

PLAIN = ("minutes", "cpt", "units", "follow_up")


def opened(seal: Seal, kept: SessionNote) -> Note:
    return Note(
        **{name: getattr(kept, name) for name in PLAIN},
        **clinical.opened(seal, kept.clinical),
        item_9=None if kept.item_9 is None else int(seal.open(kept.item_9)),
        note=seal.open(kept.note),
        recommendation=_open(seal, kept.recommendation),
    )


def write(session: Session, seal: Seal, session_id: UUID, note: Note, now: datetime) -> None:
    """The first note of a session; `note` is settled."""
    session.add(SessionNote(session_id=session_id, version=1, **_row(seal, note, now)))


def write_again(session: Session, seal: Seal, kept: SessionNote, earlier: Note, note: Note, now: datetime) -> None:
    """In the place of the earlier one, which is kept as a version."""
    sealed = seal.close(json.dumps(asdict(earlier), default=str))
    session.add(
        NoteVersion(
            session_id=kept.session_id,
            version=kept.version,
            note=sealed,
            written_at=kept.written_at,
            written_by=kept.written_by,
        )
    )
    for name, value in _row(seal, note, now).items():
        setattr(kept, name, value)
    kept.version += 1


def _row(seal: Seal, note: Note, now: datetime) -> dict[str, Any]:
    return {
        **{name: getattr(note, name) for name in PLAIN},
        "clinical": clinical.closed(seal, note),
        "note": seal.close(note.note),
        "recommendation": seal.close(note.recommendation),
        "item_9": None if note.item_9 is None else seal.close(str(note.item_9)),
        "written_at": now,
        "written_by": context.actor.get().id,
    }


def _open(seal: Seal, words: str) -> str:
    """Empty stays as it is: a note from before there was a recommendation."""
    return seal.open(words) if words else ""
