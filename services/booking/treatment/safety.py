"""The safety gate at booking and on the day: what is known of the patient, opened and judged."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import date
from typing import Protocol, cast

from sqlalchemy.orm import Session

from services.booking.models import Order
from services.booking.practice.location import Therapist
from services.booking.refusals import BlockedBySafetyGate
from services.booking.settings import Settings
from services.care.contraindications import Table
from services.care.gate import Findings, Source, judge
from services.chassis.runtime import Runtime
from services.contracts.referrals import Care


class _Told(Protocol):
    """An order, or a row with its sealed care."""

    @property
    def care(self) -> str | None: ...


def care_of(session: Session, order: _Told) -> Care:
    """What the referral told of the patient, in codes; nothing where it told nothing."""
    if order.care is None:
        return Care()
    told = json.loads(_running(session).seal.open(order.care))
    born_on = told.get("born_on")
    return Care(
        **{
            **told,
            "conditions": tuple(told.get("conditions", ())),
            **{name: tuple(told.get(name, ())) for name in ("contraindications", "avoid", "permitted_if")},
            "born_on": date.fromisoformat(born_on) if born_on else None,
        }
    )


def ceiling_of(session: Session, order: Order) -> int | None:
    """1 to 5 (Walton). One in the clear is from before it was sealed."""
    kept = order.pressure_ceiling
    return int(_running(session).seal.open(kept) if len(kept) > 1 else kept) if kept else None


def table_of(session: Session) -> Table:
    """The clinic's table of contraindications."""
    return cast(Settings, _running(session).settings).contraindications


def findings(
    session: Session, order: Order, *, today: Iterable[str] = (), certifications: Collection[str] | None = None
) -> Findings:
    """What the gate says of an order; `today` are codes found on the day, on top of what the order says."""
    care = care_of(session, order)
    order_says: list[tuple[str, Source]] = [(code, "order") for code in care.contraindications]
    return judge(
        table_of(session),
        [*order_says, *((code, "today") for code in today)],
        ceilings=[ceiling_of(session, order)],
        conditions=care.conditions,
        certifications=certifications,
    )


def check(session: Session, order: Order, therapists: Iterable[Therapist] = ()) -> None:
    """Before time is planned or claimed. Raises `BlockedBySafetyGate`, with the codes of what blocks."""
    if order.care is None:
        return
    found = findings(session, order)
    shorter = found.shorter_than(order.session_minutes)
    blocked = sorted(one.code for one in (*found.blocked, *shorter))
    lacking = sorted({code for one in therapists for code in found.certifications - one.certifications})
    if blocked or lacking:
        longest = {"max_minutes": found.max_minutes} if shorter else {}
        raise BlockedBySafetyGate(codes=blocked, certifications=lacking, **longest)


def _running(session: Session) -> Runtime:
    return cast(Runtime, session.info["running"])
