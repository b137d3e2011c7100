"""Who agreed to be written to, and where. What a person said themselves counts until a newer word of theirs, or of
a referral that they signed later; the number that STOP came from stays closed all the same until its START."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import and_, func, not_, or_, select, text
from sqlalchemy.orm import Session, aliased

from services.chassis.ids import new_id
from services.notify.models import Consent, Contact
from services.notify.people.records import same_person

Channel = Literal["text", "email"]
Source = Literal["reply", "provider", "desk", "link"]
"""Of a person's own word; `referral` is said for them."""

CHANNELS: tuple[Channel, ...] = ("text", "email")

_TOLD = text(
    "INSERT INTO consents (id, person_id, channel, agreed, source, at)"
    " SELECT said.id, :person, said.channel, said.agreed, 'referral', coalesce(:at, fascia_now())"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:channels AS text[]), CAST(:agreed AS boolean[]))"
    "  AS said (id, channel, agreed)"
    " WHERE said.agreed IS DISTINCT FROM (SELECT known.agreed FROM consents AS known"
    "  WHERE known.person_id = :person AND known.channel = said.channel AND known.source = 'referral'"
    "  ORDER BY known.at DESC, known.id DESC LIMIT 1)"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a person agrees to a channel, who said so, and when, where that is known."""

    agreed: bool
    source: str
    at: datetime | None


def agrees(channel: Channel) -> Any:
    """SQL: whether the person of a row of `contacts` agrees to it: of one with several records, each of them."""
    other = aliased(Contact)
    against = select(other.id).where(
        other.id.in_(same_person(Contact.id).correlate(Contact)),
        other.id != Contact.id,
        not_(_record_agrees(channel, other)),
    )
    return and_(_record_agrees(channel, Contact), ~against.correlate(Contact).exists())


def _record_agrees(channel: Channel, contact: Any) -> Any:
    return func.coalesce(_newest(channel, Consent.agreed, contact), _by_referral(channel, contact))


def standing(session: Session, people: Collection[UUID]) -> dict[UUID, dict[Channel, Standing]]:
    """As it counts now, by person and channel, of those whose contact is known: in one query."""
    columns: list[Any] = []
    for channel in CHANNELS:
        columns += [_newest(channel, of, Contact) for of in (Consent.agreed, Consent.source, Consent.at)]
        columns.append(_by_referral(channel, Contact))
    found: Any = session.execute(select(Contact.id, Contact.consented_at, *columns).where(Contact.id.in_(people)))
    return {
        id_: {channel: _standing(row[n * 4 : n * 4 + 4], at) for n, channel in enumerate(CHANNELS)}
        for id_, at, *row in found
    }


def told(session: Session, person_id: UUID, text_consent: bool, email_consent: bool, at: datetime | None) -> None:
    """Keep what a referral says of it, where that is news. `at`: when it was said, if it was written down."""
    said = {"channels": list(CHANNELS), "agreed": [text_consent, email_consent]}
    session.execute(_TOLD, {"person": person_id, "at": at, "ids": [new_id() for _ in CHANNELS], **said})


def _newest(channel: Channel, column: Any, contact: Any) -> Any:
    """Of what the person said themselves, not before the referral's word."""
    said = select(column).where(
        Consent.person_id == contact.id, Consent.channel == channel, Consent.source != "referral",
        or_(contact.consented_at.is_(None), Consent.at >= contact.consented_at),
    )  # fmt: skip
    return said.order_by(Consent.at.desc(), Consent.id.desc()).limit(1).correlate(contact).scalar_subquery()


def _by_referral(channel: Channel, contact: Any) -> Any:
    return contact.text_consent if channel == "text" else contact.email_consent


def _standing(said: list[Any], referred_at: datetime | None) -> Standing:
    agreed, source, at, by_referral = said
    return Standing(by_referral, "referral", referred_at) if agreed is None else Standing(agreed, source, at)
