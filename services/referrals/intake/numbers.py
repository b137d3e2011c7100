"""The numbers of many orders at once: which are new, and which are known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from services.chassis.vault import Vault
from services.referrals.intake import placers
from services.referrals.intake.order import Order
from services.referrals.models import PlacerNumber
from services.referrals.whose import PRACTICE, sender

Standing = Literal["new", "known", "unclear"]
"""`unclear`: under its number something else was sent, or by somebody else."""

_CLAIM = text(
    """
    INSERT INTO placer_numbers (key, sender, fingerprint, referral_id)
    SELECT * FROM unnest(
        CAST(:keys AS text[]), CAST(:senders AS text[]), CAST(:fingerprints AS text[]), CAST(:ids AS uuid[])
    ) AS wanted (key)
    ORDER BY key
    ON CONFLICT DO NOTHING
    RETURNING key
    """
)


class Given(NamedTuple):
    """A number as it was given, or is asked for."""

    key: str
    sender: str
    fingerprint: str
    referral_id: UUID


def asked_for(vault: Vault, orders: Sequence[Order]) -> list[Given | None]:
    """The number of each; None where it has none."""
    return [_asked(vault, order) for order in orders]


def standings(session: Session, asked: Sequence[Given | None]) -> list[Standing]:
    """How each stands to what is there already; what is among themselves does not count."""
    held = _held(session, {one.key for one in asked if one})
    return [_standing(one, held) for one in asked]


def claim(session: Session, asked: Sequence[Given | None]) -> list[Standing]:
    """The same, and each number that is new belongs to the first who asks from now on."""
    held = _held(session, {one.key for one in asked if one})
    first = {one.key: one for one in reversed(asked) if one and one.key not in held}
    claimed = set(_claim(session, [*first.values()]))
    held |= {key: [first[key]] for key in claimed} | _held(session, first.keys() - claimed)
    return [_standing(one, held) for one in asked]


def release(session: Session, order: Order) -> None:
    session.execute(delete(PlacerNumber).where(PlacerNumber.referral_id == order.id))


def _asked(vault: Vault, order: Order) -> Given | None:
    if order.said["placer"] is None:
        return None
    key = placers.key(vault, order.said["placer"], order.said["physician"]["npi"])
    return Given(key, sender(), placers.fingerprint(vault, order.said), order.id)


def _standing(asked: Given | None, held: dict[str, list[Given]]) -> Standing:
    given = held.get(asked.key, []) if asked else []
    if asked is None or not given or asked in given:
        return "new"
    same = [one for one in given if one.fingerprint == asked.fingerprint]
    of_others = any(one.sender != asked.sender for one in same)
    return "known" if of_others or same == given else "unclear"


def _held(session: Session, keys: Collection[str]) -> dict[str, list[Given]]:
    """By key: what was given to whoever acts; to the practice, what the offices gave as well."""
    given: dict[str, list[Given]] = {}
    query = select(PlacerNumber.key, PlacerNumber.sender, PlacerNumber.fingerprint, PlacerNumber.referral_id)
    query = query.where(PlacerNumber.key.in_(keys))
    if sender() != PRACTICE:
        query = query.where(PlacerNumber.sender == sender())
    for row in session.execute(query) if keys else ():
        given.setdefault(row.key, []).append(Given(*row))
    return given


def _claim(session: Session, wanted: Sequence[Given]) -> Iterable[str]:
    if not wanted:
        return ()
    keys, senders, fingerprints, ids = zip(*wanted, strict=True)
    values = {"keys": [*keys], "senders": [*senders], "fingerprints": [*fingerprints], "ids": [*map(str, ids)]}
    return session.scalars(_CLAIM, values)
