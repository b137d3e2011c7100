"""Several visits of a patient on one day are one reminder, across series and referrals."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from services.notify import schedule
from services.notify.schedule import Case, Planned, Policy, Reach, Series, Told, Visit
from tests.notify.facts import NOW, Story
from tests.notify.world import World

NEW_YORK = ZoneInfo("America/New_York")
POLICY = Policy(NEW_YORK, (2880, 120))
PATIENT = Reach(uuid4(), text=True, email=True)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 3, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


def a_case(*starts: datetime) -> Case:
    series = uuid4()
    visits = tuple(Visit(uuid4(), series, "booked", at, None, number) for number, at in enumerate(starts, 1))
    return Case(uuid4(), None, (Series(series, max(starts), NOW, None),), visits)


def reminders(*cases: Case, patient: Reach = PATIENT, told: Told = schedule.NOTHING) -> list[Planned]:
    found = schedule.to_patient(cases, patient, POLICY, NOW, told)
    return sorted((one for one in found if one.kind.startswith("reminder")), key=lambda one: one.due_at)


def test_two_visits_of_one_day_are_one_reminder_of_the_first_that_tells_of_both() -> None:
    case = a_case(local(9, 9), local(9, 15))
    first, second = case.visits
    long, short = reminders(case)
    assert [one.kind for one in (long, short)] == ["reminder_2880", "reminder_120"]
    assert {one.subject_id for one in (long, short)} == {first.id}
    assert long.covers == short.covers == ((first.id, first.starts_at), (second.id, second.starts_at))
    assert short.due_at == local(9, 8), "07:00 is too early"


def test_visits_of_two_referrals_are_told_together() -> None:
    one, other = a_case(local(9, 15)), a_case(local(9, 10))
    assert [message.subject_id for message in reminders(one, other)] == [other.visits[0].id] * 2
    assert {message.referral_id for message in reminders(one, other)} == {other.referral_id}


def test_the_order_in_which_the_referrals_are_known_does_not_matter() -> None:
    one, other = a_case(local(9, 15), local(10, 9)), a_case(local(9, 10), local(9, 10, 30))
    assert set(reminders(one, other)) == set(reminders(other, one))


def test_visits_of_two_days_are_told_apart() -> None:
    assert [message.covers for message in reminders(a_case(local(9, 15), local(10, 9)))] == [()] * 4


def test_the_day_is_the_places() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    case = a_case(local(9, 9), local(9, 15))
    there = replace(case, visits=tuple(replace(visit, zone=tokyo) for visit in case.visits))
    assert [message.covers for message in reminders(there)] == [()] * 4, "15:00 in New York is tomorrow in Tokyo"


def test_a_visit_that_a_sent_reminder_told_of_is_not_reminded_of_again_at_that_lead() -> None:
    case = a_case(local(9, 9), local(9, 15))
    first, second = case.visits
    alone = replace(case, visits=(replace(first, status="cancelled"), second))
    told = Told(reminded=frozenset({("reminder_2880", first.id, first.starts_at), ("reminder_2880", second.id, second.starts_at)}))  # fmt: skip  # noqa: E501
    assert [one.kind for one in reminders(alone, told=told)] == ["reminder_120"]


def test_a_visit_booked_after_the_others_reminder_left_is_reminded_of_alone() -> None:
    case = a_case(local(9, 9), local(9, 15))
    first, second = case.visits
    occasion = (second.id, second.starts_at, None, "reminder_2880", PATIENT.id)
    told = Told(occasions=frozenset({occasion}), reminded=frozenset({("reminder_2880", second.id, second.starts_at)}))
    kept = [one for one in reminders(case, told=told) if one.kind == "reminder_2880"]
    assert {(one.subject_id, one.covers) for one in kept} == {(first.id, ()), (second.id, ())}


@pytest.fixture
def booked(world: World) -> Story:
    """Two visits on one day, and one a week later."""
    day = NOW + 5 * DAY
    story = Story(starts=(day, day + timedelta(hours=4), day + 7 * DAY))
    world.tell(*story.all_booked())
    world.send_all()
    return story


def visits_in(world: World, kind: str) -> dict[str, int]:
    """The state of each reminder, and of how many visits it tells."""
    return {f"{m.state}:{m.session_id}": len(m.covers or [1]) for m in world.messages(kind=kind)}


def test_the_other_visits_reminder_is_superseded_by_the_one_that_tells_it(world: World, story: Story) -> None:
    story.starts = (NOW + 5 * DAY, NOW + 5 * DAY + timedelta(hours=4))
    world.tell(*story.people(), story.series_booked(), story.booked(2), story.booked(1))
    first, second = story.sessions[:2]
    assert visits_in(world, "reminder_120") == {f"planned:{first}": 2, f"superseded:{second}": 1}
    merged = world.message("reminder_120", session_id=second)
    one = world.message("reminder_120", session_id=first)
    assert (merged.reason, merged.trail[-1]["message"]) == ("merged_into", str(one.id))
    assert [entry["what"] for entry in one.trail] == ["planned", "merged"]


def test_when_the_first_is_cancelled_before_the_other_has_its_own_reminder_again(world: World, booked: Story) -> None:
    first, second, third = booked.sessions[:3]
    world.tell(booked.cancelled(1))
    assert visits_in(world, "reminder_120") == {f"superseded:{first}": 2, f"planned:{second}": 1, f"planned:{third}": 1}
    gone = world.message("reminder_120", session_id=first)
    assert (gone.reason, gone.trail[-1]["because"]) == ("visit_cancelled", "visit_cancelled")


def test_when_the_first_is_cancelled_after_it_was_sent_the_other_is_not_told_twice(world: World, booked: Story) -> None:
    world.at(booked.starts[0] - 2 * DAY + MINUTE)
    world.send_all()
    world.becomes("reminder_2880", "delivered")
    world.tell(booked.cancelled(1, at=booked.starts[0] - 2 * DAY + 2 * MINUTE))
    live = [m for m in world.messages(kind="reminder_2880") if m.state != "superseded"]
    assert {m.session_id for m in live} == {booked.sessions[0], booked.sessions[2]}


def test_visits_of_two_referrals_known_one_after_the_other_become_one_text(world: World, booked: Story) -> None:
    other = Story(
        patient_id=booked.patient_id, physician_id=booked.physician_id, clinic_id=booked.clinic_id,
        starts=(booked.starts[2] - timedelta(hours=1),),
    )  # fmt: skip
    world.tell(other.received(), other.accepted(), *other.booking())
    [live] = [m for m in world.messages(kind="reminder_120", state="planned") if len(m.covers or []) == 2][1:]
    assert (live.session_id, live.referral_id) == (other.sessions[0], other.referral_id)
    assert {one["session_id"] for one in live.covers or []} == {str(other.sessions[0]), str(booked.sessions[2])}


@pytest.mark.parametrize("repetition", range(3))
def test_visits_of_two_referrals_handled_at_once_still_become_one_reminder(
    world: World, story: Story, repetition: int
) -> None:
    story.starts = (NOW + 5 * DAY,)
    other = Story(
        patient_id=story.patient_id, physician_id=story.physician_id, clinic_id=story.clinic_id,
        starts=(NOW + 5 * DAY + timedelta(hours=3),),
    )  # fmt: skip
    events = [*story.all_booked(), other.received(), other.accepted(), *other.booking()]
    with ThreadPoolExecutor(8) as workers:
        list(workers.map(world.tell, reversed(events)))
    live = [m for m in world.messages(kind="reminder_120") if m.state == "planned"]
    assert [(m.session_id, len(m.covers or [])) for m in live] == [(story.sessions[0], 2)]
