"""What patients answer to offers and reminders, in two languages, and what comes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.chassis.ids import new_id
from services.notify.talk.questions import Ambiguous, Kind, Question, answered
from services.notify.talk.understanding import Word
from tests.notify.facts import NOW, PATIENT_PHONE, Story
from tests.notify.test_hooks import text_in
from tests.notify.world import World

MINUTE = timedelta(minutes=1)


def asked(
    kind: Kind, minutes: int, confirmed: bool = False, starts_at: datetime = NOW, **more: Any
) -> Question:  # fmt: skip
    return Question(kind, uuid4(), UUID(int=1), starts_at, NOW + minutes * MINUTE, confirmed, **more)


@pytest.mark.parametrize("word", ["yes", "no"])
def test_the_newest_question_is_answered(word: Word) -> None:
    reminder, offer = asked("reminder", 0), asked("offer", 5)
    assert answered(word, [reminder, offer]) == [offer]
    later = asked("reminder", 9)
    assert answered(word, [reminder, offer, later]) == [later]


@pytest.mark.parametrize(("word", "kind"), [("confirm", "reminder"), ("first", "offer"), ("cannot", "reminder")])
def test_a_word_that_fits_one_question_only_answers_that_one(word: Word, kind: str) -> None:
    [found] = answered(word, [asked("offer", 5), asked("reminder", 5)])
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
    assert answered("yes", [reminder]) == []
    assert answered("no", [reminder]) == [reminder]


def test_c_counts_for_all_the_visits_that_one_reminder_told_of_and_x_for_none_of_them() -> None:
    together = uuid4()
    both = [asked("reminder", 0, starts_at=NOW + n * MINUTE, message_id=together) for n in (9, 5)]
    assert answered("confirm", both) == [both[1], both[0]]
    for word in ("no", "cannot", "another"):
        with pytest.raises(Ambiguous):
            answered(word, both)  # type: ignore[arg-type]


def test_of_two_reminders_of_their_own_the_visit_that_comes_first_is_answered() -> None:
    near, later = (asked("reminder", 0, starts_at=NOW + n * MINUTE, message_id=uuid4()) for n in (5, 9))
    assert answered("cannot", [later, near]) == [near]


def test_two_offers_that_can_be_had_are_never_told_apart_by_a_yes() -> None:
    first, second = asked("offer", 0), asked("offer", 30)
    for word in ("yes", "no", "first"):
        with pytest.raises(Ambiguous):
            answered(word, [first, second])  # type: ignore[arg-type]
    assert answered("yes", [asked("offer", 0, over=True), second]) == [second]


def test_digits_are_of_the_newest_list() -> None:
    offer, times = asked("offer", 0), asked("times", 5, times=(NOW, NOW + MINUTE))
    assert answered("second", [offer, times]) == [times]
    assert answered("first", [times, asked("offer", 9)])[0].kind == "offer"
    with pytest.raises(Ambiguous):
        answered("third", [offer, times])


@pytest.mark.parametrize("word", ["yes", "no", "okay"])
def test_a_choice_is_not_answered_by_yes_or_no(word: Word) -> None:
    with pytest.raises(Ambiguous):
        answered(word, [asked("times", 5, times=(NOW,))])


def test_another_time_is_wanted_for_the_visit_that_was_told_of_last() -> None:
    news, reminder = asked("news", 5), asked("reminder", 0)
    assert answered("another", [news, reminder]) == [news]
    assert answered("confirm", [news, reminder]) == [reminder]


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


def test_a_yes_to_two_offers_is_for_a_person_who_calls(world: World, offered: Story) -> None:
    other = new_id()
    world.at(NOW + 5 * MINUTE)
    second = {"offer_id": other, "starts_at": NOW + timedelta(days=4)}
    world.tell(offered.offered(at=NOW + 5 * MINUTE, answer_by=NOW + timedelta(hours=3), **second))
    world.send_all()
    text_in(world, "YES")
    text_in(world, "YES!")
    world.send_all()
    assert published(world, "offer_answered") == []
    assert world.tasks() == ["read_reply", "read_reply"]
    assert [m.state in ("sent", "delivered") for m in world.messages(kind="we_will_call")] == [True], "once a day"


def test_x_to_a_reminder_of_two_visits_is_for_a_person_with_both(world: World, story: Story) -> None:
    story.starts = (story.starts[0], story.starts[0] + timedelta(hours=1), story.starts[2])
    world.tell(*story.all_booked())
    world.at(story.starts[0] - 110 * MINUTE)
    world.send_all()
    text_in(world, "X")
    world.send_all()
    [reminder] = [m for m in world.messages() if m.kind == "reminder_120" and m.sent_at]
    assert reminder.covers
    assert [visit["session_id"] for visit in reminder.covers] == [str(id_) for id_ in story.sessions[:2]]
    assert world.query("SELECT kind, message_id FROM tasks") == [("read_reply", reminder.id)]
    assert published(world, "patient_replied") == []
    assert world.message("we_will_call").sent_at
    assert world.messages(kind="cancel_check") == []


def test_a_late_no_after_a_c_is_asked_about(world: World, reminded: Story) -> None:
    text_in(world, "C")
    world.tell(reminded.confirmed(1))
    world.at(reminded.starts[0] - 50 * MINUTE)
    text_in(world, "sorry, I can't make it")
    world.send_all()
    assert "Reply N again" in texts(world)[-1]
    world.at(reminded.starts[0] - 45 * MINUTE)
    text_in(world, "n")
    assert [told["intent"] for told in published(world, "patient_replied")] == ["confirm", "cancel"]


def test_a_reply_is_of_the_visit_it_answers_though_another_is_near(world: World, story: Story) -> None:
    story.starts = (story.starts[0], story.starts[0] + timedelta(days=1), story.starts[2])
    world.tell(*story.all_booked())
    for number in (1, 2):
        world.at(story.starts[number - 1] - timedelta(hours=47))
        world.send_all()
    text_in(world, "I cannot come")
    assert world.message("cancel_check").session_id == story.sessions[1]


@pytest.mark.parametrize("word", ["Thanks!", "ok", "👍", "Liked “Harbor Massage: your visits are booked”"])
def test_manners_need_nobody(world: World, story: Story, word: str) -> None:
    world.tell(*story.all_booked())
    world.send_all()
    text_in(world, word)
    assert world.tasks() == []
    assert published(world, "patient_replied") == []


def test_what_is_not_understood_is_for_the_desk_and_the_patient_learns_it_once_a_day(
    world: World, offered: Story
) -> None:
    for minutes in (5, 10, 60 * 23):
        world.at(NOW + minutes * MINUTE)
        text_in(world, f"Could it be at four? {minutes}")
        world.send_all()
    assert len(world.tasks()) == 3
    assert len(world.messages(kind="we_will_call")) == 1
    world.at(NOW + 25 * 60 * MINUTE)
    text_in(world, "Hello?")
    assert len(world.messages(kind="we_will_call")) == 2


def test_a_family_that_shares_a_number_is_told_once_that_somebody_will_call(world: World, offered: Story) -> None:
    sister = Story()
    world.tell(sister.patient(), *sister.booking())
    text_in(world, "Who of us?")
    text_in(world, "Hello?")
    assert len(world.messages(kind="we_will_call")) == 1
