"""What happens together is told to a physician in one e-mail: an acceptance with the booking, the last visit with the
closing report."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.contracts.event import Event
from tests.notify.facts import NOW, Story
from tests.notify.world import World, eventually

MINUTE = timedelta(minutes=1)


def kinds(world: World) -> list[str]:
    """Live, to physicians."""
    return sorted(m.kind for m in world.messages(role="physician") if m.state not in ("superseded", "expired"))


def test_accepted_and_booked_at_once_is_one_email_that_says_both(world: World, story: Story) -> None:
    world.tell(*story.people(), story.received(), story.accepted(), *story.booking())
    eventually(lambda: world.send_all() or world.message("series_booked").state == "delivered")
    world.at(NOW + 5 * MINUTE)
    world.send_all()
    assert kinds(world) == ["referral_received", "series_booked"]
    [booked] = [mail for mail in world.sandbox.emails() if "booked" in mail["subject"]]
    assert "We accepted your referral R-2027-0042, and 3 visits are booked for it" in " ".join(booked["text"].split())


def test_the_acceptance_waits_for_the_booking_no_longer_than_the_grace(world: World, story: Story) -> None:
    world.tell(*story.people(), story.received(), story.accepted())
    accepted = world.message("referral_accepted")
    assert accepted.due_at == NOW + 3 * MINUTE
    world.at(NOW + 3 * MINUTE)
    world.send_all()
    world.tell(*(story.booked(n) for n in (1, 2, 3)), story.series_booked(NOW + 4 * MINUTE))
    assert kinds(world) == ["referral_accepted", "referral_received", "series_booked"]


def test_the_receipt_waits_for_nothing(world: World, story: Story) -> None:
    world.tell(*story.people(), story.received())
    world.send_all()
    assert world.message("referral_received").state in ("sent", "delivered")


def test_why_tells_with_which_message_the_acceptance_was_told(world: World, story: Story) -> None:
    world.tell(*story.people(), story.received(), story.accepted())
    world.tell(*story.booking())
    accepted, booked = world.message("referral_accepted"), world.message("series_booked")
    assert (accepted.state, accepted.reason) == ("superseded", "merged_into")
    assert accepted.trail[-1]["message"] == str(booked.id)


def test_who_does_not_hear_of_bookings_hears_of_the_acceptance(world: World, story: Story) -> None:
    story.updates = "end"
    world.tell(*story.all_booked())
    assert kinds(world) == ["referral_accepted", "referral_received"]


@pytest.mark.parametrize("earlier", [1, 0])
def test_the_last_visit_is_told_with_the_closing_report(world: World, story: Story, earlier: int) -> None:
    """In whichever order it becomes known."""
    story.starts = tuple(NOW - timedelta(days=n, minutes=30) for n in (10, 5, 0))
    ends: list[Event] = [story.completed(3, at=NOW), story.series_completed(NOW)]
    world.tell(*story.all_booked(), story.completed(1), story.completed(2), ends[earlier], ends[1 - earlier])
    updates = [m.session_id for m in world.messages(kind="session_update", state="planned")]
    assert updates == story.sessions[:2]
    assert "closing_report" in kinds(world)


def test_an_update_that_was_sent_before_the_report_was_known_is_not_taken_back(world: World, story: Story) -> None:
    story.starts = (NOW - 30 * MINUTE,)
    world.tell(*story.all_booked(), story.completed(1, at=NOW))
    world.at(NOW + 3 * MINUTE)
    world.send_all()
    world.tell(story.series_completed(NOW))
    assert {"session_update", "closing_report"} <= set(kinds(world))


def test_a_renewal_is_always_by_itself(world: World, story: Story) -> None:
    world.tell(*story.all_booked(), story.completed(1, at=NOW), story.renewal())
    assert {"session_update", "renewal_request"} <= set(kinds(world))
