"""What a person wants: to be texted, to be e-mailed, in which language; who said so, and when."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.chassis import audit, clock
from services.chassis.refusals import Invalid, NotFound, Refusal
from services.notify.models import Contact
from services.notify.people import consent
from services.notify.people.agreement import CHANNELS, Source, Standing, standing
from services.notify.planning.locks import lock_people
from services.notify.planning.reach import reach
from services.notify.schedule import Reach

Preferences = dict[str, Any]


class StaleVersion(Refusal):
    status = 412
    message = "These preferences were changed meanwhile. Read them again."


def of(session: Session, person_id: UUID) -> Preferences:
    """`open`: whether the channel can be used; if not, `closed_because`. Raises `NotFound`."""
    contact = session.scalar(select(Contact).where(Contact.id == person_id).execution_options(populate_existing=True))
    if contact is None:
        raise NotFound
    said, can = standing(session, {person_id})[person_id], reach(session, {person_id})[person_id]
    known: Preferences = {"person_id": contact.id, "role": contact.role, "language": contact.language}
    for name in CHANNELS:
        texted = name != "text" or contact.role == "patient"
        known[name] = _channel(said[name], can, name) if texted else None
    return known


def tag(known: Preferences) -> str:
    """Another one for every change of what is known."""
    return hashlib.sha256(json.dumps(known, sort_keys=True, default=str).encode()).hexdigest()[:16]


def change(
    session: Session, person_id: UUID, wanted: Preferences, source: Source, expected: str | None = None
) -> Preferences:
    """What is not in `wanted` stays as it is. `expected` is the tag that the caller has seen; None when any will do.

    Raises `NotFound`, `StaleVersion`, and `Invalid` for texts to a physician.
    """
    known = _locked(session, person_id)
    if expected is not None and expected != tag(known):
        raise StaleVersion
    if known["text"] is None and wanted.get("text"):
        raise Invalid(text=["Physicians are not texted."])
    if wanted.get("language", known["language"]) != known["language"]:
        _speak(session, person_id, wanted["language"])
    now = clock.now(session)
    for channel in CHANNELS:
        if known[channel] is not None and wanted.get(channel) is not None:
            consent.set(session, person_id, channel, wanted[channel], source, now)
    session.flush()
    return of(session, person_id)


def _locked(session: Session, person_id: UUID) -> Preferences:
    role = session.scalar(select(Contact.role).where(Contact.id == person_id))
    if role is not None:
        lock_people(session, **{"patients" if role == "patient" else "physicians": frozenset({person_id})})
    return of(session, person_id)


def _speak(session: Session, person_id: UUID, language: str) -> None:
    """What was chosen here holds, whatever a later referral says of the language."""
    session.get_one(Contact, person_id).chosen_language = language
    audit.record(session, "language_chosen", "contact", person_id, language=language)


def _channel(said: Standing, can: Reach, name: str) -> dict[str, Any]:
    told = {"agreed": said.agreed, "source": said.source, "at": said.at, "open": getattr(can, name)}
    return told | {"closed_because": None if told["open"] else getattr(can, f"no_{name}")}
