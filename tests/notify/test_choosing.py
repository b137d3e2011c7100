"""A patient who wants another time is sent some to choose from, and has the one they pick, with the real booking."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text
from werkzeug.test import TestResponse

from services.booking.api import app_for as booking_for
from services.booking.orders.take_order import take_order
from services.booking.settings import Settings as BookingSettings
from services.booking.settings import vault
from services.booking.worker import BookingWorker
from services.chassis.events import decode, open_event
from services.chassis.runtime import Runtime
from services.contracts import booking as told_by_booking
from services.contracts.event import Event
from services.notify import desk
from services.notify.talk import choosing
from services.notify.talk.choosing import best
from tests.booking.conftest import House
from tests.booking.practice_day import accepted
from tests.booking.test_series import visit
from tests.notify.facts import NOW, PATIENT_PHONE, Story
from tests.notify.test_answers import published
from tests.notify.test_hooks import text_in
from tests.notify.world import World, eventually, free_port, serving

MINUTE = timedelta(minutes=1)
FIRST = datetime.fromisoformat("2027-03-04T09:00:00-05:00")


@dataclass
class Practice:
    """Booking and notify, and what is told between them."""

    world: World
    house: House
    runtime: Runtime
    """Notify's, that knows where booking is."""
    visits: list[str]
    others: str
    """An order of another patient's."""

    def pass_on(self) -> None:
        """Everything that each has told, to the other; until nobody says anything."""
        worker: Any = BookingWorker()
        worker.runtime = self.house.running
        handlers = worker.handlers()
        while self._tell_notify() or self._tell_booking(handlers):
            pass

    def _tell_notify(self) -> bool:
        events = [event for event in _taken(self.house.running) if event.event_type() in self.world.handlers]
        self.world.tell(*events)
        return bool(events)

    def _tell_booking(self, handlers: dict[str, Any]) -> bool:
        events = [event for event in _taken(self.world.runtime) if event.event_type() in handlers]
        for event in events:
            self.house.receive(event, handlers[event.event_type()])
        return bool(events)

    def at(self, instant: datetime) -> None:
        self.world.at(instant)
        self.house.move_to(instant)

    def texts(self, body: str, now: datetime) -> None:
        """The patient writes, and everything takes its course."""
        self.at(now)
        text_in(self.world, body)
        self.settle()

    def settle(self) -> None:
        self.pass_on()
        choosing.find(self.runtime)
        self.world.send_all()

    def take(self, when: str, therapist: int, room: int) -> TestResponse:
        """Somebody else books a time."""
        return self.house.book(self.others, visit(self.house, when, therapist, room))

    @property
    def last(self) -> str:
        return str(self.world.sandbox.texts(to=PATIENT_PHONE)[-1]["body"])

    @property
    def starts(self) -> datetime:
        [(at,)] = self.house.rows("SELECT starts_at FROM sessions WHERE id = CAST(:id AS uuid)", id=self.visits[0])
        return at  # type: ignore[no-any-return]

    def choice(self) -> list[datetime]:
        return self.world.query("SELECT times FROM choices ORDER BY asked_at DESC LIMIT 1")[0][0]  # type: ignore[no-any-return]


def _taken(running: Runtime) -> list[Event]:
    with running.sessions.begin() as session:
        rows = session.execute(text("DELETE FROM outbox RETURNING id, body")).all()
    return [open_event(decode(body), running.seal) for _, body in sorted(rows)]


@pytest.fixture(scope="module")
def real_booking(migrated: Callable[[str], str], keys: SimpleNamespace) -> Iterator[tuple[House, str]]:
    settings = BookingSettings(
        database_url=migrated("booking"), amqp_url="-", identity_public_key=keys.public, clock_movable=True,
        seal_keys=(Fernet.generate_key().decode(),), lookup_key=b"of the tests",
    )  # fmt: skip
    app, port = booking_for(settings), free_port()
    with serving(app, port):
        yield House(app, keys.private), f"http://127.0.0.1:{port}"
    app.extensions["fascia"].engine.dispose()


@pytest.fixture
def practice(world: World, story: Story, real_booking: tuple[House, str]) -> Practice:
    """A patient was reminded of the first of two visits two hours before it."""
    house, url = real_booking
    house.empty()
    house.move_to(NOW)
    house.load(policy={"messages": {"text_sender": "messaging_service"}})
    event = replace(accepted(visits=4), patient_id=story.patient_id)
    with house.running.sessions.begin() as session:
        take_order(session, house.running.outbox, vault(house.running), event)
    order = house.get(f"/orders?referral_id={event.referral_id}")[0]["id"]
    answer = house.book(order, visit(house, "03-04 09:00"), visit(house, "03-09 09:00"))
    runtime = replace(world.runtime, settings=replace(world.settings, booking=url))
    made = Practice(world, house, runtime, [one["id"] for one in (answer.json or {})["sessions"]], house.order())
    world.tell(story.patient())
    made.settle()
    made.at(FIRST - 47 * timedelta(hours=1))
    world.send_all()
    return made


def test_r_is_answered_by_three_times_and_a_link_and_the_digit_has_its_time(practice: Practice) -> None:
    now = FIRST - 46 * timedelta(hours=1)
    practice.texts("R", now)
    times = practice.choice()
    assert len(set(times)) == 3
    assert FIRST not in times
    assert "reply 1: " in practice.last
    assert "2: " in practice.last
    assert "/l/" in practice.last
    practice.texts("2", now + MINUTE)
    assert practice.starts == times[1]
    assert "is now" in practice.last
    assert [message.by for message in practice.world.messages(kind="moved")] == ["patient"]
    assert practice.world.tasks() == []


@pytest.mark.parametrize(
    "words", ["r", "Can I reschedule?", "otra hora por favor", "I can't make it, can we reschedule?"]
)
def test_another_time_can_be_asked_for_in_many_words(practice: Practice, words: str) -> None:
    practice.texts(words, FIRST - 46 * timedelta(hours=1))
    assert practice.world.message("other_times").sent_at


def test_a_time_that_is_taken_meanwhile_is_told_with_what_can_be_had_then(practice: Practice) -> None:
    now = FIRST - 46 * timedelta(hours=1)
    practice.texts("R", now)
    before = practice.choice()
    local = before[0].astimezone(FIRST.tzinfo).strftime("%m-%d %H:%M")
    taken = [practice.take(local, therapist, room).status_code for therapist, room in ((0, 0), (1, 1))]
    assert taken[0] == 201 or taken[1] == 201
    practice.house.rows(
        "INSERT INTO absences (id, resource_id, during, reason, entered_at)"
        " SELECT gen_random_uuid(), id, tstzrange(:at, :at + interval '45 minutes'), 'training', now()"
        " FROM resources WHERE kind = 'therapist' RETURNING 1",
        at=before[0],
    )
    practice.texts("1", now + MINUTE)
    practice.settle()
    assert practice.starts == FIRST
    assert "sorry" in practice.last
    after = practice.choice()
    assert after
    assert before[0] not in after
    practice.texts("1", now + 5 * MINUTE)
    assert practice.starts == after[0]


def test_two_digits_are_one_choice(practice: Practice) -> None:
    now = FIRST - 46 * timedelta(hours=1)
    practice.texts("R", now)
    practice.at(now + MINUTE)
    text_in(practice.world, "1")
    text_in(practice.world, "1", sid="SM9")
    text_in(practice.world, "1", sid="SM9")
    assert len(published(practice.world, "time_chosen")) == 1


def test_a_choice_delivered_twice_moves_once(practice: Practice) -> None:
    practice.texts("R", FIRST - 46 * timedelta(hours=1))
    text_in(practice.world, "1")
    [event] = [one for one in _taken(practice.world.runtime) if one.event_name() == "time_chosen"]
    worker: Any = BookingWorker()
    worker.runtime = practice.house.running
    handle = worker.handlers()[event.event_type()]
    practice.house.receive(event, handle)
    practice.house.receive(event, handle)
    told = [type(one).__name__ for one in practice.house.announced()]
    assert told.count("SessionMoved") == 1
    assert "ChoiceRefused" not in told


def test_a_digit_for_a_visit_that_was_cancelled_meanwhile_changes_nothing(practice: Practice) -> None:
    now = FIRST - 46 * timedelta(hours=1)
    practice.texts("R", now)
    cancelled = practice.house.ask(
        "POST", f"/sessions/{practice.visits[0]}/cancel", {"by": "clinic", "reason": "other"}
    )
    assert cancelled.status_code == 200
    practice.texts("1", now + MINUTE)
    assert practice.starts == FIRST
    assert practice.world.messages(kind="time_gone") == []


def test_while_booking_is_away_the_link_goes_alone_and_the_desk_hears_of_it(practice: Practice) -> None:
    world, now = practice.world, FIRST - 46 * timedelta(hours=1)
    practice.at(now)
    text_in(world, "R")
    world.query("SELECT 1")
    assert choosing.find(world.runtime) == 1
    assert world.messages(kind="other_times") == [], "it may be back in a moment"
    assert choosing.find(world.runtime) == 0, "and is not asked again at once"
    world.query("UPDATE visits SET times_look_at = clock_timestamp() WHERE times_look_at IS NOT NULL")
    practice.at(now + 2 * MINUTE)
    choosing.find(world.runtime)
    world.send_all()
    assert "choose another time here: http" in practice.last
    assert world.tasks() == ["another_time"]


def test_where_there_is_no_other_time_the_link_goes_alone(practice: Practice) -> None:
    practice.house.rows(
        "INSERT INTO absences (id, resource_id, during, reason, entered_at)"
        " SELECT gen_random_uuid(), id, tstzrange(now(), now() + interval '900 days'), 'vacation', now()"
        " FROM resources WHERE kind = 'therapist' RETURNING 1"
    )
    practice.texts("R", FIRST - 46 * timedelta(hours=1))
    assert "choose another time here: http" in practice.last
    assert practice.world.tasks() == ["another_time"]


def test_asked_twice_before_the_answer_it_is_one_question_and_asked_after_it_another(practice: Practice) -> None:
    now = FIRST - 46 * timedelta(hours=1)
    practice.at(now)
    text_in(practice.world, "R")
    practice.texts("R", now + MINUTE)
    assert len(practice.world.messages(kind="other_times")) == 1
    practice.texts("R", now + 5 * MINUTE)
    assert [m.state in ("sent", "delivered") for m in practice.world.messages(kind="other_times")] == [True, True]


def test_times_for_a_visit_that_moved_meanwhile_are_not_sent(practice: Practice) -> None:
    now = FIRST - 46 * timedelta(hours=1)
    practice.at(now)
    text_in(practice.world, "R")
    moved = practice.house.ask(
        "POST", f"/sessions/{practice.visits[0]}/move", {"start_at": "2027-03-05T14:00:00-05:00"}
    )
    assert moved.status_code == 200
    practice.settle()
    assert practice.world.messages(kind="other_times") == []


def test_after_a_confirmation_of_a_series_the_next_visit_is_meant(world: World, practice: Practice) -> None:
    practice.world.query("DELETE FROM messages WHERE kind LIKE 'reminder%'")
    practice.texts("R", FIRST - 40 * timedelta(hours=1))
    assert str(practice.world.message("other_times").session_id) == practice.visits[0]


def test_only_a_service_or_the_staff_may_ask_for_other_times(practice: Practice) -> None:
    path = f"/sessions/{practice.visits[0]}/alternatives"
    assert practice.house.ask("POST", path, {}, role="service").status_code == 200
    assert practice.house.ask("POST", path, {}, role="physician").status_code == 403


def test_somebody_elses_visit_is_never_moved(practice: Practice, story: Story) -> None:
    practice.texts("R", FIRST - 46 * timedelta(hours=1))
    text_in(practice.world, "1")
    [event] = [one for one in _taken(practice.world.runtime) if one.event_name() == "time_chosen"]
    worker: Any = BookingWorker()
    worker.runtime = practice.house.running
    stranger = replace(event, patient_id=Story().patient_id)  # type: ignore[type-var]
    practice.house.receive(stranger, worker.handlers()[event.event_type()])
    assert practice.starts == FIRST
    assert practice.house.rows("SELECT state, error FROM inbox WHERE state <> 'done'") == [("retry", "NotFound")]


def test_no_transaction_is_open_while_booking_is_asked(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def looked(*args: Any) -> list[datetime]:
        busy = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in trans%'"
        )
        # a webhook may be at work; a transaction of ours would stay open as long as we wait
        eventually(lambda: practice.world.query(busy)[0][0] == 0)
        seen.append("closed")
        return []

    monkeypatch.setattr(choosing, "_ask_booking", looked)
    practice.texts("R", FIRST - 46 * timedelta(hours=1))
    assert seen == ["closed"]


def test_within_the_notice_there_are_no_times_but_a_call(practice: Practice) -> None:
    now = FIRST - 23 * timedelta(hours=1)
    practice.at(now - MINUTE)
    practice.world.send_all()
    practice.texts("R", now)
    assert practice.world.messages(kind="other_times") == []
    assert "will call you" in practice.last
    assert practice.world.tasks() == ["another_time"]


def test_the_desks_task_is_done_once_the_visit_has_another_time(practice: Practice) -> None:
    practice.texts("R", FIRST - 23 * timedelta(hours=1))
    assert practice.world.tasks() == ["another_time"]
    moved = practice.house.ask(
        "POST", f"/sessions/{practice.visits[0]}/move", {"start_at": "2027-03-05T14:00:00-05:00"}
    )
    assert moved.status_code == 200
    practice.settle()
    assert practice.world.tasks() == []


def test_a_move_from_before_they_asked_leaves_the_task_open(practice: Practice) -> None:
    practice.texts("R", FIRST - 23 * timedelta(hours=1))
    visit_id = UUID(practice.visits[0])
    with practice.world.runtime.sessions.begin() as session:
        desk.has_another_time(session, visit_id, FIRST - 30 * timedelta(hours=1))
    assert practice.world.tasks() == ["another_time"]


def test_a_choice_that_comes_too_late_is_answered_by_a_call(practice: Practice) -> None:
    practice.texts("R", FIRST - 46 * timedelta(hours=1))
    practice.texts("1", FIRST - 23 * timedelta(hours=1))
    practice.settle()
    assert practice.starts == FIRST
    assert "will call you" in practice.last
    assert practice.world.tasks() == ["another_time"]


def answer(*starts: datetime, now: datetime = FIRST) -> dict[str, Any]:
    return json.loads(
        json.dumps(
            {
                "now": {"start_at": now.isoformat()},
                "alternatives": [{"start_at": at.isoformat(), "therapist": n} for n, at in enumerate(starts)],
            }
        )
    )  # type: ignore[no-any-return]


def test_the_best_different_times_are_offered_in_their_order_in_time() -> None:
    days = [FIRST + timedelta(days=n) for n in range(6)]
    found = best([answer(days[5], days[5], days[0], days[2]), answer(days[1], days[3])], NOW)
    assert found == [days[1], days[2], days[5]]
    assert best([answer(NOW + MINUTE, NOW + timedelta(hours=2))], NOW) == [NOW + timedelta(hours=2)]
    assert best([answer()], NOW) == []


def test_a_refusal_that_is_told_twice_or_of_something_unknown_asks_once(practice: Practice) -> None:
    now = FIRST - 46 * timedelta(hours=1)
    practice.texts("R", now)
    text_in(practice.world, "1")
    [chosen] = published(practice.world, "time_chosen")
    [(referral_id, patient_id)] = practice.world.query(
        "SELECT referral_id, patient_id FROM visits WHERE id = CAST(:id AS uuid)", id=practice.visits[0]
    )
    refused = told_by_booking.ChoiceRefused(
        version=1, reply_id=chosen["reply_id"], session_id=practice.visits[0], referral_id=referral_id,
        patient_id=patient_id, starts_at=FIRST, refused_at=now + MINUTE,
    )  # type: ignore[arg-type]  # fmt: skip
    practice.world.tell(refused, refused, replace(refused, reply_id=Story().offer_id))
    assert choosing.find(practice.runtime) == 1
    assert len(practice.world.messages(kind="time_gone")) == 1
