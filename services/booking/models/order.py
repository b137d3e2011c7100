"""What referrals authorise, and the ledger of its visits."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.booking.models.base import Base
from services.booking.orders.ledger import Act, Ledger, balance
from services.booking.refusals import OrderEnded
from services.contracts.referrals import OrderTerms


class Order(Base):
    """A referral's order, as of its newest version."""

    __tablename__ = "orders"
    __table_args__ = (Index("orders_condition_keys", "condition_keys", postgresql_using="gin"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    referral_id: Mapped[UUID] = mapped_column(unique=True)
    reference: Mapped[str]
    patient_id: Mapped[UUID] = mapped_column(index=True)
    sent_by: Mapped[str | None]
    """The account that sent the referral: it may read the reports."""
    patient_resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"), index=True)
    version: Mapped[int]
    """Of the newest that was told of the referral: its terms, or its end."""
    terms_version: Mapped[int]
    visits: Mapped[int]
    cadence_visits: Mapped[int]
    cadence_days: Mapped[int]
    session_minutes: Mapped[int]
    issued_on: Mapped[date]
    start_by: Mapped[date | None]
    valid_until: Mapped[date]
    techniques: Mapped[list[str]]
    home_visit: Mapped[bool]
    earliest_on: Mapped[date | None]
    equipment: Mapped[list[str]]
    pressure_ceiling: Mapped[str | None]
    """Sealed: 1 to 5 (Walton), the strictest that was said."""
    care: Mapped[str | None]
    """Sealed JSON, the contract's `Care`."""
    condition_keys: Mapped[list[str]]
    """Keyed hashes of the condition categories, so that similar ones can be counted."""
    accepted_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_how: Mapped[str | None]
    entries: Mapped[list[LedgerEntry]] = relationship(order_by="LedgerEntry.id")

    @property
    def terms(self) -> OrderTerms:
        return OrderTerms(
            visits=self.visits,
            cadence_visits=self.cadence_visits,
            cadence_days=self.cadence_days,
            session_minutes=self.session_minutes,
            issued_on=self.issued_on,
            start_by=self.start_by,
            valid_until=self.valid_until,
            techniques=tuple(self.techniques),
            home_visit=self.home_visit,
            earliest_on=self.earliest_on,
            equipment=tuple(self.equipment),
        )

    @property
    def ledger(self) -> Ledger:
        return balance(self.visits, [(one.session_id, one.version, one.act) for one in self.entries])

    def heed(self, ending: Ending | None) -> None:
        """Ended by what was told after its terms; terms that are newer than an end put it in force again."""
        ended = ending if ending and ending.version > self.terms_version else None
        self.ended_at, self.ended_how = (ended.ended_at, ended.how) if ended else (None, None)
        self.version = max(self.terms_version, ending.version if ending else 0)

    def must_be_in_force(self) -> None:
        """Raises `OrderEnded`."""
        if self.ended_at and self.ended_how:
            raise OrderEnded(how=self.ended_how, ended_at=self.ended_at.isoformat())

    def enter(self, act: Act, session_id: UUID, version: int, now: datetime) -> None:
        """What this version of a session means for the order's visit."""
        self.entries.append(LedgerEntry(session_id=session_id, version=version, act=act, at=now))


class Ending(Base):
    """A referral that ended, as of the newest that was told; it may be known before its order is."""

    __tablename__ = "endings"

    referral_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    how: Mapped[str]
    ended_at: Mapped[datetime]


class LedgerEntry(Base):
    """What became of one visit of an order; entries are only ever added."""

    __tablename__ = "ledger"
    __table_args__ = (UniqueConstraint("session_id", "version", name="ledger_once_a_version"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    version: Mapped[int]
    act: Mapped[Act] = mapped_column(Text)
    at: Mapped[datetime]


class Renewal(Base):
    """A renewal that was asked for, once for each reason and version of the order."""

    __tablename__ = "renewals"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    order_version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    advised_at: Mapped[datetime]


class Uncovered(Base):
    """The desk was asked about visits that an order does not cover any more, once for each of its versions."""

    __tablename__ = "uncovered"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    order_version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    asked_at: Mapped[datetime]
