"""From claimed rows to letters: facts from what is known, links made for all of them at once, and few questions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert

from services.chassis.ids import new_id
from services.notify import models
from services.notify.people.addresses import book_of
from services.notify.sending import compose
from services.notify.settings import settings_of
from services.notify.transports.answer import Letter
from services.notify.wording import facts, words
from tests.notify.facts import NOW, PATIENT_EMAIL, PATIENT_PHONE, Story
from tests.notify.sayings import covering
from tests.notify.world import World


@pytest.fixture
def booked(world: World, story: Story) -> Story:
    world.tell(*story.all_booked())
    return story


def write(world: World, story: Story, kind: str, channel: str = "text", **about: Any) -> Letter | None:
    """The letter of one message of this kind about the first visit."""
    [letter] = write_all(world, [row(story, kind, channel, **about)])
    return letter


def row(story: Story, kind: str, channel: str = "text", **about: Any) -> dict[str, Any]:
    to_physician = kind in compose.REPORTS or kind.startswith("referral_")
    return {
        "id": new_id(), "attempt_id": new_id(), "subject_id": new_id(), "kind": kind, "channel": channel, "by": None,
        "recipient": story.physician_id if to_physician else story.patient_id, "starts_at": story.starts[0],
        "role": "physician" if to_physician else "patient", "patient_id": story.patient_id, "covers": None,
        "referral_id": story.referral_id, "series_id": story.series_id, "session_id": story.sessions[0],
        "zone": "America/New_York", "state": "sending", "due_at": NOW, "ready_at": NOW, "was_at": None,
        "send_before": NOW + timedelta(days=1), "fence": 1, "happened_at": None,
    } | about  # fmt: skip


def write_all(world: World, rows: list[dict[str, Any]]) -> list[Letter | None]:
    with world.runtime.sessions.begin() as session:
        session.execute(insert(models.Message), rows)
        book, settings = book_of(world.runtime), settings_of(world.runtime)
        found = {m.id: made for m, made in compose.letters(session, settings, book, [one["id"] for one in rows])}
    return [found[one["id"]] for one in rows]


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    said: list[str] = []
    event.listen(world.runtime.engine, "before_cursor_execute", listener := lambda *a: said.append(a[2]))
    yield said
    event.remove(world.runtime.engine, "before_cursor_execute", listener)


def text_of(letter: Letter | None) -> str:
    assert letter
    return letter.text


def test_a_hundred_letters_ask_as_often_as_one(world: World, booked: Story) -> None:
    kinds = [("reminder_120", "text"), ("reminder_120", "email"), ("series_confirmation", "text"), ("moved", "email")]
    rows = [row(booked, *kinds[number % 4], was_at=NOW) for number in range(100)]
    with statements(world) as said:
        assert all(write_all(world, rows))
    questions = [one for one in said if not one.startswith("INSERT INTO messages")]
    assert len(questions) <= 4, questions


def test_a_reminder_by_text_needs_no_link(world: World, booked: Story) -> None:
    assert "/l/" not in text_of(write(world, booked, "reminder_120"))
    assert world.query("SELECT 1 FROM links") == []


@pytest.mark.parametrize(
    ("kind", "channel", "purposes"),
    [
        ("invitation", "text", {"book"}),
        ("series_confirmation", "text", {"series"}),
        ("moved", "text", {"choose"}),
        ("reminder_120", "email", {"choose", "preferences"}),
        ("aftercare", "email", {"series", "preferences"}),
        ("referral_declined", "email", {"referral", "preferences"}),
        ("session_update", "email", {"report", "preferences"}),
    ],
)
def test_a_link_opens_what_the_message_is_about(
    world: World, booked: Story, kind: str, channel: str, purposes: set[str]
) -> None:
    letter = write(world, booked, kind, channel, was_at=NOW)
    made = world.query("SELECT purpose, object_id, role, expires_at FROM links")
    assert {one.purpose for one in made} == purposes
    objects = {
        "book": booked.referral_id, "series": booked.series_id, "choose": booked.sessions[0],
        "referral": booked.referral_id, "report": booked.series_id,
    }  # fmt: skip
    assert all(one.object_id == objects.get(one.purpose, letter and _recipient(booked, kind)) for one in made)
    assert all(one.expires_at > NOW + timedelta(days=4) for one in made)
    assert text_of(letter).count("http://127.0.0.1") == len(purposes)


def _recipient(story: Story, kind: str) -> Any:
    return story.physician_id if kind in ("referral_declined", "session_update") else story.patient_id


def test_two_messages_about_one_thing_carry_the_same_link(world: World, booked: Story) -> None:
    first, second = (text_of(write(world, booked, kind)) for kind in ("series_confirmation", "aftercare"))
    assert first[first.index("/l/") :][:25] == second[second.index("/l/") :][:25]


def test_times_are_the_places_even_where_the_patient_lives_elsewhere(world: World, booked: Story) -> None:
    assert "Sun Mar 7 at 10:00 AM" in text_of(write(world, booked, "reminder_120", zone="America/Los_Angeles"))
    world.query("UPDATE visits SET timezone = 'America/Chicago'")
    assert "Sun Mar 7 at 9:00 AM" in text_of(write(world, booked, "reminder_60", zone="America/Los_Angeles"))


def test_a_reminder_of_two_visits_asks_until_both_are_confirmed(world: World, booked: Story) -> None:
    both = covering(booked.starts[0], booked.starts[0] + timedelta(hours=3))
    for visit, id_ in zip(both, booked.sessions, strict=False):
        visit["session_id"] = str(id_)
    asked = text_of(write(world, booked, "reminder_120", covers=both))
    assert "your 2 visits on Sun Mar 7: 10:00 AM, 1:00 PM. Reply C" in asked
    world.tell(booked.confirmed(1))
    assert "Reply C" in text_of(write(world, booked, "reminder_121", covers=both))
    world.tell(booked.confirmed(2))
    assert "Reply C" not in text_of(write(world, booked, "reminder_122", covers=both))


def test_other_times_are_those_that_were_found(world: World, booked: Story) -> None:
    times = [NOW + timedelta(days=6, hours=hour) for hour in (0, 1, 5)]
    found = {"visit_id": booked.sessions[0], "asked_at": NOW, "referral_id": booked.referral_id, "times": times}
    with world.runtime.sessions.begin() as session:
        session.execute(insert(models.Choice).values(**found, starts_at=booked.starts[0]))
    said = text_of(write(world, booked, "other_times", happened_at=NOW))
    assert "reply 1: Mon 3/8 10:00 AM, 2: Mon 3/8 11:00 AM, 3: Mon 3/8 3:00 PM, or choose: http" in said
    assert "choose another time here: http" in text_of(
        write(world, booked, "other_times", happened_at=NOW - timedelta(days=1))
    )


def test_where_a_moved_visit_is_is_told(world: World, booked: Story) -> None:
    world.tell(booked.moved(1, 2, address="12 Mill Plain Court, Danbury"))
    assert "12 Mill Plain Court, Danbury" in text_of(write(world, booked, "moved", was_at=NOW))
    world.tell(booked.moved(1, 3, home_visit=True))
    assert "at your home" in text_of(write(world, booked, "moved", was_at=NOW + timedelta(1)))


def test_who_has_no_language_of_ours_is_written_to_in_the_clinics(world: World, booked: Story) -> None:
    world.tell(booked.patient(2, language="fr"))
    assert "your visit is" in text_of(write(world, booked, "reminder_120"))
    world.tell(booked.clinic(2, language="es"))
    assert "su cita es el dom 7 mar, 10:00 a.m." in text_of(write(world, booked, "reminder_121"))


def test_nobody_is_written_to_who_does_not_want_it(world: World, booked: Story) -> None:
    world.tell(booked.patient(2, text_consent=False))
    assert write(world, booked, "reminder_120") is None
    assert write(world, booked, "reminder_120", "email") is not None


def test_the_last_word_after_an_opt_out_is_written_whatever_was_agreed(world: World, booked: Story) -> None:
    world.tell(booked.patient(2, text_consent=False))
    letter = write(world, booked, "opted_out")
    assert letter
    assert (letter.address, "no more texts" in letter.text) == (PATIENT_PHONE, True)


def test_a_patients_email_says_who_writes_and_where_to_say_no(world: World, booked: Story) -> None:
    letter = write(world, booked, "reminder_120", "email")
    assert letter
    assert (letter.address, letter.sender_name, letter.reply_to) == (
        PATIENT_EMAIL, "Harbor Massage", "desk@harbor.example",
    )  # fmt: skip
    assert letter.preferences
    assert letter.preferences in letter.text
    assert letter.unfinished is None
    physicians = write(world, booked, "session_update", "email")
    assert physicians
    assert physicians.preferences == "", "no mail program's button ends what a physician asked for"


def test_one_message_that_cannot_be_written_does_not_hold_up_the_others(
    world: World, booked: Story, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = row(booked, "nothing_we_know")
    letters = write_all(world, [row(booked, "reminder_120"), broken, row(booked, "reminder_60")])
    assert [letter is not None for letter in letters] == [True, False, True]
    assert "letter_not_written" in "".join(capfd.readouterr())


@pytest.mark.parametrize(("reason", "told"), [("few_visits", "has few visits left"), ("ends_soon", "ends soon")])
def test_a_renewal_request_says_which_limit_is_near(world: World, booked: Story, reason: str, told: str) -> None:
    world.tell(booked.renewal(reason=reason))
    message = world.message("renewal_request")
    with world.runtime.sessions.begin() as session:
        clinic, [one] = facts.house(session), facts.known(session, [message.id])
        said = words.email(
            "renewal_request", "en", {**facts.facts(one, clinic, "en"), "link": "", "link_ends": "", "preferences": ""}
        )
    assert told in said.text
    assert ("few visits" in said.text) is (reason == "few_visits")


def test_an_offer_by_email_is_answered_by_a_link_as_long_as_the_time_is_to_come(world: World, booked: Story) -> None:
    world.tell(booked.offered())
    letter = write(world, booked, "waitlist_offer", "email", subject_id=booked.offer_id)
    [made] = world.query("SELECT object_id, expires_at FROM links WHERE purpose = 'offer'")
    assert tuple(made) == (booked.offer_id, booked.starts[0])
    assert "Take it or leave it" in text_of(letter)
