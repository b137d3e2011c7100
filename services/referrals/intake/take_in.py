"""New referrals are written down, one or hundreds, with as few questions to the database for many as for one.

First all patients, then all physicians, then the referrals: everybody takes them in this order, so nobody who waits for
one holds what the other waits for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from services.chassis import audit, context
from services.chassis.outbox import Outbox
from services.chassis.vault import Vault
from services.contracts.event import Event
from services.contracts.referrals import ReferralReceived
from services.referrals.course.renewal import renewed_id
from services.referrals.events import of_referral, stalled
from services.referrals.intake.order import Order
from services.referrals.intake.writing import put
from services.referrals.models import Referral, ReferralCopy
from services.referrals.people.matches import raise_matches
from services.referrals.people.patients import Found, patients_of
from services.referrals.people.physicians import Named, physicians_of
from services.referrals.people.proposals import propose


@dataclass(frozen=True, slots=True)
class People:
    """Whom a referral names."""

    patient: Found
    physicians: dict[str, Named]
    """By NPI."""

    @property
    def told(self) -> list[Event]:
        return [*self.patient.told, *(one.told for one in self.physicians.values() if one.told)]


def take_in(session: Session, outbox: Outbox, vault: Vault, orders: Sequence[Order], now: datetime) -> list[Referral]:
    """In their order. Raises `Invalid` for one that continues a referral which is none of its patient's."""
    if not orders:
        return []
    people = people_of(session, vault, orders, now)
    referrals = [_made(session, vault, order, its, now) for order, its in zip(orders, people, strict=True)]
    session.add_all(referrals)
    session.flush()
    both = list(zip(referrals, people, strict=True))
    outbox.record(session, *_events(session, vault, both, now))
    audit.record_each(session, [act for referral, its in both for act in _acts(referral, its)])
    return referrals


def people_of(session: Session, vault: Vault, orders: Sequence[Order], now: datetime) -> list[People]:
    patients = patients_of(session, vault, [order.said["patient"] for order in orders], now)
    physicians = physicians_of(session, vault, [order.physicians for order in orders])
    return [People(patient, named) for patient, named in zip(patients, physicians, strict=True)]


def _made(session: Session, vault: Vault, order: Order, people: People, now: datetime) -> Referral:
    referral = Referral(
        id=order.id,
        patient=people.patient.patient,
        physician=people.physicians[order.said["physician"]["npi"]].physician,
        status="needs_information" if order.missing else "received",
        version=1,
        received_at=now,
        received_from=context.actor.get().id,
        renews_id=renewed_id(session, vault, order.intake, people.patient.patient),
        visits_kept=0,
        copies=[_copy(people, copy, place) for place, copy in enumerate(order.intake["copy_to"])],
    )
    put(referral, vault, order.intake, order.missing)
    return referral


def _copy(people: People, said: dict[str, Any], place: int) -> ReferralCopy:
    physician = people.physicians[said["physician"]["npi"]].physician
    return ReferralCopy(physician=physician, updates=said["updates"], place=place)


def _events(session: Session, vault: Vault, taken: Sequence[tuple[Referral, People]], now: datetime) -> Iterator[Event]:
    """What became of each, and what the desk has to look at."""
    pairs = raise_matches(session, [(its.patient, referral.id) for referral, its in taken], now)
    named = [(one, referral.id) for referral, its in taken for one in its.physicians.values()]
    proposals = propose(session, vault, named, now)
    for referral, its in taken:
        yield from its.told
        if referral.missing:
            yield stalled(referral, "needs_information", now)
        else:
            yield of_referral(ReferralReceived, referral, received_at=now)
        yield from (stalled(referral, "same_patient", now, pair) for pair in pairs.get(referral.id, ()))
        yield from (stalled(referral, "physician_contact", now, one) for one in proposals.get(referral.id, ()))


def _acts(referral: Referral, people: People) -> Iterator[audit.Act]:
    yield audit.Act("referral_received", "referral", referral.id, {"reference": referral.reference})
    for change in people.told:
        yield audit.Act(change.event_name(), change.subject.removesuffix("_id"), change.subject_id())
