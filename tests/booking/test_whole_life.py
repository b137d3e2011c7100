"""Everything that can happen to series, in any order: after every step the books agree.

The model beside it knows only the clinic's sentences: what becomes of a visit, and which terms of an order count.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, text
from sqlalchemy.orm import Session, selectinload
from structlog.testing import capture_logs

from services.booking import reading
from services.booking.models import Order, Visit
from services.booking.orders.end_order import end_order
from services.booking.orders.ledger import Ledger
from services.booking.orders.recount import recount
from services.booking.orders.renew import advise_renewals
from services.booking.orders.settle import settle
from services.booking.orders.take_order import take_order
from services.booking.orders.uncovered import look_at_lapsed, uncovered, visits_to_come
from services.booking.settings import vault
from services.booking.treatment.complete import complete
from services.booking.treatment.note import Note
from services.booking.visits.arrive import arrive, undo_arrival
from services.booking.visits.book import book
from services.booking.visits.bookable import Wanted
from services.booking.visits.cancel import cancel
from services.booking.visits.confirm import confirm, patient_replied
from services.booking.visits.extend import extend
from services.booking.visits.hold import book_hold, hold
from services.booking.visits.miss import miss
from services.booking.visits.move import move
from services.booking.visits.release_hold import release_expired, release_hold
from services.booking.visits.restore import restore
from services.chassis import clock, events
from services.chassis.ids import new_id
from services.chassis.refusals import Refusal
from services.contracts.booking import SessionEvent
from services.contracts.event import Event
from services.contracts.notify import PatientReplied
from services.contracts.referrals import ReferralAccepted, ReferralAmended, ReferralEnded
from tests.booking.conftest import House
from tests.booking.practice_day import MONDAY, NEW_YORK, accepted
from tests.booking.test_races import OVERLAPS

T = TypeVar("T")
NOTE = Note(pain_before=6, pain_after=4, pressure=2)
NOTICE = timedelta(hours=24)

DAYS = st.sampled_from([2, 3, 4, 5, 8, 9, 10, 11, 12, 15, 16])
TIMES = st.sampled_from([(9, 0), (9, 30), (10, 15), (11, 0), (14, 0), (16, 30)])
PLACES = st.tuples(DAYS, TIMES, st.integers(0, 1), st.integers(0, 1))
SEVERAL = st.lists(PLACES, min_size=1, max_size=4, unique_by=lambda place: place[0]).map(sorted)
CRASH = st.sampled_from([False] * 7 + [True])
SCOPES = st.sampled_from(["this", "this", "following", "all"])


class CrashedError(Exception):
    """The process ended between the last statement and the commit."""


@dataclass(repr=False)
class Known:
    """An order as its referral was told of: what was delivered so far, and what is told later than it should."""

    order_id: UUID
    first: ReferralAccepted
    delivered: list[Event]
    newest: int = 1

    def __repr__(self) -> str:
        return f"Known({str(self.order_id)[-4:]}, {self.terms.terms.visits} visits, {self.ended or 'in force'})"

    late: list[Event] = field(default_factory=list)

    def _newest(self, *kinds: type[Event]) -> Any:
        return max((one for one in self.delivered if isinstance(one, kinds)), key=lambda one: one.version, default=None)

    @property
    def terms(self) -> Any:
        return self._newest(ReferralAccepted, ReferralAmended)

    @property
    def ended(self) -> str | None:
        end = self._newest(ReferralEnded)
        return end.how if end and end.version > self.terms.version else None


class Life(RuleBasedStateMachine):
    def __init__(self, house: House) -> None:
        super().__init__()
        self.house, self.running = house, house.running
        house.empty()
        self.now = MONDAY.replace(minute=7)
        self._go_to(self.now)
        clinic = house.load()
        self.therapists = [one["id"] for one in clinic["therapists"]]
        self.rooms = [one["id"] for one in clinic["rooms"]]
        self.patients = [uuid4(), uuid4()]
        self.orders: list[Known] = []
        self.holds: list[UUID] = []
        self.series: list[UUID] = []
        self.visits: dict[UUID, UUID] = {}
        """The order of each visit that was booked."""
        self.fates: dict[UUID, str] = {}
        self.told: list[tuple[UUID, int]] = []

    # -- the desk

    @initialize(places=SEVERAL)
    def begin(self, places: Any) -> None:
        """Two orders of one patient, and one of them booked already, so that there is something to happen to."""
        for visits in (6, 4):
            self.accept(visits, 45, 0)
        self._book(self.orders[0], places, False)

    @precondition(lambda self: len(self.orders) < 4)
    @rule(visits=st.integers(1, 6), minutes=st.sampled_from([30, 45]), patient=st.integers(0, 1))
    def accept(self, visits: int, minutes: int, patient: int) -> None:
        event = replace(accepted(visits=visits, session_minutes=minutes), patient_id=self.patients[patient])
        self._tell(event)
        ((order_id,),) = self.house.rows("SELECT id FROM orders WHERE referral_id = :id", id=event.referral_id)
        self.orders.append(Known(order_id, event, [event]))

    @rule(data=st.data(), how=st.sampled_from(["book", "hold", "extend", "extend"]), places=SEVERAL, crash=CRASH)
    def add(self, data: st.DataObject, how: str, places: Any, crash: bool) -> None:
        if how == "extend" and self.series:
            self._extend(data.draw(st.sampled_from(self.series)), places, crash)
        elif how == "hold":
            self._hold(data.draw(st.sampled_from(self.orders)), places, crash)
        else:
            self._book(data.draw(st.sampled_from(self.orders)), places, crash)

    def _book(self, order: Known, places: Any, crash: bool) -> None:
        made = self._act(lambda session: book(session, self._outbox, order.order_id, self._wanted(places))[0], crash)
        if made:
            self.series.append(made.id)
            self._reserved(order, made.sessions)

    def _hold(self, order: Known, places: Any, crash: bool) -> None:
        made = self._act(lambda session: hold(session, order.order_id, self._wanted(places))[0], crash)
        if made:
            assert not order.ended
            assert self._used(order.order_id) + len(places) <= order.terms.terms.visits
            self.holds.append(made.id)

    def _extend(self, series_id: UUID, places: Any, crash: bool) -> None:
        new = self._act(lambda session: extend(session, self._outbox, series_id, self._wanted(places)), crash)
        if new:
            self._reserved(self._order_of(series_id), new)

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), wanted=st.sampled_from([True, True, False]), crash=CRASH)
    def decide_about_a_hold(self, data: st.DataObject, wanted: bool, crash: bool) -> None:
        held = data.draw(st.sampled_from(self.holds))
        if not wanted:
            self._act(lambda session: release_hold(session, held), crash)
            return
        made = self._act(lambda session: book_hold(session, self._outbox, held), crash)
        if made and held not in self.series:
            self.series.append(held)
            self._reserved(self._order_of(held), made.sessions)

    @precondition(lambda self: self.visits)
    @rule(data=st.data(), place=PLACES, scope=SCOPES, crash=CRASH)
    def move(self, data: st.DataObject, place: Any, scope: Any, crash: bool) -> None:
        visit = self._visit(data)
        (wanted,) = self._wanted([place])
        self._act(lambda session: move(session, self._outbox, visit, wanted, by="clinic", scope=scope), crash)

    @precondition(lambda self: self.visits)
    @rule(data=st.data(), by=st.sampled_from(["patient", "patient", "clinic", "physician"]), scope=SCOPES, crash=CRASH)
    def cancel(self, data: st.DataObject, by: Any, scope: Any, crash: bool) -> None:
        visit = self._visit(data)

        def act(session: Session) -> list[Visit]:
            return cancel(session, self._outbox, visit, by=by, reason="other", scope=scope)

        for one in self._act(act, crash) or []:
            self._cancelled(one, by)

    @precondition(lambda self: {"returned", "forfeited"} & set(self.fates.values()))
    @rule(data=st.data(), crash=CRASH)
    def restore(self, data: st.DataObject, crash: bool) -> None:
        off = [visit for visit, fate in self.fates.items() if fate in ("returned", "forfeited")]
        visit = data.draw(st.sampled_from(off))
        if self._act(lambda session: restore(session, self._outbox, visit), crash):
            before, self.fates[visit] = self.fates[visit], "reserved"
            order = self._known(self.visits[visit])
            assert not order.ended
            assert before != "returned" or self._used(order.order_id) <= order.terms.terms.visits

    @precondition(lambda self: self.visits)
    @rule(data=st.data(), say=st.sampled_from([confirm, arrive, undo_arrival]), crash=CRASH)
    def say(self, data: st.DataObject, say: Callable[..., Any], crash: bool) -> None:
        visit = self._visit(data)
        self._act(lambda session: say(session, self._outbox, visit), crash)

    @precondition(lambda self: "reserved" in self.fates.values())
    @rule(data=st.data(), comes=st.booleans(), crash=CRASH)
    def see_who_comes(self, data: st.DataObject, comes: bool, crash: bool) -> None:
        """The next visit begins, and takes place or is missed; the therapist may also enter an earlier one."""
        self._go_to_the_next_visit()
        visit = self._visit(data, begun=True)
        if comes:
            done = self._act(lambda session: complete(session, self._outbox, self.running.seal, visit, NOTE), crash)
        else:
            done = self._act(lambda session: miss(session, self._outbox, visit), crash)
        if done:
            self.fates[visit] = "consumed" if comes else "forfeited"

    def _go_to_the_next_visit(self) -> None:
        query = "SELECT min(starts_at) FROM sessions WHERE status IN ('booked', 'confirmed') AND starts_at > :now"
        ((next_at,),) = self.house.rows(query, now=self.now)
        if next_at:
            self._go_to(next_at + timedelta(minutes=5))

    @rule(data=st.data(), crash=CRASH)
    def settle_what_is_not_covered(self, data: st.DataObject, crash: bool) -> None:
        order_id = data.draw(st.sampled_from(self.orders)).order_id

        def act(session: Session) -> list[Visit]:
            order = reading.order(session, order_id)
            found = list(uncovered(order, visits_to_come(session, order_id), clock.now(session)))
            settle(session, self._outbox, order_id, found, {})
            return [reading.visit(session, one) for one in found]

        for one in self._act(act, crash) or []:
            self._cancelled(one, "physician")

    # -- what is told, late, twice, or to a process that dies

    @precondition(lambda self: self.orders)
    @rule(
        data=st.data(),
        how=st.sampled_from([None, None, None, None, "withdrawn", "expired", "closed"]),
        visits=st.integers(1, 8),
        minutes=st.sampled_from([30, 45]),
        last=st.sampled_from([5, 12, 31]),
        late=st.booleans(),
        crash=CRASH,
    )
    def change(
        self, data: st.DataObject, how: Any, visits: int, minutes: int, last: int, late: bool, crash: bool
    ) -> None:
        """The referral is amended, or ended where `how` says so."""
        order = data.draw(st.sampled_from(self.orders))
        until = (MONDAY + timedelta(days=last)).date()
        terms = replace(order.first.terms, visits=visits, session_minutes=minutes, valid_until=until)
        if how:
            self._deliver(order, lambda told: ReferralEnded(**told, ended_at=self.now, how=how), late, crash)
        else:
            self._deliver(order, lambda told: ReferralAmended(**told, amended_at=self.now, terms=terms), late, crash)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def redeliver(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self.orders))
        event = data.draw(st.sampled_from([*order.delivered, *order.late]))
        self._tell(event)
        order.delivered.append(event)

    @precondition(lambda self: self.visits)
    @rule(data=st.data(), intent=st.sampled_from(["confirm", "cancel"]), crash=CRASH)
    def reply(self, data: st.DataObject, intent: Any, crash: bool) -> None:
        visit = self._visit(data)
        patient = self._known(self.visits[visit]).first.patient_id
        told = PatientReplied(
            version=1, reply_id=uuid4(), patient_id=patient, session_id=visit, intent=intent, replied_at=self.now
        )
        event_id = new_id()
        for _ in range(2):
            self._tell(told, event_id, crash)
        with self.running.sessions.begin() as session:
            self._cancelled(reading.visit(session, visit), "patient")

    @rule(hours=st.sampled_from([1, 2, 5, 14, 26, 50, 120]), timers=st.booleans())
    def tick(self, hours: int, timers: bool) -> None:
        self._go_to(self.now + timedelta(hours=hours))
        if timers:
            while release_expired(self.running):
                pass
            while look_at_lapsed(self.running):
                pass
            advise_renewals(self.running)

    # -- after every step

    @invariant()
    def the_books_agree(self) -> None:
        with self.running.sessions.begin() as session:
            assert recount(session, limit=100).differences == []
            assert session.execute(text(OVERLAPS)).all() == [(0,)]
            orders = session.scalars(select(Order).options(selectinload(Order.entries))).all()
        assert {one.id: one.ledger for one in orders} == {one.order_id: self._ledger(one) for one in self.orders}
        assert {one.id: (one.version, one.terms_version, one.ended_how) for one in orders} == {
            one.order_id: (max(told.version for told in one.delivered), one.terms.version, one.ended)
            for one in self.orders
        }

    @invariant()
    def whatever_is_in_the_history_was_told_to_the_others(self) -> None:
        new = [event for event in self.house.announced() if isinstance(event, SessionEvent)]
        self.told += [(event.session_id, event.version) for event in new]
        self.house.rows("DELETE FROM outbox RETURNING 1")
        kept = self.house.rows("SELECT session_id, version FROM session_history")
        assert sorted(self.told) == sorted((row.session_id, row.version) for row in kept)

    # -- how

    @property
    def _outbox(self) -> Any:
        return self.running.outbox

    def _act(self, do: Callable[[Session], T], crash: bool) -> T | None:
        """One transaction; None when it was refused, or when the process died before the commit."""
        try:
            with self.running.sessions.begin() as session:
                answer = do(session)
                session.flush()
                if crash:
                    raise CrashedError
        except (Refusal, CrashedError):
            return None
        return answer

    def _wanted(self, places: Sequence[Any]) -> list[Wanted]:
        return [
            Wanted(
                datetime(2027, 3, day, *at, tzinfo=NEW_YORK).astimezone(UTC), self.therapists[who], self.rooms[where]
            )
            for day, at, who, where in places
        ]

    def _visit(self, data: st.DataObject, begun: bool = False) -> UUID:
        """Any, or one that has begun where there is one."""
        query = "SELECT id FROM sessions WHERE starts_at <= :now AND status IN ('booked', 'confirmed', 'arrived')"
        open_now = [row.id for row in self.house.rows(f"{query} ORDER BY id", now=self.now)] if begun else []
        return data.draw(st.sampled_from(open_now or list(self.visits)))

    def _known(self, order_id: UUID) -> Known:
        return next(one for one in self.orders if one.order_id == order_id)

    def _order_of(self, series_id: UUID) -> Known:
        ((order_id,),) = self.house.rows("SELECT order_id FROM series WHERE id = :id", id=series_id)
        return self._known(order_id)

    def _ledger(self, order: Known) -> Ledger:
        fates = Counter(fate for visit, fate in self.fates.items() if self.visits[visit] == order.order_id)
        return Ledger(order.terms.terms.visits, fates["reserved"], fates["consumed"], fates["forfeited"])

    def _used(self, order_id: UUID) -> int:
        return sum(fate != "returned" for visit, fate in self.fates.items() if self.visits[visit] == order_id)

    def _reserved(self, order: Known, visits: Sequence[Visit]) -> None:
        """Only under an order in force, and never more than it grants."""
        for one in visits:
            self.visits[one.id], self.fates[one.id] = order.order_id, "reserved"
        assert not order.ended
        assert self._used(order.order_id) <= order.terms.terms.visits

    def _cancelled(self, visit: Visit, by: str) -> None:
        if visit.status == "cancelled" and self.fates[visit.id] == "reserved":
            late = by == "patient" and visit.starts_at - self.now < NOTICE
            self.fates[visit.id] = "forfeited" if late else "returned"

    def _go_to(self, instant: datetime) -> None:
        self.now = instant
        self.house.move_to(instant)

    def _deliver(self, order: Known, make: Callable[[dict[str, Any]], Event], late: bool, crash: bool) -> None:
        """The newest that is told of an order; one that is `late` comes only after something newer did."""
        names = ("referral_id", "reference", "patient_id", "physician_id", "updates")
        order.newest += 1
        event = make({**{name: getattr(order.first, name) for name in names}, "version": order.newest})
        if late:
            order.late.append(event)
        else:
            self._tell(event, crash=crash)
            order.delivered.append(event)

    def _tell(self, event: Event, event_id: UUID | None = None, crash: bool = False) -> None:
        """Through the inbox; when the handler dies at its end, what it did is undone, and done when it is retried."""
        sealed = events.encode(event, self.running.seal, event_id=event_id or new_id(), at=self.now, trace=None)

        def dies(session: Session, event: Any) -> None:
            self._handle(session, event)
            session.flush()
            raise CrashedError

        self.running.inbox.take(sealed, dies if crash else self._handle)
        self.house.rows("UPDATE inbox SET next_at = clock_timestamp() WHERE state = 'retry' RETURNING 1")
        self.running.inbox.retry_due({event.event_type(): self._handle})
        assert self.house.rows("SELECT error FROM inbox WHERE state <> 'done'") == []

    def _handle(self, session: Session, event: Any) -> None:
        if isinstance(event, ReferralEnded):
            end_order(session, self._outbox, event)
        elif isinstance(event, PatientReplied):
            patient_replied(session, self._outbox, event)
        else:
            take_order(session, self._outbox, vault(self.running), event)


def live(house: House, examples: int, steps: int) -> None:
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize="FASCIA_SEED" not in os.environ,
        database=None,
        phases=[Phase.generate] if "FASCIA_NO_SHRINK" in os.environ else [Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    with capture_logs():  # to write down every crash that is meant takes longer than all the rest
        run_state_machine_as_test(lambda: Life(house), settings=chosen)


def test_whatever_happens_the_books_agree_after_every_step(house: House) -> None:
    live(house, examples=25, steps=25)


@pytest.mark.long
def test_whatever_happens_for_long_the_books_agree_after_every_step(house: House) -> None:
    live(house, examples=250, steps=60)
