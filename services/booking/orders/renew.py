"""The physician is asked for a renewal, once for each reason and version of an order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.booking.models import Renewal
from services.booking.orders.ledger import Ledger
from services.booking.orders.renewal import REASONS, Reason, reasons
from services.booking.practice.policy import Policy
from services.chassis import audit
from services.chassis.outbox import Outbox
from services.chassis.runtime import Runtime
from services.contracts.booking import RenewalAdvised

# Of orders in force; left out are those whose patient is to be discharged: as it was signed for the series, or else as
# the newest note recommends.
IN_FORCE = """
    SELECT orders.id, orders.version, referral_id, patient_id, visits, valid_until, counts.*, fascia_now() AS now,
           policy, (fascia_now() AT TIME ZONE clinic.timezone)::date AS today
      FROM clinic CROSS JOIN orders
      CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE act = 'reserved') AS reserved,
                   count(*) FILTER (WHERE act = 'consumed') AS consumed,
                   count(*) FILTER (WHERE act = 'forfeited') AS forfeited
              FROM (SELECT DISTINCT ON (session_id) act FROM ledger WHERE order_id = orders.id
                     ORDER BY session_id, version DESC) AS newest) AS counts
     WHERE ended_at IS NULL AND valid_until >= (fascia_now() AT TIME ZONE clinic.timezone)::date
       AND 'discharge' IS DISTINCT FROM (
            SELECT coalesce(series.follow_up, session_notes.follow_up)
              FROM session_notes JOIN sessions ON sessions.id = session_id
              JOIN series ON series.id = series_id
             WHERE order_id = orders.id ORDER BY starts_at DESC LIMIT 1)"""
ONE = text(f"{IN_FORCE} AND orders.id = :order")
SOME = text(f"{IN_FORCE} AND orders.id > :after ORDER BY orders.id LIMIT :limit")

AT_A_TIME = 500


def advise_renewal(session: Session, outbox: Outbox, order_id: UUID) -> None:
    """For the acts that use up a visit, after they entered it."""
    session.flush()
    _advise(session, outbox, session.execute(ONE, {"order": order_id}))


def advise_renewals(running: Runtime) -> None:
    """Look at every order in force, some in each transaction."""
    after: UUID | None = UUID(int=0)
    while after:
        with running.sessions.begin() as session:
            rows = session.execute(SOME, {"after": after, "limit": AT_A_TIME}).all()
            _advise(session, running.outbox, rows)
        after = rows[-1].id if len(rows) == AT_A_TIME else None


def _advise(session: Session, outbox: Outbox, rows: Iterable[Any]) -> None:
    due = {(row.id, reason): row for row in rows for reason in _reasons(row)}
    new = _not_yet_asked(session, due)
    outbox.record(session, *(_event(due[order_id, reason], reason) for order_id, reason in new))
    for told in REASONS:
        ids = [order_id for order_id, reason in new if reason == told]
        audit.record_all(session, "renewal_advised", "order", ids, reason=told)


def _reasons(row: Any) -> tuple[Reason, ...]:
    return reasons(_ledger(row), row.valid_until, row.today, Policy.of(row.policy))


def _ledger(row: Any) -> Ledger:
    return Ledger(row.visits, row.reserved, row.consumed, row.forfeited)


def _not_yet_asked(session: Session, due: Mapping[tuple[UUID, Reason], Any]) -> list[tuple[UUID, Reason]]:
    """The row of a renewal is written by exactly one of those who see that it is due."""
    if not due:
        return []
    rows = [
        {"order_id": order_id, "reason": reason, "order_version": row.version, "advised_at": row.now}
        for (order_id, reason), row in sorted(due.items())
    ]
    put = insert(Renewal).values(rows).on_conflict_do_nothing()
    written = session.execute(put.returning(Renewal.order_id, Renewal.reason))
    return [(order_id, reason) for order_id, reason in written if reason in REASONS]


def _event(row: Any, reason: Reason) -> RenewalAdvised:
    return RenewalAdvised(
        version=row.version,
        order_id=row.id,
        referral_id=row.referral_id,
        patient_id=row.patient_id,
        reason=reason,
        remaining=_ledger(row).remaining,
        valid_until=row.valid_until,
        advised_at=row.now,
    )
