"""The rules of what is sent when, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from services.notify.schedule import Case, Planned, Policy, Reach, Referral, Series, Visit, is_waking, planned
from tests.notify.facts import NOW

NEW_YORK = ZoneInfo("America/New_York")
POLICY = Policy(NEW_YORK, (2880, 120))
PATIENT = Reach(uuid4(), text=True, email=True)
PHYSICIAN = Reach(uuid4(), text=False, email=True)
SERIES, REFERRAL = uuid4(), uuid4()


def local(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


def a_visit(starts_at: datetime, status: str = "booked", completed_at: datetime | None = None) -> Visit:
    return Visit(uuid4(), SERIES, status, starts_at, completed_at)


def a_case(*visits: Visit, booked_at: datetime | None = NOW, completed_at: datetime | None = None,
           referral: Referral | None = None) -> Case:  # fmt: skip
    last = max([visit.starts_at for visit in visits] or [NOW + timedelta(days=30)])
    return Case(REFERRAL, referral, (Series(SERIES, last, booked_at, completed_at),), visits)


def a_referral(updates: str, received_at: datetime | None = NOW, declined_at: datetime | None = None,
               **more: Any) -> Referral:  # fmt: skip
    return Referral(updates, received_at, declined_at, **{"physician_id": PHYSICIAN.id, **more})


def to_patient(
    case: Case, patient: Reach = PATIENT, policy: Policy = POLICY, now: datetime = NOW
) -> dict[str, Planned]:
    return {message.kind: message for message in planned(case, patient, None, policy, now)}


def to_physician(case: Case, physician: Reach = PHYSICIAN) -> set[str]:
    return {message.kind for message in planned(case, None, physician, POLICY, NOW)}


def due(message: Planned) -> str:
    return message.due_at.astimezone(NEW_YORK).strftime("%d %H:%M")


def test_a_booked_series_is_confirmed_at_once_and_each_visit_reminded_at_every_lead_time() -> None:
    messages = to_patient(a_case(a_visit(local(9, 15))))
    assert {kind: due(message) for kind, message in messages.items()} == {
        "series_confirmation": "02 10:00", "reminder_2880": "07 15:00", "reminder_120": "09 13:00",
    }  # fmt: skip


def test_nothing_is_planned_before_the_series_is_known() -> None:
    assert to_patient(a_case(a_visit(local(9, 15)), booked_at=None)) == {}


def test_nothing_is_planned_for_a_patient_whose_contact_has_not_arrived() -> None:
    assert planned(a_case(a_visit(local(9, 15))), None, None, POLICY, NOW) == frozenset()


def test_a_visit_booked_an_hour_before_is_not_reminded_of() -> None:
    assert set(to_patient(a_case(a_visit(NOW + timedelta(hours=1))))) == {"series_confirmation"}


def test_a_visit_booked_a_day_before_gets_no_reminder_of_two_days() -> None:
    assert set(to_patient(a_case(a_visit(NOW + timedelta(hours=25))))) == {"series_confirmation", "reminder_120"}


def test_a_late_worker_still_sends_a_reminder_that_was_booked_in_time() -> None:
    visit = a_visit(NOW + timedelta(hours=49))
    assert "reminder_2880" in to_patient(a_case(visit), now=NOW + timedelta(hours=3))


def test_a_reminder_that_is_hopelessly_late_is_not_sent() -> None:
    visit = a_visit(NOW + timedelta(hours=49))
    assert "reminder_2880" not in to_patient(a_case(visit), now=NOW + timedelta(hours=26))


@pytest.mark.parametrize(
    ("visit_at", "reminded"),
    [
        ((9, 9, 0), "09 08:00"),  # 07:00 is too early
        ((9, 10, 0), "09 08:00"),
        ((9, 8, 0), "08 20:30"),  # 08:00 is not before the visit
        ((9, 7, 30), "08 20:30"),
        ((9, 22, 59), "09 20:59"),
        ((9, 23, 0), "09 20:30"),  # 21:00 is too late
        ((9, 23, 30), "09 20:30"),
    ],
)
def test_a_two_hour_reminder_keeps_the_quiet_hours(visit_at: tuple[int, int, int], reminded: str) -> None:
    assert due(to_patient(a_case(a_visit(local(*visit_at))))["reminder_120"]) == reminded


def test_a_reminder_moved_to_the_morning_is_good_until_the_visit() -> None:
    message = to_patient(a_case(a_visit(local(9, 8, 30))))["reminder_120"]
    assert (due(message), message.send_before) == ("09 08:00", local(9, 8, 30))


def test_a_reminder_is_not_moved_to_before_the_booking() -> None:
    visit = a_visit(local(3, 7, 30))
    assert set(to_patient(a_case(visit, booked_at=local(2, 21, 30)), now=local(2, 21, 30))) == {"series_confirmation"}


def test_two_reminders_that_quiet_hours_push_together_become_one() -> None:
    policy = Policy(NEW_YORK, (120, 90))
    assert set(to_patient(a_case(a_visit(local(9, 8, 30))), policy=policy)) == {"series_confirmation", "reminder_90"}


def test_a_series_booked_at_night_is_confirmed_in_the_morning() -> None:
    case = a_case(a_visit(local(9, 15)), booked_at=local(2, 22))
    assert due(to_patient(case, now=local(2, 22))["series_confirmation"]) == "03 08:00"


def test_reminders_keep_the_wall_clock_over_the_change_to_summer_time() -> None:
    messages = to_patient(a_case(a_visit(local(15, 9, 30))))
    assert due(messages["reminder_120"]) == "15 08:00"
    assert due(messages["reminder_2880"]) == "13 08:30", "48 hours, over a night that is an hour short"


def test_a_completed_visit_is_followed_by_aftercare_and_not_reminded_of() -> None:
    visit = a_visit(NOW - timedelta(hours=1), "completed", NOW - timedelta(minutes=10))
    messages = to_patient(a_case(visit, booked_at=NOW - timedelta(days=9)))
    assert {kind: message.due_at for kind, message in messages.items()} == {"aftercare": NOW - timedelta(minutes=7)}


def test_aftercare_at_night_waits_for_the_morning() -> None:
    visit = a_visit(local(2, 20, 30), "completed", local(2, 21, 15))
    assert due(to_patient(a_case(visit), now=local(2, 21, 15))["aftercare"]) == "03 08:00"


@pytest.mark.parametrize("status", ["cancelled", "missed"])
def test_a_visit_that_does_not_take_place_is_not_reminded_of(status: str) -> None:
    assert set(to_patient(a_case(a_visit(local(9, 15), status)))) == {"series_confirmation"}


def test_a_confirmed_visit_is_still_reminded_of() -> None:
    assert "reminder_120" in to_patient(a_case(a_visit(local(9, 15), "confirmed")))


def test_without_consent_to_texts_e_mails_go_out() -> None:
    messages = to_patient(a_case(a_visit(local(9, 15))), replace(PATIENT, text=False))
    assert {message.channel for message in messages.values()} == {"email"}


def test_an_e_mail_knows_no_quiet_hours() -> None:
    messages = to_patient(a_case(a_visit(local(9, 9))), replace(PATIENT, text=False))
    assert due(messages["reminder_120"]) == "09 07:00"


def test_without_any_consent_the_desk_hears_of_the_series_and_the_longest_reminder_only() -> None:
    case = a_case(a_visit(local(9, 15)), a_visit(NOW - timedelta(hours=1), "completed", NOW))
    messages = to_patient(case, replace(PATIENT, text=False, email=False))
    assert {kind: message.channel for kind, message in messages.items()} == {
        "series_confirmation": "desk", "reminder_2880": "desk",
    }  # fmt: skip


DONE = a_visit(NOW - timedelta(hours=1), "completed", NOW)


@pytest.mark.parametrize(
    ("updates", "told"),
    [
        ("every_visit", {"referral_received", "series_booked", "closing_report"}),
        ("midpoint_and_end", {"referral_received", "series_booked", "closing_report"}),
        ("end", {"referral_received", "closing_report"}),
        ("exceptions", set()),
        ("none", set()),
    ],
)
def test_the_physician_hears_as_much_as_was_asked_for(updates: str, told: set[str]) -> None:
    assert to_physician(a_case(DONE, completed_at=NOW, referral=a_referral(updates))) == told


@pytest.mark.parametrize(("updates", "told"), [("end", True), ("exceptions", True), ("none", False)])
def test_a_declined_referral_is_told_unless_nothing_was_asked_for(updates: str, told: bool) -> None:
    assert ("referral_declined" in to_physician(a_case(referral=a_referral(updates, NOW, NOW)))) == told


def test_a_physician_without_e_mail_is_the_desks() -> None:
    case = a_case(referral=a_referral("end"))
    messages = planned(case, None, replace(PHYSICIAN, email=False), POLICY, NOW)
    assert {(message.kind, message.channel) for message in messages} == {("referral_received", "desk")}


def test_the_logical_key_is_of_the_visit_and_its_time() -> None:
    visit = a_visit(local(9, 15))
    message = to_patient(a_case(visit))["reminder_120"]
    assert message.key == (visit.id, visit.starts_at, None, "reminder_120", "text", PATIENT.id)


@pytest.mark.parametrize(
    ("at", "waking"),
    [((2, 7, 59), False), ((2, 8, 0), True), ((2, 20, 59), True), ((2, 21, 0), False), ((3, 0, 30), False)],
)
def test_texts_are_for_the_waking_hours(at: tuple[int, int, int], waking: bool) -> None:
    assert is_waking(local(*at), NEW_YORK) is waking
