"""At most so many texts to one person on one day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from services.notify import schedule
from services.notify.schedule import NOTHING, Planned, Policy, Reach, Told
from services.notify.schedule.capped import within_cap
from tests.notify.facts import NOW, PATIENT_PHONE, Story
from tests.notify.world import World

NEW_YORK = ZoneInfo("America/New_York")
POLICY = Policy(NEW_YORK, (2880, 120), texts_a_day=2)
PATIENT = Reach(uuid4(), text=True, email=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 3, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


def a_text(kind: str, due_at: datetime = NOW, lasts: timedelta = DAY * 3) -> Planned:
    return Planned(
        subject_id=uuid4(), kind=kind, channel="text", recipient=PATIENT.id, role="patient", due_at=due_at,
        send_before=due_at + lasts, zone=NEW_YORK, moment=due_at,
    )  # fmt: skip


def kept(*texts: Planned, patient: Reach = PATIENT, told: Told = NOTHING, now: datetime = NOW) -> dict[str, Planned]:
    return {one.kind: one for one in within_cap(texts, {patient.id: patient}, POLICY, told, now)}


def when(message: Planned) -> str:
    return f"{message.channel} {message.due_at.astimezone(NEW_YORK):%d %H:%M}"


def test_what_fits_goes_as_it_is() -> None:
    texts = [a_text("moved"), a_text("aftercare", NOW + HOUR)]
    assert set(kept(*texts).values()) == set(texts)


def test_what_does_not_fit_waits_for_the_next_morning() -> None:
    found = kept(a_text("moved"), a_text("cancelled"), a_text("aftercare"))
    assert {kind: when(one) for kind, one in found.items()} == {
        "moved": "text 02 10:00", "cancelled": "text 02 10:00", "aftercare": "text 03 08:00",
    }  # fmt: skip
    [capped] = found["aftercare"].because
    assert (capped.what, capped.facts["limit"], capped.facts["due_at"]) == ("capped", 2, local(3, 8))


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("moved", "series_confirmation"),
        ("waitlist_offer", "invitation"),
        ("invitation", "reminder_120"),
        ("reminder_120", "aftercare"),
    ],
)
def test_what_matters_more_goes_first_however_late_it_is_due(first: str, then: str) -> None:
    policy_full = Told(texts=(NOW - HOUR,))
    found = kept(a_text(then), a_text(first, NOW + HOUR), told=policy_full)
    assert {kind: when(one) for kind, one in found.items()} == {first: "text 02 11:00", then: "text 03 08:00"}


def test_what_was_handed_over_today_counts_and_yesterdays_does_not() -> None:
    assert when(kept(a_text("missed"), told=Told(texts=(NOW - HOUR, NOW - HOUR)))["missed"]) == "text 03 08:00"
    assert when(kept(a_text("missed"), told=Told(texts=(NOW - DAY, NOW - DAY)))["missed"]) == "text 02 10:00"


def test_a_text_that_was_handed_over_is_not_counted_twice() -> None:
    sent, other = a_text("moved"), a_text("missed")
    told = Told(occasions=frozenset({sent.occasion}), texts=(NOW,))
    assert when(kept(sent, other, told=told)["missed"]) == "text 02 10:00"


@pytest.mark.parametrize("answer", ["cancel_check", "other_times", "time_gone", "opted_out", "we_will_call"])
def test_an_answer_to_the_patients_own_text_always_goes(answer: str) -> None:
    full = Told(texts=(NOW, NOW, NOW))
    assert when(kept(a_text(answer), told=full)[answer]) == "text 02 10:00"


def test_a_full_morning_is_passed_over() -> None:
    tomorrow = [a_text(f"moved_{n}", local(3, 9)) for n in range(2)]
    texts = [replace(one, kind="moved") for one in tomorrow]
    late = a_text("aftercare", lasts=4 * DAY)
    found = set(within_cap([*texts, late], {PATIENT.id: PATIENT}, POLICY, Told(texts=(NOW, NOW)), NOW))
    assert [when(one) for one in found if one.kind == "aftercare"] == ["text 04 08:00"]


def test_what_cannot_wait_goes_by_e_mail() -> None:
    found = kept(a_text("reminder_120", lasts=2 * HOUR), told=Told(texts=(NOW, NOW)))
    assert when(found["reminder_120"]) == "email 02 10:00"
    [decision] = found["reminder_120"].because
    assert (decision.what, decision.facts["because"]) == ("fell_back", "texts_a_day")


@pytest.mark.parametrize(("kind", "channel"), [("cancelled", "desk"), ("visits_changed", "desk")])
def test_without_e_mail_a_change_is_the_desks_to_tell(kind: str, channel: str) -> None:
    told, patient = Told(texts=(NOW, NOW)), replace(PATIENT, email=False)
    assert kept(a_text(kind, lasts=2 * HOUR), told=told, patient=patient)[kind].channel == channel


def test_without_e_mail_anything_else_is_not_sent() -> None:
    told, patient = Told(texts=(NOW, NOW)), replace(PATIENT, email=False)
    dropped = kept(a_text("reminder_120", lasts=2 * HOUR), told=told, patient=patient)["reminder_120"]
    assert not dropped.is_in_time(NOW)


def test_the_day_is_the_persons_own() -> None:
    berlin = replace(PATIENT, zone=ZoneInfo("Europe/Berlin"))
    told = Told(texts=(local(2, 1), local(2, 2)))
    assert when(kept(a_text("moved", local(2, 12)), told=told)["moved"]) == "text 03 08:00"
    yesterday = Told(texts=(local(1, 17), local(1, 17, 30)))
    assert when(kept(a_text("moved", local(2, 12)), told=yesterday, patient=berlin)["moved"]) == "text 02 12:00"
    evening = Told(texts=(local(1, 18, 30), local(1, 19)))
    assert kept(a_text("moved", local(2, 12)), told=evening, patient=berlin)["moved"].due_at > local(2, 12)


def test_an_overdue_text_counts_for_the_day_on_which_it_goes() -> None:
    overdue = a_text("aftercare", NOW - DAY)
    assert when(kept(overdue, told=Told(texts=(NOW, NOW)))["aftercare"]) == "text 03 08:00"


def test_the_fourth_text_of_a_day_waits_for_the_morning_and_says_why(world: World, story: Story) -> None:
    world.tell(*story.all_booked(), story.cancelled(1), story.moved(2))
    world.at(NOW + timedelta(minutes=5))
    world.send_all()
    for version in range(3, 6):
        at = NOW + version * HOUR / 3
        world.tell(story.moved(2, version, story.starts[1] + version * HOUR, at=at))
        world.at(at + timedelta(minutes=5))
        world.send_all()
    assert len(world.sandbox.texts(to=PATIENT_PHONE)) == 3
    [waiting] = [m for m in world.messages(kind="moved") if m.state == "planned"]
    assert waiting.due_at.astimezone(NEW_YORK).strftime("%d %H:%M") == "03 08:00"
    assert [entry["what"] for entry in waiting.trail if entry["what"] == "capped"] == ["capped"]


def test_schedule_knows_the_answers_that_sending_lets_through() -> None:
    from services.notify.schedule.capped import ANSWERS
    from services.notify.sending import cap

    assert set(cap.ANSWERS) == set(ANSWERS)
    assert schedule.NOTHING.texts == ()
