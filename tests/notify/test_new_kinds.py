"""Invitations, the end of a series, half of it, corrections, and further physicians."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from services.contracts.referrals import Copy
from services.notify import schedule
from services.notify.schedule import Case, Planned, Policy, Reach, Referral, Series, SeriesAct, Visit, VisitAct
from tests.notify.facts import NOW, Story
from tests.notify.world import World

NEW_YORK = ZoneInfo("America/New_York")
POLICY = Policy(NEW_YORK, ())
PATIENT, PHYSICIAN = Reach(uuid4(), text=True, email=True), Reach(uuid4(), text=False, email=True)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SERIES = uuid4()


def a_visit(completed_at: datetime | None = None, number: int = 1, *acts: VisitAct, status: str = "") -> Visit:
    starts_at = (completed_at or NOW) - HOUR
    said = status or ("completed" if completed_at else "booked")
    return Visit(
        uuid4(), SERIES, said, starts_at, completed_at, number, acts=acts, ends_at=starts_at + HOUR / 2
    )  # fmt: skip


def a_case(*visits: Visit, updates: str = "every_visit", **of: object) -> Case:
    series = replace(Series(SERIES, NOW, NOW - 30 * DAY, None, visits=len(visits)), **of)  # type: ignore[arg-type]
    return Case(uuid4(), Referral(updates, None, None, physician_id=PHYSICIAN.id), (series,), visits)


def to_patient(case: Case, patient: Reach = PATIENT, policy: Policy = POLICY) -> dict[str, Planned]:
    return {one.kind: one for one in schedule.to_patient([case], patient, policy, NOW) if one.is_in_time(NOW)}


def to_physician(case: Case) -> dict[str, Planned]:
    return {one.kind: one for one in schedule.to_physician(case, PHYSICIAN, POLICY)}


def accepted(at: datetime = NOW, **more: object) -> Case:
    referral = replace(Referral("none", None, None, accepted_at=at), **more)  # type: ignore[arg-type]
    return Case(uuid4(), referral, (), ())


def test_a_patient_whose_referral_was_accepted_is_invited_to_book_after_the_grace() -> None:
    invited = to_patient(accepted())["invitation"]
    assert (invited.due_at, invited.send_before) == (NOW + 3 * MINUTE, NOW + 14 * DAY)


@pytest.mark.parametrize("over", ["ended_at", "declined_at"])
def test_nobody_is_invited_to_what_is_over(over: str) -> None:
    assert to_patient(accepted(**{over: NOW})) == {}


def test_a_clinic_that_does_not_invite_does_not() -> None:
    assert to_patient(accepted(), policy=replace(POLICY, invite=False)) == {}


def test_nobody_is_invited_two_weeks_late() -> None:
    assert to_patient(accepted(NOW - 14 * DAY)) == {}


def test_an_invitation_is_superseded_by_the_booking(world: World, story: Story) -> None:
    world.tell(*story.people(), story.accepted())
    assert world.message("invitation").state == "planned"
    world.tell(*story.booking())
    assert (world.message("invitation").state, world.message("invitation").reason) == ("superseded", "series_booked")


def test_the_last_visit_is_followed_by_the_end_of_the_series_instead_of_its_aftercare() -> None:
    first, last = a_visit(NOW - 2 * HOUR), a_visit(NOW - MINUTE, 2)
    messages = to_patient(a_case(first, last, completed_at=NOW - MINUTE, completed=2))
    assert {kind: one.session_id for kind, one in messages.items() if kind != "series_confirmation"} == {
        "aftercare": first.id, "series_finished": last.id,
    }  # fmt: skip


def test_a_series_that_ends_days_after_its_last_visit_leaves_the_aftercare_alone() -> None:
    last = a_visit(NOW - 5 * HOUR)
    messages = to_patient(a_case(last, completed_at=NOW - MINUTE, completed=1))
    assert {"aftercare", "series_finished"} <= set(messages)


def test_aftercare_of_a_visit_completed_a_day_late_is_not_sent() -> None:
    entered_late = replace(a_visit(NOW), starts_at=NOW - 25 * HOUR, ends_at=NOW - 24 * HOUR - MINUTE)
    in_time = replace(entered_late, ends_at=NOW - 24 * HOUR)
    assert "aftercare" not in to_patient(a_case(entered_late))
    assert "aftercare" in to_patient(a_case(in_time))


def completions(*acts: tuple[datetime, int | None]) -> tuple[SeriesAct, ...]:
    return tuple(SeriesAct(at, 2, completed) for at, completed in acts)


def test_a_series_completed_again_without_another_visit_is_told_once() -> None:
    acts = completions((NOW - 3 * DAY, 2), (NOW - 2 * DAY, None), (NOW - DAY, 2))
    case = a_case(a_visit(NOW - 3 * DAY), completed_at=NOW - DAY, completed=2, acts=acts)
    assert to_physician(case)["closing_report"].happened_at == NOW - 3 * DAY


def test_a_series_completed_again_with_another_visit_is_told_again() -> None:
    acts = completions((NOW - 3 * DAY, 2), (NOW - 2 * DAY, None), (NOW - DAY, 3))
    case = a_case(a_visit(NOW - DAY), completed_at=NOW - DAY, completed=3, acts=acts)
    assert to_physician(case)["closing_report"].happened_at == NOW - DAY


@pytest.mark.parametrize(("planned", "done", "told"), [(4, 1, False), (4, 2, True), (5, 2, False), (5, 3, True),
                                                       (1, 1, False), (2, 1, True)])  # fmt: skip
def test_half_of_the_planned_visits_is_the_midpoint(planned: int, done: int, told: bool) -> None:
    visits = [a_visit(NOW - (9 - n) * HOUR if n < done else None, n + 1) for n in range(planned)]
    report = to_physician(a_case(*visits, updates="midpoint_and_end")).get("midpoint_report")
    assert (report is not None) == told
    if report:
        assert report.due_at == visits[(planned + 1) // 2 - 1].completed_at


@pytest.mark.parametrize("updates", ["every_visit", "end", "exceptions", "none"])
def test_the_midpoint_is_told_to_who_asked_for_it_only(updates: str) -> None:
    assert "midpoint_report" not in to_physician(a_case(a_visit(NOW), a_visit(), updates=updates))


def missed(at: datetime) -> VisitAct:
    return VisitAct("missed", NOW - DAY, at=at)


def restored(at: datetime) -> VisitAct:
    return VisitAct("restored", NOW - DAY, at=at)


@pytest.mark.parametrize(
    ("acts", "status", "told"),
    [
        ([missed(NOW)], "missed", ("missed_visit", NOW)),
        ([missed(NOW - MINUTE), restored(NOW)], "booked", None),
        ([missed(NOW - HOUR), restored(NOW)], "booked", ("not_missed", NOW)),
        ([missed(NOW - HOUR), restored(NOW)], "completed", ("not_missed", NOW)),
        ([missed(NOW - 2 * HOUR), restored(NOW - HOUR), missed(NOW)], "missed", ("missed_visit", NOW)),
        ([missed(NOW - HOUR), restored(NOW - MINUTE), missed(NOW)], "missed", ("missed_visit", NOW - HOUR)),
        ([missed(NOW - HOUR), restored(NOW - 5 * MINUTE), missed(NOW - MINUTE), restored(NOW)], "booked",
         ("not_missed", NOW - 5 * MINUTE)),
    ],
)  # fmt: skip
def test_a_missed_visit_that_was_told_is_corrected_when_it_was_a_mistake(
    acts: list[VisitAct], status: str, told: tuple[str, datetime] | None
) -> None:
    messages = to_physician(a_case(a_visit(None, 1, *acts, status=status), updates="exceptions"))
    assert [(kind, one.happened_at) for kind, one in messages.items()] == ([told] if told else [])


def to_each(world: World, **wanted: object) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    for message in world.messages(role="physician", **wanted):
        if message.state != "superseded":
            found.setdefault(message.recipient, set()).add(message.kind)
    return found


def test_each_physician_of_a_referral_hears_as_they_asked(world: World) -> None:
    second, third = uuid4(), uuid4()
    copies = (Copy(physician_id=second, updates="end"), Copy(physician_id=third, updates="none"))
    story = Story(updates="exceptions", copies=copies)
    world.tell(*story.all_booked())
    assert to_each(world) == {}
    world.tell(story.physician(id_=second), story.physician(id_=third), story.missed(1, at=NOW))
    assert to_each(world) == {
        story.physician_id: {"missed_visit"}, second: {"referral_received", "referral_accepted"},
    }  # fmt: skip


def test_who_is_not_copied_any_more_hears_nothing_more(world: World) -> None:
    second = uuid4()
    story = Story(updates="none", copies=(Copy(physician_id=second, updates="end"),))
    world.tell(*story.all_booked(), story.physician(id_=second))
    assert set(to_each(world)) == {second}
    world.tell(story.amended(copies=()))
    assert to_each(world) == {}


def test_the_referring_physician_is_not_copied_as_well(world: World) -> None:
    story = Story(updates="end")
    story.copies = (Copy(physician_id=story.physician_id, updates="every_visit"),)
    world.tell(*story.all_booked())
    assert to_each(world) == {story.physician_id: {"referral_received", "referral_accepted"}}


def test_a_practice_that_wants_faxes_gets_them_from_the_desk(world: World, story: Story) -> None:
    world.tell(*story.all_booked(), story.physician(2, delivery="fax"))
    live = [m for m in world.messages(role="physician") if m.state == "planned"]
    assert {m.channel for m in live} == {"desk"}
    assert {m.trail[-1]["because"] for m in live} == {"fax_wanted"}
    world.send_all()
    assert set(world.tasks()) == {"send_by_fax"}


def test_who_lives_elsewhere_is_texted_by_day_there() -> None:
    visit = replace(a_visit(), starts_at=datetime(2027, 3, 9, 13, 30, tzinfo=UTC))
    there = replace(PATIENT, zone=ZoneInfo("America/Los_Angeles"))
    policy = Policy(NEW_YORK, (60,))
    assert to_patient(a_case(visit), policy=policy)["reminder_60"].due_at == datetime(2027, 3, 9, 13, 0, tzinfo=UTC)
    elsewhere = to_patient(a_case(visit), there, policy)["reminder_60"]
    assert elsewhere.due_at == datetime(2027, 3, 9, 4, 30, tzinfo=UTC), "20:30 the evening before, at home"
    assert elsewhere.zone == ZoneInfo("America/Los_Angeles")


def test_a_clinic_may_keep_longer_quiet_hours() -> None:
    visit = replace(a_visit(), starts_at=datetime(2027, 3, 9, 15, 0, tzinfo=UTC))
    policy = replace(Policy(NEW_YORK, (90,)), texts_from=datetime(2027, 1, 1, 9, 30).time())
    assert to_patient(a_case(visit), policy=policy)["reminder_90"].due_at == datetime(2027, 3, 9, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(("email", "channel"), [(True, "email"), (False, "text")])
def test_a_text_that_did_not_arrive_is_followed_by_an_e_mail(email: bool, channel: str) -> None:
    patient = replace(PATIENT, email=email)
    [invited] = schedule.to_patient([case := accepted()], patient, POLICY, NOW)
    told = schedule.Told(not_arrived=frozenset({invited.occasion}))
    [again] = schedule.to_patient([case], patient, POLICY, NOW, told)
    assert again.channel == channel
    assert [one.facts["because"] for one in again.because if one.what == "fell_back"] == ["not_delivered"] * email


def test_what_only_makes_sense_in_a_conversation_by_text_is_not_e_mailed() -> None:
    asked = replace(a_visit(), starts_at=NOW + DAY, cancel_asked_at=NOW)
    occasion = (asked.id, asked.starts_at, NOW, "cancel_check", PATIENT.id)
    told = schedule.Told(not_arrived=frozenset({occasion}))
    found = schedule.to_patient([a_case(asked)], PATIENT, POLICY, NOW, told)
    assert [one.channel for one in found if one.kind == "cancel_check"] == ["text"]
