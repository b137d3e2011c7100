"""Two records turn out to be of one person, who is told, asked and counted once; or they were two after all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.chassis.ids import new_id
from services.notify import links
from services.notify.links import LinkInvalid
from services.notify.people import consent
from services.notify.people.addresses import book_of
from services.notify.people.one_person import top
from services.notify.sending import cap
from services.notify.talk.replies import Inbound, take
from tests.notify.facts import NOW, PATIENT_PHONE, Story
from tests.notify.test_cap import had_today, texts_are_due
from tests.notify.world import World

ON_ONE_DAY = NOW + timedelta(days=5)


@pytest.fixture
def other(story: Story) -> Story:
    """The same person's second record, with a referral of its own and a visit on a day of the first."""
    return Story(clinic_id=story.clinic_id, starts=(ON_ONE_DAY + timedelta(hours=2),))


def known(world: World, story: Story, other: Story, **policy: Any) -> None:
    """Both series are booked; nobody has found out that they are of one person."""
    world.tell(story.policy(2, **policy), *story.people()[1:], story.accepted(), *story.booking())
    world.tell(other.patient(), other.physician(), other.accepted(), *other.booking())


def planned(world: World, kind: str) -> list[Any]:
    return world.messages(kind=kind, state="planned")


def test_texts_of_both_records_count_together_for_the_cap_of_a_day(world: World, story: Story, other: Story) -> None:
    known(world, story, other, texts_a_day=1)
    assert {m.due_at.day for m in planned(world, "series_confirmation")} == {NOW.day}
    world.tell(story.merged(other.patient_id))
    due = sorted(m.due_at.day for m in planned(world, "series_confirmation"))
    assert due == [NOW.day, NOW.day + 1]


def test_visits_of_one_day_are_reminded_of_together_under_whichever_record(
    world: World, story: Story, other: Story
) -> None:
    known(world, story, other)
    world.tell(story.merged(other.patient_id))
    of_the_day = [m for m in planned(world, "reminder_2880") if m.starts_at == ON_ONE_DAY]
    assert [[one["session_id"] for one in m.covers] for m in of_the_day] == [
        [str(story.sessions[0]), str(other.sessions[0])]
    ]
    assert [m.reason for m in world.messages(kind="reminder_2880", patient_id=other.patient_id)] == ["merged_into"]


def test_two_after_all_are_told_as_two(world: World, story: Story, other: Story) -> None:
    known(world, story, other, texts_a_day=1)
    before = world.live()
    world.tell(story.merged(other.patient_id, NOW), story.separated(other.patient_id, NOW + timedelta(minutes=1)))
    assert world.live() == before


def test_news_that_they_were_two_holds_though_the_merge_is_told_later(world: World, story: Story, other: Story) -> None:
    known(world, story, other, texts_a_day=1)
    before = world.live()
    world.tell(story.separated(other.patient_id, NOW + timedelta(minutes=1)), story.merged(other.patient_id, NOW))
    assert world.live() == before


def test_who_is_merged_with_one_who_was_merged_is_the_same_person(world: World, story: Story, other: Story) -> None:
    known(world, story, other, texts_a_day=1)
    between = Story(patient_id=new_id())
    world.tell(between.merged(other.patient_id), story.merged(between.patient_id))
    assert sorted(m.due_at.day for m in planned(world, "series_confirmation")) == [NOW.day, NOW.day + 1]


def says(world: World, person: UUID, agreed: bool) -> None:
    with world.runtime.sessions.begin() as session:
        consent.set(session, person, "text", agreed, "link", NOW)


def channels(world: World) -> set[str]:
    return {m.channel for kind in ("series_confirmation", "reminder_2880") for m in planned(world, kind)}


def test_a_no_under_one_record_is_a_no_under_the_other(world: World, story: Story, other: Story) -> None:
    known(world, story, other)
    says(world, other.patient_id, agreed=False)
    assert channels(world) == {"text", "email"}
    world.tell(story.merged(other.patient_id))
    assert channels(world) == {"email"}


def test_a_no_of_theirs_is_nobody_elses(world: World, story: Story, other: Story) -> None:
    third = Story(clinic_id=story.clinic_id)
    known(world, story, other)
    world.tell(story.merged(other.patient_id))
    says(world, other.patient_id, agreed=False)
    world.tell(third.patient(), third.accepted(), *third.booking())
    assert {m.channel for m in world.messages(kind="series_confirmation", patient_id=third.patient_id)} == {"text"}


def test_a_yes_of_the_person_opens_all_their_records_again(world: World, story: Story, other: Story) -> None:
    known(world, story, other)
    says(world, other.patient_id, agreed=False)
    world.tell(story.merged(other.patient_id))
    says(world, story.patient_id, agreed=True)
    assert channels(world) == {"text"}


def test_the_last_look_counts_what_went_out_under_the_other_record(world: World, story: Story, other: Story) -> None:
    texts_are_due(world, story, "missed")
    had_today(world, other, 3)
    [message] = world.messages(kind="missed")
    with world.runtime.sessions.begin() as session:
        assert cap.put_back(session, [message.id], 3) == set()
    world.tell(story.merged(other.patient_id))
    with world.runtime.sessions.begin() as session:
        assert cap.put_back(session, [message.id], 3) == {message.id}


def test_the_timeline_of_either_record_tells_of_both(
    world: World, story: Story, other: Story, ask: Callable[..., Any]
) -> None:
    known(world, story, other)
    world.tell(story.merged(other.patient_id))
    ids = {str(m.id) for m in world.messages(role="patient")}
    for one in (story, other):
        lines = ask("GET", f"/patients/{one.patient_id}/timeline?what=message&to=patient&limit=200", "desk").json
        assert ids <= {line["id"] for line in lines}


def test_a_text_from_their_number_is_of_one_patient(world: World, story: Story, other: Story) -> None:
    known(world, story, other)
    world.tell(story.merged(other.patient_id))
    with world.runtime.sessions.begin() as session:
        text = Inbound("SM1", PATIENT_PHONE, "I left my scarf at your place")
        take(session, world.runtime.outbox, book_of(world.runtime), text)
    assert world.query("SELECT patient_id FROM tasks WHERE kind = 'read_reply'") == [(story.patient_id,)]


def test_links_that_were_sent_while_they_were_one_are_over_once_they_are_two(
    world: World, story: Story, other: Story
) -> None:
    known(world, story, other)
    world.tell(story.merged(other.patient_id, NOW))
    with world.runtime.sessions.begin() as session:
        until = NOW + timedelta(days=9)
        about = ("series", other.series_id, other.referral_id, other.patient_id, "patient", until)
        token = links.make(session, "secret", *about)  # type: ignore[arg-type]
    with world.runtime.sessions.begin() as session:
        assert links.resolve(session, token).object_id == other.series_id
    world.tell(story.separated(other.patient_id, NOW + timedelta(minutes=1)))
    with world.runtime.sessions.begin() as session, pytest.raises(LinkInvalid):
        links.resolve(session, token)


def test_records_that_count_as_one_another_count_as_the_least() -> None:
    one, two, three = sorted(new_id() for _ in range(3))
    assert [top(id_, {one: two, two: one, three: one}) for id_ in (one, two, three)] == [one, one, one]
    assert top(three, {three: two, two: None}) == two
