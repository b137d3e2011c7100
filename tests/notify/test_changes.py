"""What a patient is told when visits are moved, cancelled, restored, added or missed; without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notify.schedule import (
    Case,
    Offer,
    Planned,
    Policy,
    Reach,
    Referral,
    Renewal,
    Series,
    SeriesAct,
    Visit,
    VisitAct,
    planned,
)
from tests.notify.facts import NOW

NEW_YORK = ZoneInfo("America/New_York")
POLICY = Policy(NEW_YORK, (2880, 120))
PATIENT = Reach(uuid4(), text=True, email=True)
PHYSICIAN = Reach(uuid4(), text=False, email=True)
SERIES, BOOKED_AT = uuid4(), NOW - timedelta(days=10)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
CHANGES = ("moved", "cancelled", "restored", "missed", "visits_changed")


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 3, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


FIRST = local(9, 15)
STATUS = {"booked": "booked", "moved": "booked", "restored": "booked", "cancelled": "cancelled", "missed": "missed"}


def a_visit(*acts: VisitAct, starts_at: datetime = FIRST, **facts: object) -> Visit:
    done = (VisitAct("booked", starts_at), *acts)
    told: dict[str, object] = {"status": STATUS[done[-1].what], "completed_at": None, **facts}
    return Visit(uuid4(), SERIES, starts_at=done[-1].starts_at, acts=done, **told)  # type: ignore[arg-type]


def moved(to: datetime, at: datetime = NOW, was: datetime = FIRST, by: str = "clinic", **place: str) -> VisitAct:
    return VisitAct("moved", to, at=at, by=by, moved_from=was, **place)


def cancelled(at: datetime = NOW, starts_at: datetime = FIRST, by: str = "clinic") -> VisitAct:
    return VisitAct("cancelled", starts_at, at=at, by=by)


def restored(at: datetime, starts_at: datetime = FIRST) -> VisitAct:
    return VisitAct("restored", starts_at, at=at)


def a_case(*visits: Visit, offers: tuple[Offer, ...] = (), acts: tuple[SeriesAct, ...] = (), **facts: object) -> Case:
    last = max([visit.starts_at for visit in visits] or [NOW + 30 * DAY])
    told: dict[str, object] = {"booked_at": BOOKED_AT, "completed_at": None, "acts": acts, **facts}
    return Case(uuid4(), None, (Series(SERIES, last, **told),), visits, offers)  # type: ignore[arg-type]


def told(case: Case, now: datetime = NOW, patient: Reach = PATIENT) -> list[Planned]:
    messages = planned(case, patient, None, POLICY, now)
    return sorted((one for one in messages if one.kind in CHANGES), key=lambda one: one.due_at)


def reminders(case: Case, now: datetime = NOW) -> set[tuple[str, datetime | None]]:
    messages = planned(case, PATIENT, None, POLICY, now)
    return {(one.kind, one.starts_at) for one in messages if one.kind.startswith("reminder")}


def test_a_moved_visit_is_told_after_three_minutes_with_its_old_and_its_new_time() -> None:
    [message] = told(a_case(a_visit(moved(FIRST + DAY))))
    assert (message.kind, message.due_at) == ("moved", NOW + 3 * MINUTE)
    assert (message.was_at, message.starts_at) == (FIRST, FIRST + DAY)


def test_reminders_follow_a_move() -> None:
    assert {at for _, at in reminders(a_case(a_visit(moved(FIRST + DAY))))} == {FIRST + DAY}


def test_a_visit_moved_to_this_afternoon_is_not_also_reminded_of_two_days_before() -> None:
    case = a_case(a_visit(moved(NOW + timedelta(hours=5))))
    assert {kind for kind, _ in reminders(case)} == {"reminder_120"}


def test_a_visit_moved_to_another_place_at_the_same_time_is_told() -> None:
    visit = a_visit(moved(FIRST, place="2 Pier"))
    assert [one.kind for one in told(a_case(visit))] == ["moved"]


def test_a_visit_that_only_changed_its_therapist_is_not_told() -> None:
    assert told(a_case(a_visit(moved(FIRST)))) == []


def test_a_move_undone_within_the_grace_leaves_nothing_to_tell() -> None:
    back = moved(FIRST, at=NOW + 2 * MINUTE, was=FIRST + DAY)
    assert told(a_case(a_visit(moved(FIRST + DAY), back))) == []


def test_a_move_undone_later_is_told_again() -> None:
    back = moved(FIRST, at=NOW + 4 * MINUTE, was=FIRST + DAY)
    [message] = told(a_case(a_visit(moved(FIRST + DAY), back)), now=NOW + 4 * MINUTE)
    assert (message.starts_at, message.was_at, message.due_at) == (FIRST, FIRST + DAY, NOW + 7 * MINUTE)


def test_of_a_visit_moved_twice_within_the_grace_only_the_last_time_is_told() -> None:
    again = moved(FIRST + 2 * DAY, at=NOW + MINUTE, was=FIRST + DAY)
    [message] = told(a_case(a_visit(moved(FIRST + DAY), again)))
    assert (message.starts_at, message.was_at, message.due_at) == (FIRST + 2 * DAY, FIRST, NOW + 4 * MINUTE)


def test_a_cancelled_visit_is_told_under_the_time_that_the_patient_knows() -> None:
    visit = a_visit(moved(FIRST + DAY), cancelled(NOW + MINUTE, FIRST + DAY))
    [message] = told(a_case(visit))
    assert (message.kind, message.starts_at, message.due_at) == ("cancelled", FIRST, NOW + 4 * MINUTE)


def test_a_cancellation_undone_within_the_grace_leaves_nothing_to_tell_and_the_reminders_as_they_were() -> None:
    undone = a_case(a_visit(cancelled(), restored(NOW + 2 * MINUTE)))
    assert told(undone) == []
    assert len(reminders(undone)) == 2


def test_who_was_told_of_a_cancellation_is_told_that_the_visit_takes_place_after_all() -> None:
    [message] = told(a_case(a_visit(cancelled(), restored(NOW + 5 * MINUTE))), now=NOW + 5 * MINUTE)
    assert (message.kind, message.starts_at) == ("restored", FIRST)


def test_a_visit_cancelled_or_missed_has_no_reminders_and_a_restored_one_has_them_again() -> None:
    visit = a_visit(cancelled())
    assert reminders(a_case(visit)) == set()
    back = a_visit(cancelled(), restored(NOW + 5 * MINUTE))
    assert reminders(a_case(back), now=NOW + 5 * MINUTE) == {("reminder_2880", FIRST), ("reminder_120", FIRST)}


def test_a_missed_visit_is_followed_up_unless_that_was_a_slip() -> None:
    missed = VisitAct("missed", NOW - 20 * MINUTE, at=NOW)
    [message] = told(a_case(a_visit(missed, starts_at=NOW - 20 * MINUTE)))
    assert (message.kind, message.due_at) == ("missed", NOW + 3 * MINUTE)
    slip = a_visit(missed, restored(NOW + MINUTE, NOW - 20 * MINUTE), starts_at=NOW - 20 * MINUTE)
    assert told(a_case(slip)) == []


def test_close_to_the_visit_the_grace_is_short() -> None:
    soon = NOW + 10 * MINUTE
    [message] = told(a_case(a_visit(cancelled(starts_at=soon), starts_at=soon)))
    assert message.due_at == NOW + MINUTE


def test_at_night_what_happened_waits_for_the_morning_and_a_slip_can_be_undone_until_then() -> None:
    night = local(3, 22)
    [message] = told(a_case(a_visit(cancelled(night))), now=night)
    assert message.due_at == local(4, 8)
    assert told(a_case(a_visit(cancelled(night), restored(local(4, 7)))), now=night) == []


@pytest.mark.parametrize(("email", "channel"), [(True, "email"), (False, "desk")])
def test_what_cannot_wait_for_the_morning_goes_by_e_mail_or_the_desk_calls(email: bool, channel: str) -> None:
    night, early = local(3, 22), local(4, 7, 30)
    visit = a_visit(cancelled(night, early), starts_at=early)
    [message] = told(a_case(visit), now=night, patient=replace(PATIENT, email=email))
    assert (message.channel, message.due_at) == (channel, night + 3 * MINUTE)


def test_what_is_told_too_late_is_not_told() -> None:
    assert told(a_case(a_visit(cancelled(starts_at=FIRST))), now=FIRST) == []


def test_several_visits_of_a_series_changed_within_the_grace_are_told_once() -> None:
    visits = (a_visit(moved(FIRST + DAY)), a_visit(cancelled(NOW + 2 * MINUTE)), a_visit(starts_at=FIRST + 7 * DAY))
    [message] = told(a_case(*visits))
    assert (message.kind, message.subject_id, message.due_at) == ("visits_changed", SERIES, NOW + 5 * MINUTE)


def test_visits_changed_further_apart_are_told_each_for_itself() -> None:
    visits = a_visit(moved(FIRST + DAY)), a_visit(moved(FIRST + 2 * DAY, NOW + 10 * MINUTE))
    assert [one.kind for one in told(a_case(*visits), now=NOW)] == ["moved", "moved"]


def test_what_was_told_together_is_not_told_again_when_one_of_them_changes_later() -> None:
    one, other = a_visit(moved(FIRST + DAY)), a_visit(moved(FIRST + 2 * DAY))
    before = told(a_case(one, other))
    back = moved(FIRST, at=NOW + DAY, was=FIRST + DAY)
    later = replace(one, acts=(*one.acts, back), starts_at=FIRST)
    after = told(a_case(later, other), now=NOW + DAY)
    assert [message.kind for message in before] == ["visits_changed"]
    assert [message.kind for message in after] == ["visits_changed", "moved"]
    assert after[0].key == before[0].key


def test_added_visits_are_told_and_reminded_of_from_then_on() -> None:
    acts = (SeriesAct(BOOKED_AT, 1), SeriesAct(NOW, 2))
    case = a_case(a_visit(), a_visit(starts_at=NOW + timedelta(hours=30), number=2), acts=acts)
    assert [one.kind for one in told(case)] == ["visits_changed"]
    assert ("reminder_2880", NOW + timedelta(hours=30)) not in reminders(case)
    assert ("reminder_120", NOW + timedelta(hours=30)) in reminders(case)


def test_a_restored_visit_is_not_taken_for_an_added_one() -> None:
    undone = NOW + 2 * MINUTE
    acts = (SeriesAct(BOOKED_AT, 2), SeriesAct(NOW, 1), SeriesAct(undone, 2))
    later = undone + 5 * MINUTE
    assert (
        told(a_case(a_visit(cancelled(), restored(later)), acts=(*acts[:2], SeriesAct(later, 2))), now=later)[0].kind
        == "restored"
    )


def test_a_change_in_the_night_of_the_booking_is_told_by_the_confirmation() -> None:
    night = local(3, 22)
    case = a_case(a_visit(moved(FIRST + DAY, local(3, 23))), booked_at=night)
    assert told(case, now=night) == []


def test_who_waits_for_the_answer_to_a_yes_gets_it_at_once() -> None:
    visit = a_visit(moved(FIRST + DAY))
    offer = Offer(uuid4(), visit.id, FIRST + DAY, NOW + DAY, None, NOW - MINUTE, NOW, "accepted", True, NOW)
    [message] = told(a_case(visit, offers=(offer,)))
    assert message.due_at == NOW


def test_the_desk_hears_of_what_the_patient_did_not_do_themselves() -> None:
    nobody = replace(PATIENT, text=False, email=False)
    assert [one.channel for one in told(a_case(a_visit(cancelled())), patient=nobody)] == ["desk"]
    assert told(a_case(a_visit(cancelled(by="patient"))), patient=nobody) == []


def test_a_visit_in_another_zone_keeps_that_zones_night() -> None:
    honolulu = ZoneInfo("Pacific/Honolulu")
    visit = a_visit(cancelled(local(3, 12)), zone=honolulu)
    [message] = told(a_case(visit), now=local(3, 12))
    assert message.zone == honolulu
    assert message.due_at == datetime(2027, 3, 3, 8, tzinfo=honolulu)
    assert {one.zone for one in planned(a_case(replace(visit, status="booked", acts=())), PATIENT, None, POLICY, NOW)
            if one.kind.startswith("reminder")} == {honolulu}  # fmt: skip


def test_a_cancelled_series_that_was_not_confirmed_yet_is_not_confirmed() -> None:
    case = a_case(a_visit(cancelled()), booked_at=NOW, cancelled_at=NOW)
    assert {one.kind for one in planned(case, PATIENT, None, POLICY, NOW)} == {"cancelled"}


def an_offer(**facts: object) -> Offer:
    told: dict[str, object] = {
        "id": uuid4(), "session_id": None, "starts_at": FIRST, "answer_by": NOW + timedelta(hours=2), "zone": None,
        "offered_at": NOW,
    }  # fmt: skip
    return Offer(**(told | facts))  # type: ignore[arg-type]


def offered(offer: Offer, now: datetime = NOW, patient: Reach = PATIENT) -> list[Planned]:
    return list(planned(Case(uuid4(), None, (), (), (offer,)), patient, None, POLICY, now))


def test_an_offer_is_sent_at_once_and_until_it_must_be_answered() -> None:
    [message] = offered(an_offer(answer_by=NOW + 2 * MINUTE))
    assert (message.kind, message.due_at, message.send_before) == ("waitlist_offer", NOW, NOW + 2 * MINUTE)


def test_an_offer_that_ends_before_the_morning_goes_by_e_mail() -> None:
    night = local(3, 22)
    [message] = offered(an_offer(offered_at=night, answer_by=night + timedelta(hours=2)), now=night)
    assert (message.channel, message.due_at) == ("email", night)


@pytest.mark.parametrize(
    ("how", "wanted", "kinds"),
    [
        ("taken", None, ["offer_ended"]),
        ("taken", True, ["offer_ended"]),
        ("taken", False, []),
        ("lapsed", None, []),
        ("lapsed", True, ["offer_ended"]),
        ("declined", False, []),
        ("accepted", True, []),
    ],
)
def test_who_is_told_that_an_offer_is_over(how: str, wanted: bool | None, kinds: list[str]) -> None:
    ended = an_offer(ended_at=NOW + MINUTE, how=how, wanted=wanted, answered_at=NOW if wanted is not None else None)
    assert [one.kind for one in offered(ended)] == kinds


def test_an_offer_taken_before_it_left_is_not_told_at_all() -> None:
    night = local(3, 22)
    gone = an_offer(offered_at=night, answer_by=local(4, 10), ended_at=local(3, 23), how="taken")
    assert offered(gone, now=night) == []


def to_physician(case: Case, updates: str, **facts: object) -> dict[str, Planned]:
    referral = Referral(updates, None, None, physician_id=PHYSICIAN.id, **facts)  # type: ignore[arg-type]
    return {one.kind: one for one in planned(replace(case, referral=referral), None, PHYSICIAN, POLICY, NOW)}


MISSED = a_visit(VisitAct("missed", NOW - 20 * MINUTE, at=NOW), starts_at=NOW - 20 * MINUTE)


@pytest.mark.parametrize(
    ("updates", "kinds"),
    [
        ("every_visit", {"missed_visit", "series_cancelled", "renewal_request"}),
        ("midpoint_and_end", {"series_cancelled", "renewal_request"}),
        ("end", {"series_cancelled", "renewal_request"}),
        ("exceptions", {"missed_visit", "series_cancelled", "renewal_request"}),
        ("none", set()),
    ],
)
def test_the_physician_hears_of_exceptions_as_was_asked_for(updates: str, kinds: set[str]) -> None:
    case = replace(a_case(MISSED, cancelled_at=NOW), renewals=(Renewal(uuid4(), NOW),))
    assert to_physician(case, updates).keys() - {"series_booked"} == kinds


def test_a_physician_hears_of_a_missed_visit_after_the_grace_and_of_a_slip_never() -> None:
    assert to_physician(a_case(MISSED), "exceptions")["missed_visit"].due_at == NOW + 3 * MINUTE
    slip = replace(MISSED, status="booked", acts=(*MISSED.acts, restored(NOW + MINUTE, MISSED.starts_at)))
    assert to_physician(a_case(slip), "exceptions") == {}


def test_two_reasons_for_a_renewal_at_once_are_one_request_and_an_ended_referral_needs_none() -> None:
    order = uuid4()
    case = replace(a_case(), renewals=(Renewal(order, NOW), Renewal(order, NOW)))
    assert set(to_physician(case, "exceptions")) == {"renewal_request"}
    assert to_physician(case, "exceptions", ended_at=NOW) == {}


class Phone:
    """A patient who knows what they were told, and looks at the page when a text says so."""

    def __init__(self, visits: dict[UUID, datetime | None]) -> None:
        self.knows = dict(visits)
        self.got: list[tuple[object, ...]] = []

    def receive(self, message: Planned, truth: dict[UUID, datetime | None]) -> None:
        self.got.append(message.key)
        if message.kind == "visits_changed":
            self.knows |= truth
        elif message.session_id:
            self.knows[message.session_id] = None if message.kind == "cancelled" else message.starts_at


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[datetime, int, VisitAct]]:
    """Moves, cancellations and restorations of three visits within some minutes or hours of a day."""
    at, starts, on, done = NOW, [FIRST + n * DAY for n in range(3)], [True] * 3, []
    for _ in range(draw(st.integers(1, 8))):
        at += draw(st.sampled_from([MINUTE, 2 * MINUTE, 4 * MINUTE, timedelta(hours=2)]))
        number = draw(st.integers(0, 2))
        if not on[number]:
            act = restored(at, starts[number])
        elif draw(st.booleans()):
            act = cancelled(at, starts[number])
        else:
            to = FIRST + draw(st.integers(0, 4)) * DAY
            act, starts[number] = moved(to, at, starts[number]), to
        on[number] = act.what != "cancelled"
        done.append((at, number, act))
    return done


@settings(max_examples=300, deadline=None)
@given(life=lives())
def test_whatever_happens_a_patient_knows_the_truth_in_the_end_and_is_told_nothing_twice(
    life: list[tuple[datetime, int, VisitAct]],
) -> None:
    visits = [a_visit(starts_at=FIRST + n * DAY) for n in range(3)]
    phone = Phone({visit.id: visit.starts_at for visit in visits})
    ticks = [*[at for at, _, _ in life][1:], NOW + 2 * DAY]
    for (_, number, act), until in zip(life, ticks, strict=True):
        visit = visits[number]
        visits[number] = replace(visit, acts=(*visit.acts, act), starts_at=act.starts_at, status=STATUS[act.what])
        truth = {visit.id: visit.starts_at if visit.status == "booked" else None for visit in visits}
        for message in told(a_case(*visits), now=NOW):
            if message.due_at <= until and message.key not in phone.got:
                phone.receive(message, truth)
    assert phone.knows == truth
    assert len(phone.got) == len(set(phone.got))
