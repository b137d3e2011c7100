"""From events to rows: what arrives is remembered, and the messages follow."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.contracts.event import Event
from services.contracts.subscriptions import SUBSCRIPTIONS
from services.notify.models import Message
from services.notify.sending import settle
from services.notify.worker import NotifyWorker
from tests.notify.facts import NOW, PATIENT_EMAIL, PATIENT_NAME, PATIENT_PHONE, Story
from tests.notify.world import World


def kinds(world: World, role: str = "patient") -> list[str]:
    return sorted(m.kind for m in world.messages(role=role) if m.state != "superseded")


def test_the_worker_reacts_to_exactly_what_notify_is_subscribed_to(world: World) -> None:
    assert set(world.handlers) == {event.event_type() for event in SUBSCRIPTIONS["notify"]}
    assert NotifyWorker.name == "notify"


def test_a_booked_series_has_its_messages(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    assert kinds(world) == ["reminder_120"] * 3 + ["reminder_2880"] * 3 + ["series_confirmation"]
    assert kinds(world, "physician") == ["referral_received", "series_booked"]


@pytest.mark.parametrize("late", ["clinic", "patient"])
def test_what_waits_for_the_clinic_or_the_patient_is_planned_when_they_arrive(
    world: World, story: Story, late: str
) -> None:
    known = {"clinic": story.clinic(), "patient": story.patient(), "physician": story.physician()}
    last = known.pop(late)
    world.tell(*known.values(), *story.booking())
    assert world.messages(role="patient") == []
    world.tell(last)
    assert len(kinds(world)) == 7


def test_what_waits_for_the_physician_or_the_referral_is_planned_when_they_arrive(world: World, story: Story) -> None:
    world.tell(story.clinic(), *story.booking(), story.received())
    assert world.messages(role="physician") == []
    world.tell(story.physician())
    assert kinds(world, "physician") == ["referral_received", "series_booked"]


def test_a_receipt_that_arrives_after_the_acceptance_is_still_told(world: World, story: Story) -> None:
    world.tell(*story.people(), story.accepted(), story.received())
    assert kinds(world, "physician") == ["referral_accepted", "referral_received"]


def test_a_visit_at_another_time_is_reminded_of_at_that_time(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    moved = story.starts[0] + timedelta(days=1)
    world.tell(story.booked(1, version=2, starts_at=moved))
    live = [m for m in world.messages(session_id=story.sessions[0]) if m.state != "superseded"]
    assert {m.starts_at for m in live} == {moved}
    assert len(live) == 2


def test_an_older_event_changes_nothing(world: World, story: Story) -> None:
    world.tell(*story.all_booked(), story.completed(1, at=NOW))
    before = world.live()
    world.tell(story.booked(1, version=1, starts_at=NOW + timedelta(days=9)), story.confirmed(1))
    assert world.live() == before


def test_the_clinics_new_policy_is_planned_anew(world: World, story: Story) -> None:
    world.tell(*story.all_booked(), story.clinic(version=2, reminder_minutes=(1440,)))
    assert kinds(world) == ["reminder_1440"] * 3 + ["series_confirmation"]


def test_what_was_sent_is_never_planned_again(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    world.send_all()
    sent = world.becomes("series_confirmation", "delivered").id
    world.tell(story.clinic(version=2, timezone="America/Chicago"), story.patient(version=2, text_consent=False))
    assert [m.id for m in world.messages(kind="series_confirmation")] == [sent], "nor on another channel"


def test_consent_withdrawn_moves_what_is_planned_to_e_mail(world: World, story: Story) -> None:
    world.tell(*story.all_booked(), story.patient(version=2, text_consent=False))
    live = [m for m in world.messages(role="patient") if m.state != "superseded"]
    assert {m.channel for m in live} == {"email"}
    assert len(live) == 7


def test_consent_given_back_revives_the_same_rows(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    before = {m.id for m in world.messages(channel="text", state="planned")}
    world.tell(story.patient(version=2, text_consent=False), story.patient(version=3))
    assert {m.id for m in world.messages(channel="text", state="planned")} == before


def test_another_physician_hears_what_the_first_was_to_hear(world: World, story: Story) -> None:
    world.tell(*story.people(), story.received())
    other = Story(referral_id=story.referral_id, patient_id=story.patient_id)
    world.tell(other.physician(), other.accepted())
    live = [m for m in world.messages(role="physician") if m.state != "superseded"]
    assert {m.recipient for m in live} == {other.physician_id}


def test_names_and_addresses_are_kept_sealed(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    world.send_all()
    for table in ("contacts", "attempts", "messages", "audit", "inbox", "blocks"):
        kept = str(world.query(f"SELECT t::text FROM {table} t"))
        assert not [word for word in (PATIENT_NAME, PATIENT_PHONE, PATIENT_EMAIL) if word in kept], table


def test_every_change_of_a_message_has_its_audit_row(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    world.send_all()
    acts = world.query("SELECT act, count(*) FROM audit WHERE object_type = 'message' GROUP BY act")
    counted = dict(map(tuple, acts))
    assert counted["message_planned"] == len(world.messages())
    assert counted["message_superseded"] == len(world.messages(state="superseded"))
    assert counted["message_sent"] == 3


@pytest.mark.parametrize("repetition", range(5))
def test_events_about_one_patient_handled_at_once_miss_nothing(world: World, story: Story, repetition: int) -> None:
    def tell(event: Event) -> None:
        world.tell(event)

    with ThreadPoolExecutor(12) as workers:
        list(workers.map(tell, [*reversed(story.all_booked()), story.completed(1, at=NOW)]))
    assert kinds(world) == ["aftercare", *["reminder_120"] * 2, *["reminder_2880"] * 2, "series_confirmation"]
    assert kinds(world, "physician") == ["referral_received", "series_booked", "session_update"]


def test_a_visit_moved_while_its_reminder_was_on_its_way_is_not_reminded_of_when_that_comes_back(
    world: World, story: Story
) -> None:
    world.tell(*story.all_booked())
    world.at(story.starts[0] - timedelta(hours=48) + timedelta(minutes=1))
    reminder = world.messages(kind="reminder_2880", session_id=story.sessions[0])[0]
    world.query("UPDATE messages SET state = 'sending', fence = 1, attempts = 1 WHERE id = :id", id=reminder.id)
    world.tell(story.cancelled(1, at=story.starts[0] - timedelta(hours=48)))
    with world.runtime.sessions.begin() as session:
        message = session.get_one(Message, reminder.id)
        assert message.state == "sending"
        settle.close(session, message, "planned", reason="retry:429")
    world.plan_anew()
    message = world.messages(kind="reminder_2880", session_id=story.sessions[0])[0]
    assert (message.state, message.reason) == ("superseded", "visit_cancelled")
