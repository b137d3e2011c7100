"""From booking's changes to what patients and physicians receive, with the database and the providers' stand-in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.chassis.ids import new_id
from services.contracts.event import Event
from tests.notify.facts import NOW, PATIENT_PHONE, Story
from tests.notify.world import World

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def booked(world: World, story: Story) -> Story:
    """A series whose confirmation arrived."""
    world.tell(*story.all_booked())
    world.send_all()
    return story


def planned(world: World) -> list[str]:
    return sorted(m.kind for m in world.messages(state="planned") if not m.kind.startswith("reminder"))


def bodies(world: World) -> list[str]:
    """The texts after the confirmation, oldest first."""
    texts = world.sandbox.texts(to=PATIENT_PHONE)
    return [text["body"] for text in texts if "booked, first" not in text["body"]]


def after(world: World, minutes: int) -> list[str]:
    world.at(NOW + minutes * MINUTE)
    world.send_all()
    return bodies(world)


def test_a_moved_visit_is_told_once_and_its_reminders_follow(world: World, booked: Story) -> None:
    world.tell(booked.moved(1))
    assert after(world, 2) == []
    [body] = after(world, 4)
    assert "your visit of Sun Mar 7 is now Mon Mar 8 at 10:00 AM" in body
    assert after(world, 30) == [body]
    reminders = world.messages(session_id=booked.sessions[0], state="planned")
    assert {m.starts_at for m in reminders} == {booked.starts[0] + DAY}


def test_a_slip_undone_within_the_grace_leaves_no_trace_at_the_phone(world: World, booked: Story) -> None:
    world.tell(booked.cancelled(1), booked.restored(1, at=NOW + 2 * MINUTE))
    assert after(world, 10) == []
    assert len(world.messages(session_id=booked.sessions[0], state="planned")) == 2


@pytest.mark.parametrize(("by", "said"), [("clinic", "we are sorry"), ("patient", "as you asked")])
def test_a_cancelled_visit_is_told_in_the_words_of_who_cancelled(
    world: World, booked: Story, by: str, said: str
) -> None:
    world.tell(booked.cancelled(1, by=by))  # type: ignore[arg-type]
    [body] = after(world, 4)
    assert said in body
    assert "Sun Mar 7, 10:00 AM is cancelled" in body
    assert world.messages(session_id=booked.sessions[0], state="planned") == []


def test_who_was_told_of_a_cancellation_learns_that_it_was_a_mistake(world: World, booked: Story) -> None:
    world.tell(booked.cancelled(1))
    after(world, 4)
    world.tell(booked.restored(1, at=NOW + 5 * MINUTE))
    assert "does take place" in after(world, 9)[-1]


def test_many_moves_of_one_series_are_one_text_with_the_page(world: World, booked: Story) -> None:
    world.tell(*(booked.moved(number, at=NOW + number * MINUTE) for number in (1, 2, 3)))
    [body] = after(world, 7)
    assert "your visits have changed. All times: http" in body


def test_a_whole_series_cancelled_is_one_text_and_one_e_mail(world: World, booked: Story) -> None:
    booked.updates = "exceptions"
    world.tell(booked.amended(), *(booked.cancelled(number) for number in (1, 2, 3)), booked.series_cancelled())
    [body] = after(world, 4)
    assert "all your visits are cancelled" in body
    assert world.message("series_cancelled").state in ("sent", "delivered")
    assert planned(world) == []


def test_a_missed_visit_is_told_to_both(world: World, booked: Story) -> None:
    world.at(booked.starts[0] + 25 * MINUTE)
    world.tell(booked.missed(1))
    world.send_all()
    assert "we missed you on Sun Mar 7 at 10:00 AM" in bodies(world)[-1]
    mail = next(mail for mail in world.sandbox.emails() if "missed" in mail["subject"])
    assert mail["subject"] == "Referral R-2027-0042: visit 1 of 3 was missed"


def test_a_visit_that_began_is_not_reminded_of(world: World, booked: Story) -> None:
    world.tell(booked.arrived(1))
    assert world.messages(session_id=booked.sessions[0], state="planned") == []


def test_a_completed_series_that_goes_on_has_its_report_when_it_is_completed_again(world: World, booked: Story) -> None:
    end = booked.starts[-1]
    world.at(end + 40 * MINUTE)
    world.tell(booked.series_completed(version=2))
    world.send_all()
    world.tell(booked.series_changed(version=3, at=end + DAY, visits=4))
    world.tell(booked.series_completed(version=4, at=end + 7 * DAY, completed=4))
    world.at(end + 8 * DAY)
    world.send_all()
    assert [m.state in ("sent", "delivered") for m in world.messages(kind="closing_report")] == [True, True]


def test_a_report_that_was_not_sent_yet_waits_for_the_series_to_be_completed_again(world: World, booked: Story) -> None:
    world.tell(booked.series_completed(version=2), booked.series_changed(version=3))
    assert world.message("closing_report").state == "superseded"


def test_the_same_move_there_and_back_and_there_again_is_told_each_time(world: World, booked: Story) -> None:
    world.tell(booked.policy(texts_a_day=9))
    one, other = booked.starts[0], booked.starts[0] + DAY
    for version, (was, to) in enumerate([(one, other), (other, one), (one, other)], 2):
        world.tell(booked.moved(1, version, to, at=NOW + 10 * version * MINUTE, was=was))
        after(world, 10 * version + 4)
    assert len(bodies(world)) == 3


def test_a_renewal_is_asked_for_by_the_reference_alone(world: World, booked: Story) -> None:
    world.tell(booked.renewal(), booked.renewal(), booked.renewal(reason="ends_soon"))
    world.send_all()
    [mail] = [mail for mail in world.sandbox.emails() if "renewal" in mail["subject"]]
    assert mail["subject"] == "Referral R-2027-0042: renewal"


def test_an_ended_referral_is_not_to_be_renewed(world: World, booked: Story) -> None:
    world.tell(booked.renewal(), booked.ended())
    assert world.message("renewal_request").state == "superseded"


def test_one_whose_end_was_taken_back_is_to_be_renewed_after_all(world: World, booked: Story) -> None:
    world.tell(booked.renewal(), booked.ended(version=4), booked.amended(version=5))
    assert world.message("renewal_request").state == "planned"


def test_an_amended_referral_is_told_about_as_it_now_says(world: World, story: Story) -> None:
    world.tell(*story.people(), story.received(), story.amended(updates="exceptions"))
    assert world.message("referral_received").state == "superseded"


def test_the_desks_own_task_is_raised_once_and_stays_done(world: World, story: Story) -> None:
    asked = story.desk_asked("absence", new_id())
    world.tell(asked, asked)
    assert world.tasks() == ["absence"]
    world.query("UPDATE tasks SET done_at = fascia_now()")
    world.tell(asked)
    assert world.tasks() == []


def test_a_visit_elsewhere_is_told_in_the_hours_and_times_of_its_place(world: World, booked: Story) -> None:
    world.tell(booked.moved(1, to=booked.starts[0] + DAY, timezone="America/Los_Angeles", address="2 Pier St"))
    assert after(world, 59) == [], "it is not eight there"
    [body] = after(world, 61)
    assert "is now Mon Mar 8 at 7:00 AM, 2 Pier St." in body


def test_a_text_due_where_it_is_night_waits_while_others_go(world: World, booked: Story) -> None:
    other = Story()
    world.tell(*other.all_booked())
    world.query("UPDATE messages SET zone = 'Asia/Tokyo' WHERE referral_id = :id", id=other.referral_id)
    world.send_all()
    assert [m.state for m in world.messages(kind="series_confirmation", referral_id=other.referral_id)] == ["planned"]
    world.at(NOW + timedelta(hours=9))
    world.send_all()
    assert world.messages(kind="series_confirmation", referral_id=other.referral_id)[0].state != "planned"


def test_what_a_migrated_closing_report_told_is_not_told_again(world: World, booked: Story) -> None:
    """The key of what was sent under the first schema has its moment filled in by the migration."""
    world.at(booked.starts[-1] + 40 * MINUTE)
    world.tell(booked.series_completed())
    world.send_all()
    [(at,)] = world.query("SELECT completed_at FROM series")
    assert world.message("closing_report").happened_at == at


def test_a_policy_for_many_referrals_is_applied_a_few_at_a_time(world: World) -> None:
    stories = [Story() for _ in range(30)]
    clinic = stories[0]
    world.tell(clinic.clinic(), *(event for story in stories for event in (story.patient(), *story.booking())))
    world.runtime.inbox.take(*_as_told(world, clinic.clinic(2, reminder_minutes=(60,))))
    assert world.query("SELECT count(*) FROM replans") == [(30,)]
    world.plan_anew()
    assert {m.kind for m in world.messages(state="planned")} == {"series_confirmation", "reminder_60"}


def _as_told(world: World, event: Event) -> tuple[bytes, object]:
    return world.body(event), world.handlers[event.event_type()]
