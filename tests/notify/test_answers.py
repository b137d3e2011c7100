"""What patients answer to offers and reminders, in two languages, and what comes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.notify.questions import Ambiguous, Kind, Question, answered
from services.notify.understanding import Word, meaning_of
from tests.notify.facts import NOW, PATIENT_PHONE, Story
from tests.notify.test_hooks import text_in
from tests.notify.world import World

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("body", "meaning"),
    [
        ("YES", "yes"), ("yes please", "yes"), ("Sí, gracias!", "yes"), ("si", "yes"), ("y", "yes"), ("OK.", "yes"),
        ("No.", "no"), ("no thank you", "no"), ("N", "no"), ("x", "cannot"), ("C", "confirm"), ("confirmo", "confirm"),
        ("1", "first"), ("2)", "second"), ("STOP", "stop"), ("Cancel", "stop"), ("help", "help"),
        ("yes but at 4", "unclear"), ("no puedo, a las 4?", "unclear"), ("", "unclear"), ("👍", "unclear"),
    ],
)  # fmt: skip
def test_words_are_understood_whatever_their_case_accents_and_manners(body: str, meaning: str) -> None:
    assert meaning_of(body, opted_out=False) == meaning


def asked(kind: Kind, minutes: int, confirmed: bool = False, starts_at: datetime = NOW) -> Question:
    return Question(kind, uuid4(), UUID(int=1), starts_at, NOW + minutes * MINUTE, confirmed)


@pytest.mark.parametrize("word", ["yes", "no"])
def test_the_newest_question_is_answered(word: Word) -> None:
    reminder, offer = asked("reminder", 0), asked("offer", 5)
    assert answered(word, [reminder, offer]) == offer
    later = asked("reminder", 9)
    assert answered(word, [reminder, offer, later]) == later


@pytest.mark.parametrize(("word", "kind"), [("confirm", "reminder"), ("first", "offer"), ("cannot", "reminder")])
def test_a_word_that_fits_one_question_only_answers_that_one(word: Word, kind: str) -> None:
    found = answered(word, [asked("offer", 5), asked("reminder", 5)])
    assert found
    assert found.kind == kind


@pytest.mark.parametrize("second", ["reminder", "cancel_check", "offer"])
def test_two_questions_put_at_once_are_for_a_person(second: Kind) -> None:
    with pytest.raises(Ambiguous):
        answered("no", [asked("offer", 0), asked(second, 0)])


def test_a_yes_to_the_question_whether_to_cancel_is_for_a_person() -> None:
    with pytest.raises(Ambiguous):
        answered("yes", [asked("cancel_check", 0)])


def test_a_confirmed_visit_cannot_be_confirmed_but_it_can_be_cancelled() -> None:
    reminder = asked("reminder", 0, confirmed=True)
    assert answered("yes", [reminder]) is None
    assert answered("no", [reminder]) == reminder


def published(world: World, event: str) -> list[dict[str, Any]]:
    bodies = world.query("SELECT body FROM outbox WHERE routing_key = :key ORDER BY id", key=f"notify.{event}")
    return [json.loads(body)["data"] for (body,) in bodies]


def texts(world: World) -> list[str]:
    return [text["body"] for text in world.sandbox.texts(to=PATIENT_PHONE)]


@pytest.fixture
def offered(world: World, story: Story) -> Story:
    """A patient was sent the offer of a freed time."""
    world.tell(*story.all_booked(), story.offered())
    world.send_all()
    return story


def test_an_offer_asks_for_yes_or_no_and_says_until_when(world: World, offered: Story) -> None:
    [body] = [body for body in texts(world) if "is free for you" in body]
    assert "Fri Mar 5 at 10:00 AM is free for you. Reply YES to take it or NO, by Tue Mar 2, 12:00 PM" in body


@pytest.mark.parametrize(("word", "accepted"), [("Yes", True), ("sí", True), ("1", True), ("no", False), ("2", False)])
def test_the_answer_to_an_offer_is_told_once(world: World, offered: Story, word: str, accepted: bool) -> None:
    text_in(world, word)
    text_in(world, word)
    [told] = published(world, "offer_answered")
    assert (told["offer_id"], told["accepted"]) == (str(offered.offer_id), accepted)
    assert world.tasks() == []


def test_a_patient_who_changes_their_mind_is_for_the_desk(world: World, offered: Story) -> None:
    text_in(world, "YES")
    text_in(world, "NO")
    assert len(published(world, "offer_answered")) == 1
    assert world.tasks() == ["read_reply"]


def test_an_offer_is_answered_though_a_visit_was_reminded_of_before(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    for minutes in (110, 100):
        world.at(story.starts[0] - minutes * MINUTE)
        world.send_all()
    now = story.starts[0] - 95 * MINUTE
    world.at(now)
    world.tell(story.offered(at=now, starts_at=now + timedelta(days=3), answer_by=now + timedelta(hours=1)))
    world.send_all()
    world.at(now + 5 * MINUTE)
    text_in(world, "YES")
    assert len(published(world, "offer_answered")) == 1
    assert published(world, "patient_replied") == []
    text_in(world, "C")
    assert len(published(world, "patient_replied")) == 1


def test_an_accepted_offer_is_confirmed_at_once_by_the_new_time_alone(world: World, offered: Story) -> None:
    text_in(world, "YES")
    to, at = NOW + timedelta(days=3), NOW + MINUTE
    world.at(at)
    world.tell(offered.moved(1, to=to, at=at, by="patient"), offered.offer_ended("accepted", at=at))
    world.send_all()
    assert "is now Fri Mar 5 at 10:00 AM" in texts(world)[-1]
    assert world.messages(kind="offer_ended") == []


def test_a_time_that_somebody_else_took_is_told_to_who_was_offered_it(world: World, offered: Story) -> None:
    world.tell(offered.offer_ended("taken", at=NOW + 5 * MINUTE))
    world.at(NOW + 5 * MINUTE)
    world.send_all()
    assert "is no longer free" in texts(world)[-1]
    text_in(world, "YES")
    world.send_all()
    assert len(world.messages(kind="offer_ended")) == 1, "and not twice"


def test_a_yes_that_comes_too_late_gets_one_polite_answer(world: World, offered: Story) -> None:
    later = NOW + timedelta(hours=3)
    world.tell(offered.offer_ended("lapsed", at=NOW + timedelta(hours=2)))
    world.at(later)
    assert world.messages(kind="offer_ended") == []
    text_in(world, "yes")
    text_in(world, "yes")
    world.send_all()
    assert len([body for body in texts(world) if "is no longer free" in body]) == 1
    assert published(world, "offer_answered") == []
    assert world.tasks() == []


def test_a_yes_at_the_last_moment_that_booking_refuses_is_answered(world: World, offered: Story) -> None:
    text_in(world, "YES")
    world.tell(offered.offer_ended("lapsed", at=NOW + MINUTE))
    world.at(NOW + MINUTE)
    world.send_all()
    assert "is no longer free" in texts(world)[-1]


def test_an_offer_that_ended_before_it_left_is_never_sent(world: World, story: Story) -> None:
    world.tell(*story.all_booked(), story.offered(), story.offer_ended("lapsed", at=NOW))
    world.send_all()
    assert world.message("waitlist_offer").state == "superseded"


def test_an_offer_known_before_its_patient_is_sent_when_they_arrive(world: World, story: Story) -> None:
    world.tell(story.clinic(), story.offered(), story.patient())
    assert world.message("waitlist_offer").state == "planned"


@pytest.fixture
def reminded(world: World, story: Story) -> Story:
    world.tell(*story.all_booked())
    world.at(story.starts[0] - 110 * MINUTE)
    world.send_all()
    world.at(story.starts[0] - 100 * MINUTE)
    return story


@pytest.mark.parametrize("word", ["N", "X", "no"])
def test_who_cannot_come_is_asked_once_and_cancels_by_saying_it_again(world: World, reminded: Story, word: str) -> None:
    text_in(world, word)
    text_in(world, word)
    assert published(world, "patient_replied") == [], "nothing was asked yet"
    world.send_all()
    assert "cancel your visit of Sun Mar 7 at 10:00 AM? Reply N again" in texts(world)[-1]
    world.at(reminded.starts[0] - 95 * MINUTE)
    text_in(world, "N")
    text_in(world, "N")
    [told] = published(world, "patient_replied")
    assert (told["intent"], told["session_id"]) == ("cancel", str(reminded.sessions[0]))
    assert world.tasks() == []


def test_who_then_comes_after_all_confirms(world: World, reminded: Story) -> None:
    text_in(world, "N")
    world.send_all()
    world.at(reminded.starts[0] - 95 * MINUTE)
    text_in(world, "C")
    [told] = published(world, "patient_replied")
    assert told["intent"] == "confirm"
    text_in(world, "N")
    world.send_all()
    assert len([body for body in texts(world) if "Reply N again" in body]) == 2, "and may change their mind"
    assert len(published(world, "patient_replied")) == 1


def test_a_visit_that_moved_since_is_not_cancelled_by_an_old_question(world: World, reminded: Story) -> None:
    text_in(world, "N")
    world.send_all()
    now = reminded.starts[0] - 95 * MINUTE
    world.at(now)
    world.tell(reminded.moved(1, at=now))
    text_in(world, "N")
    assert published(world, "patient_replied") == []


def test_no_before_any_question_is_for_the_desk(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    text_in(world, "N")
    assert world.tasks() == ["read_reply"]


def test_what_is_for_the_desk_comes_with_the_conversation(
    world: World, offered: Story, ask: Callable[..., Any]
) -> None:
    world.at(NOW + 5 * MINUTE)
    text_in(world, "Could it be at four?")
    [task] = ask("GET", "/tasks", "desk").json
    assert [line.get("kind") or line["text"] for line in task["conversation"]][-1] == "Could it be at four?"
    assert {line.get("kind") for line in task["conversation"]} == {"series_confirmation", "waitlist_offer", None}
