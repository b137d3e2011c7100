"""A person agrees to be written to, or no longer does: by answering, through a provider, at the desk, by a link."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import audit, clock
from services.chassis.refusals import NotFound
from services.chassis.runtime import Runtime
from services.contracts.notify import ConsentChanged
from services.notify.models import Block, Consent, Contact
from services.notify.people.agreement import Channel, Source, standing
from services.notify.people.records import records_of
from services.notify.planning import replan
from services.notify.planning.learn import referrals_of
from services.notify.planning.locks import lock_people
from services.notify.planning.reconcile import reconcile


def set(session: Session, person_id: UUID, channel: Channel, agreed: bool, source: Source, at: datetime) -> None:
    """Keep a person's word, and plan by it. Said again, it changes nothing.

    A yes opens an e-mail address that was unsubscribed; a number that STOP came from is opened by its START alone.
    Raises `NotFound`.
    """
    found = select(Contact.role, Contact.email_hash).where(Contact.id == person_id)
    known = session.execute(found).one_or_none()
    if known is None:
        raise NotFound
    role, email_hash = known
    mine = frozenset({person_id})
    lock_people(session, **{"patients" if role == "patient" else "physicians": mine})
    if agreed and channel == "email" and email_hash:
        _open(session, email_hash, channel)
    _say(session, mine, channel, agreed, source, at)
    if role == "patient":
        reconcile(session, referrals_of(session, patient_id=person_id), ("patient",))
    else:
        reconcile(session, referrals_of(session, physician_id=person_id), ("physician",))


def heard(
    session: Session, channel: Channel, address_hash: bytes, agreed: bool, source: Source, at: datetime,
    code: str | None = None,
) -> list[UUID]:  # fmt: skip
    """The word of whoever has this address counts for all who share it, under all their records. Returns them; the
    caller plans."""
    if agreed:
        _open(session, address_hash, channel)
    else:
        _close(session, address_hash, channel, f"{source}:{code}" if code else source)
    column = Contact.phone_hash if channel == "text" else Contact.email_hash
    people = list(session.scalars(select(Contact.id).where(column == address_hash)))
    _say(session, people, channel, agreed, source, at)
    return people


def told_by_provider(
    session: Session, channel: Any, address_hash: bytes, code: str | None, at: datetime | None = None,
    agreed: bool = False,
) -> None:  # fmt: skip
    """Unsubscribed there, or refused because of that, or subscribed again; what follows is planned soon."""
    people = heard(session, channel, address_hash, agreed, "provider", at or clock.now(session), code)
    plan_later(session, people)


def plan_later(session: Session, people: Collection[UUID]) -> None:
    """By a worker, at once: for whoever does not hold the locks of all of them."""
    replan.note_first(session, {id_ for person in people for id_ in _referrals(session, person)})


def _referrals(session: Session, person_id: UUID) -> list[UUID]:
    return [*referrals_of(session, patient_id=person_id), *referrals_of(session, physician_id=person_id)]


def _say(
    session: Session, people: Collection[UUID], channel: Channel, agreed: bool, source: Source, at: datetime
) -> None:
    known = standing(session, records_of(session, people)) if people else {}
    at = min(at, clock.now(session))
    for person in sorted(known):
        before = known[person][channel]
        if before.agreed != agreed or before.source == "referral":
            session.add(Consent(person_id=person, channel=channel, agreed=agreed, source=source, at=at))
        if before.agreed != agreed:
            _announce(session, person, channel, agreed, source, at)


def _announce(session: Session, person_id: UUID, channel: Channel, agreed: bool, source: Source, at: datetime) -> None:
    session.flush()
    count = select(func.count()).where(Consent.person_id == person_id)
    told = ConsentChanged(
        version=session.scalar(count) or 1, person_id=person_id, channel=channel, agreed=agreed, source=source,
        changed_at=at,
    )  # fmt: skip
    running = cast(Runtime, session.info["running"])
    running.outbox.record(session, told)
    audit.record(session, "consent_changed", "person", person_id, channel=channel, agreed=agreed, source=source)


def _close(session: Session, address_hash: bytes, channel: Channel, source: str) -> None:
    row = insert(Block).values(address_hash=address_hash, channel=channel, reason="opted_out", source=source)
    session.execute(row.on_conflict_do_nothing())


def _open(session: Session, address_hash: bytes, channel: Channel) -> None:
    mine: Any = (Block.address_hash == address_hash, Block.channel == channel, Block.reason == "opted_out")
    session.execute(delete(Block).where(*mine))
