"""What the desk decides about a message whose fate nobody can tell, or that failed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.chassis.ids import new_id
from services.chassis.refusals import NotFound
from services.notify import desk
from services.notify.models import Message
from services.notify.people import addresses
from services.notify.sending import by_hand, settle
from services.notify.sending.dispatch import dispatch_due
from services.notify.transports.answer import Answer, Meaning
from services.notify.why import message as why
from tests.notify.facts import NOW, Story
from tests.notify.test_dispatch import Scripted, send_by
from tests.notify.world import World


def decided(world: World, act: Callable[..., Message], message: Message) -> Message:
    with world.runtime.sessions.begin() as session:
        return act(session, message.id)


def a_text(world: World, story: Story, answer: Answer, **facts: Any) -> Message:
    """The confirmation, after this answer of the provider's."""
    world.tell(story.clinic(), story.patient(**facts), *story.booking())
    send_by(world, Scripted(answer))
    return world.message("series_confirmation", channel="text")


def an_unresolved(world: World, story: Story) -> Message:
    """Nobody can tell, and the desk was asked."""
    message = a_text(world, story, Answer(Meaning.UNKNOWN, code="ReadTimeout"))
    world.query("UPDATE messages SET look_at = NULL WHERE id = :id", id=message.id)
    return message


def a_failed(world: World, story: Story, reason: str = "unreachable:30003") -> Message:
    message = a_text(world, story, Answer(Meaning.UNKNOWN))
    world.query("UPDATE messages SET state = 'failed', reason = :reason WHERE id = :id", id=message.id, reason=reason)
    return message


def test_what_nobody_can_tell_about_is_sent_again_when_the_desk_says_so(world: World, story: Story) -> None:
    message = decided(world, by_hand.resend, an_unresolved(world, story))
    assert message.state == "planned"
    assert [entry["what"] for entry in message.trail][-1] == "resent"
    assert world.query("SELECT count(*) FROM audit WHERE act = 'message_resent'") == [(1,)]
    way_out = Scripted()
    send_by(world, way_out)
    assert [letter.message_id for letter in way_out.sent if letter.channel == "text"] == [message.id]


def test_a_failed_one_is_sent_again_and_its_task_is_done(world: World, story: Story) -> None:
    message = a_failed(world, story)
    with world.runtime.sessions.begin() as session:
        desk.ask_about(session, "not_delivered", message)
    assert decided(world, by_hand.resend, message).state == "planned"
    assert world.tasks() == []


def test_what_may_still_be_found_out_is_not_sent_again(world: World, story: Story) -> None:
    message = a_text(world, story, Answer(Meaning.UNKNOWN, code="ReadTimeout"))
    for act in (by_hand.resend, by_hand.mark_sent):
        with pytest.raises(by_hand.StillFindingOut):
            decided(world, act, message)
    assert world.message(message.kind).state == "unknown"


def test_while_the_provider_cannot_be_asked_it_may_be_marked_sent_but_not_sent_again(
    world: World, story: Story
) -> None:
    message = a_text(world, story, Answer(Meaning.UNKNOWN, code="ReadTimeout"))
    with world.runtime.sessions.begin() as session:
        desk.ask_about(session, "unknown_delivery", message)
    with pytest.raises(by_hand.StillFindingOut):
        decided(world, by_hand.resend, message)
    marked = decided(world, by_hand.mark_sent, message)
    assert (marked.state, marked.look_at, marked.reason) == ("sent", None, "marked_sent")
    assert marked.sent_at is not None
    assert [entry["what"] for entry in marked.trail][-1] == "marked_sent"
    assert world.tasks() == []


def test_past_its_time_it_is_not_sent_again(world: World, story: Story) -> None:
    message = an_unresolved(world, story)
    world.at(message.send_before + timedelta(seconds=1))
    with pytest.raises(by_hand.TooLate):
        decided(world, by_hand.resend, message)


def test_words_that_the_provider_refuses_are_not_sent_again(world: World, story: Story) -> None:
    with pytest.raises(by_hand.SameWords):
        decided(world, by_hand.resend, a_failed(world, story, "content:30007"))


def test_what_was_told_by_e_mail_is_not_sent_again_as_a_text(world: World, story: Story) -> None:
    message = a_text(world, story, Answer(Meaning.WRONG_ADDRESS, code="30005"), email_consent=True)
    assert world.message("series_confirmation", channel="email")
    with pytest.raises(by_hand.NotWanted):
        decided(world, by_hand.resend, message)


def test_who_must_not_be_written_to_is_not_written_to_again(world: World, story: Story) -> None:
    message = a_text(world, story, Answer(Meaning.OPTED_OUT, code="21610"), email_consent=False)
    world.query("DELETE FROM messages WHERE channel = 'desk'")
    with pytest.raises(by_hand.NotWanted):
        decided(world, by_hand.resend, message)


def test_a_reminder_of_a_visit_that_was_cancelled_since_is_not_sent_again(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    world.at(story.starts[0] - timedelta(minutes=110))
    send_by(world, Scripted(*[Answer(Meaning.UNKNOWN)] * 9))
    message = world.message("reminder_120", session_id=story.sessions[0])
    world.query("UPDATE messages SET look_at = NULL WHERE id = :id", id=message.id)
    world.tell(story.cancelled(1, at=NOW + timedelta(minutes=1)))
    with pytest.raises(by_hand.NotWanted):
        decided(world, by_hand.resend, message)
    assert world.message("reminder_120", session_id=story.sessions[0]).state == "unknown"


def with_its_email(world: World, story: Story, state: str) -> Message:
    """A text to a wrong number, and what became of the e-mail that tells it instead."""
    message = a_text(world, story, Answer(Meaning.WRONG_ADDRESS, code="30005"))
    world.query("UPDATE messages SET state = :state WHERE channel = 'email'", state=state)
    return message


@pytest.mark.parametrize("state", ["sending", "unknown", "sent", "delivered"])
def test_a_failed_text_is_not_marked_as_sent_when_its_email_told_it(world: World, story: Story, state: str) -> None:
    message = with_its_email(world, story, state)
    with pytest.raises(by_hand.ToldOtherwise) as refused:
        decided(world, by_hand.mark_sent, message)
    email = world.message("series_confirmation", channel="email")
    assert refused.value.facts == {"channel": "email", "state": state, "message_id": str(email.id)}
    assert world.message("series_confirmation", channel="text").state == "failed"


@pytest.mark.parametrize("state", ["failed", "expired", "superseded"])
def test_a_failed_text_is_marked_as_sent_when_its_email_did_not_tell_it_either(
    world: World, story: Story, state: str
) -> None:
    assert decided(world, by_hand.mark_sent, with_its_email(world, story, state)).state == "sent"
    assert world.message("series_confirmation", channel="email").state == state


@pytest.mark.parametrize("state", ["planned", "sending", "unknown", "sent", "delivered"])
def test_a_text_whose_email_goes_or_went_instead_is_not_sent_again(world: World, story: Story, state: str) -> None:
    message = unreachable_with_its_email(world, story, state)
    with pytest.raises(by_hand.NotWanted):
        decided(world, by_hand.resend, message)


@pytest.mark.parametrize("state", ["failed", "expired", "superseded"])
def test_a_text_whose_email_failed_too_is_sent_again(world: World, story: Story, state: str) -> None:
    message = unreachable_with_its_email(world, story, state)
    assert decided(world, by_hand.resend, message).state == "planned"
    way_out = Scripted()
    send_by(world, way_out)
    assert [letter.channel for letter in way_out.sent] == ["text"]


def unreachable_with_its_email(world: World, story: Story, state: str) -> Message:
    message = a_failed(world, story)
    world.tell(story.patient(2))
    world.query("UPDATE messages SET state = :state WHERE channel = 'email'", state=state)
    assert world.message("series_confirmation", channel="email")
    return message


def test_who_was_called_gets_no_email_instead(world: World, story: Story) -> None:
    decided(world, by_hand.mark_sent, with_its_email(world, story, "planned"))
    email = world.message("series_confirmation", channel="email")
    assert (email.state, email.reason) == ("superseded", "told_already")
    assert email.trail[-1]["message"] == str(world.message("series_confirmation", channel="text").id)
    way_out = Scripted()
    send_by(world, way_out)
    assert way_out.sent == []


@pytest.mark.parametrize("state", ["planned", "sending", "unknown", "sent", "delivered"])
def test_what_is_told_another_way_does_not_wait_for_the_desk(world: World, story: Story, state: str) -> None:
    message = with_its_email(world, story, state)
    with world.runtime.sessions.begin() as session:
        assert not why.of(session, message.id).waits_for_desk
    world.query("UPDATE messages SET state = 'failed' WHERE channel = 'email'")
    with world.runtime.sessions.begin() as session:
        assert why.of(session, message.id).waits_for_desk


def test_what_the_desk_told_itself_is_not_told_instead_when_its_text_fails_after_all(
    world: World, story: Story
) -> None:
    message = an_unresolved(world, story)
    decided(world, by_hand.mark_sent, message)
    [(attempt,)] = world.query("SELECT id FROM attempts")
    with world.runtime.sessions.begin() as session:
        book = addresses.book_of(world.runtime)
        settle.heard(session, book, attempt, Answer(Meaning.WRONG_ADDRESS, "SM1", "30005"))
    assert world.message("series_confirmation").state == "sent"
    assert not world.messages(kind="series_confirmation", channel="email")
    assert world.query("SELECT reason FROM blocks") == [("wrong_address",)], "its number is wrong all the same"


def test_what_was_to_an_erased_person_is_nobodys(world: World, story: Story) -> None:
    message = a_failed(world, story, "erased")
    for act in (by_hand.resend, by_hand.mark_sent):
        with pytest.raises(by_hand.NotTheDesks):
            decided(world, act, message)


@pytest.mark.parametrize("state", ["planned", "sending", "sent", "delivered", "expired", "superseded"])
def test_only_what_failed_or_is_unknown_is_the_desks(world: World, story: Story, state: str) -> None:
    message = an_unresolved(world, story)
    world.query("UPDATE messages SET state = :state WHERE id = :id", state=state, id=message.id)
    for act in (by_hand.resend, by_hand.mark_sent):
        with pytest.raises(by_hand.NotTheDesks):
            decided(world, act, message)


def test_what_does_not_exist_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        decided(world, by_hand.resend, Message(id=new_id()))


def test_a_late_answer_stops_the_second_sending(world: World, story: Story) -> None:
    message = an_unresolved(world, story)
    decided(world, by_hand.resend, message)
    attempt = world.query("SELECT id FROM attempts WHERE message_id = :id", id=message.id)[0][0]
    with world.runtime.sessions.begin() as session:
        settle.heard(
            session, addresses.AddressBook(world.runtime.seal, b"-"), attempt, Answer(Meaning.DELIVERED, "SM1")
        )
    assert dispatch_due(world.runtime, {}) == 0
    assert world.message("series_confirmation", channel="text").state == "delivered"
