"""Visits are called off, missed, restored, and patients arrive."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.booking.practice.policy import Policy
from services.booking.visits.cancelling import fate_of_cancelled, fate_of_missed, is_late
from services.contracts.booking import SessionCancelled, SessionMissed, SessionRestored
from services.contracts.notify import PatientReplied
from tests.booking.conftest import House
from tests.booking.life import (
    act,
    booked,
    claims_are_right,
    done,
    facts,
    forget,
    ledger,
    refused,
    starts,
    told,
)
from tests.booking.practice_day import MONDAY, NEW_YORK, at
from tests.booking.test_races import codes, together
from tests.booking.test_series import visit
from tests.booking.test_sessions import handle

TUESDAY = datetime(2027, 3, 2, 9, 0, tzinfo=NEW_YORK)
LENIENT = {"late_cancel_consumes_visit": False, "missed_consumes_visit": False}


@pytest.fixture
def desk(house: House) -> House:
    house.load()
    forget(house)
    return house


def test_a_visit_cancelled_a_day_before_is_in_time_and_a_minute_later_is_late() -> None:
    policy = Policy(notice_hours=24)
    assert not is_late("patient", TUESDAY, TUESDAY - timedelta(hours=24), policy)
    assert is_late("patient", TUESDAY, TUESDAY - timedelta(hours=23, minutes=59), policy)


def test_clinic_and_physician_never_cancel_late() -> None:
    assert not is_late("clinic", TUESDAY, TUESDAY, Policy())
    assert not is_late("physician", TUESDAY, TUESDAY, Policy())


def test_a_clinic_without_a_notice_period_knows_no_late_cancellation() -> None:
    assert not is_late("patient", TUESDAY, TUESDAY - timedelta(minutes=1), Policy(notice_hours=0))


def test_what_is_cancelled_late_is_lost_only_where_the_clinic_says_so() -> None:
    assert fate_of_cancelled(True, Policy()) == "forfeited"
    assert fate_of_cancelled(True, Policy(late_cancel_consumes_visit=False)) == "returned"
    assert fate_of_cancelled(False, Policy()) == "returned"


def test_what_is_missed_is_lost_only_where_the_clinic_says_so() -> None:
    assert fate_of_missed(Policy()) == "forfeited"
    assert fate_of_missed(Policy(missed_consumes_visit=False)) == "returned"


def test_a_visit_cancelled_in_time_is_the_orders_again_and_its_time_is_free(desk: House) -> None:
    series = booked(desk)
    answer = done(act(desk, series["ids"][1], "cancel", by="patient", reason="patient_ill"))
    assert (answer["status"], answer["version"], answer["late"]) == ("cancelled", 2, False)
    assert (answer["cancelled_by"], answer["cancel_reason"]) == ("patient", "patient_ill")
    assert ledger(desk, series["order_id"]) == (2, 0, 0, 4)
    assert claims_are_right(desk)
    assert done(desk.book(desk.order(), visit(desk, "03-04 09:00")), 201)
    assert desk.rows("SELECT lower(during) FROM freed") == [(datetime(2027, 3, 4, 9, tzinfo=NEW_YORK),)]


def test_a_late_cancellation_by_the_patient_forfeits_the_visit(desk: House) -> None:
    series = booked(desk)
    desk.move_to(MONDAY + timedelta(hours=2))
    answer = done(act(desk, series["ids"][0], "cancel", by="patient"))
    assert answer["late"] is True
    assert ledger(desk, series["order_id"]) == (2, 0, 1, 3)
    cancelled = desk.announced()[0]
    assert isinstance(cancelled, SessionCancelled)
    assert (cancelled.by, cancelled.late, cancelled.visit, cancelled.status) == (
        "patient",
        True,
        "forfeited",
        "cancelled",
    )


def test_a_late_cancellation_by_the_clinic_forfeits_nothing(desk: House) -> None:
    series = booked(desk)
    desk.move_to(MONDAY + timedelta(hours=2))
    answer = done(act(desk, series["ids"][0], "cancel", by="clinic", reason="therapist_absent"))
    assert answer["late"] is False
    assert ledger(desk, series["order_id"]) == (2, 0, 0, 4)


def test_a_lenient_clinic_returns_what_is_cancelled_late(house: House) -> None:
    house.load(policy=LENIENT)
    series = booked(house)
    house.move_to(MONDAY + timedelta(hours=2))
    assert done(act(house, series["ids"][0], "cancel", by="patient"))["late"] is True
    assert ledger(house, series["order_id"]) == (2, 0, 0, 4)


def test_cancelling_again_changes_and_tells_nothing(desk: House) -> None:
    series = booked(desk)
    first = done(act(desk, series["ids"][1], "cancel", by="patient", reason="patient_ill"))
    again = done(act(desk, series["ids"][1], "cancel", by="clinic", reason="other"))
    assert again == first
    assert told(desk) == ["SessionCancelled", "SeriesChanged"]
    assert desk.rows("SELECT act, facts->>'by', facts->>'reason' FROM audit") == [
        ("session_cancelled", "patient", "patient_ill")
    ]


def test_this_and_following_visits_are_cancelled_together(desk: House) -> None:
    series = booked(desk)
    answer = done(act(desk, series["ids"][1], "cancel", by="clinic", scope="following"))
    assert [each["number"] for each in answer["sessions"]] == [2, 3]
    assert starts(desk, series["series_id"]) == ["03-02 09:00"]
    assert told(desk) == ["SessionCancelled", "SessionCancelled", "SeriesChanged"]
    assert claims_are_right(desk)


def test_a_series_of_which_nothing_took_place_is_cancelled_with_its_last_visit(desk: House) -> None:
    series = booked(desk)
    done(act(desk, series["ids"][1], "cancel", by="physician", reason="not_advised", scope="all"))
    assert told(desk) == ["SessionCancelled"] * 3 + ["SeriesCancelled"]
    assert desk.get(f"/series/{series['series_id']}")["cancelled_at"] is not None
    assert ledger(desk, series["order_id"]) == (0, 0, 0, 6)


def test_a_series_of_which_something_took_place_is_completed_when_the_rest_is_cancelled(desk: House) -> None:
    series = booked(desk)
    desk.rows("UPDATE sessions SET status = 'completed' WHERE number = 1 RETURNING 1")
    done(act(desk, series["ids"][1], "cancel", by="clinic", scope="following"))
    assert told(desk)[-1] == "SeriesCompleted"
    assert desk.get(f"/series/{series['series_id']}")["completed_at"] is not None


def test_what_is_over_is_not_cancelled(desk: House) -> None:
    series = booked(desk)
    desk.rows("UPDATE sessions SET status = 'completed' WHERE number = 1 RETURNING 1")
    assert refused(act(desk, series["ids"][0], "cancel", by="clinic")) == (409, "session_not_open")


def test_a_patient_cancels_before_the_visit_begins_and_the_clinic_even_later(desk: House) -> None:
    series = booked(desk)
    desk.move_to(TUESDAY)
    assert refused(act(desk, series["ids"][0], "cancel", by="patient")) == (409, "session_begun")
    done(act(desk, series["ids"][0], "cancel", by="clinic"))
    assert claims_are_right(desk)


@pytest.mark.parametrize("body", [{}, {"by": "somebody"}, {"by": "patient", "reason": "CANARY the flu"}])
def test_who_cancels_is_said_and_why_is_a_code(desk: House, body: dict[str, Any]) -> None:
    series = booked(desk)
    answer = act(desk, series["ids"][0], "cancel", **body)
    assert answer.status_code == 422
    assert "CANARY" not in answer.text


def test_a_service_cancels_for_a_patient_only_and_a_therapist_not_at_all(desk: House) -> None:
    series = booked(desk)
    assert refused(act(desk, series["ids"][0], "cancel", role="service", by="clinic")) == (403, "forbidden")
    assert refused(act(desk, series["ids"][0], "cancel", role="therapist", by="clinic")) == (403, "forbidden")
    done(act(desk, series["ids"][0], "cancel", role="service", by="patient"))


def test_a_cancellation_heeds_the_version_that_was_seen(desk: House) -> None:
    series = booked(desk)
    act(desk, series["ids"][1], "confirm")
    assert refused(act(desk, series["ids"][1], "cancel", seen='"1"', by="clinic")) == (412, "stale_version")
    done(act(desk, series["ids"][1], "cancel", seen='"2"', by="clinic"))


def replied(house: House, session_id: str, patient_id: Any = None) -> PatientReplied:
    (known,) = house.rows("SELECT patient_id FROM orders")[0]
    return PatientReplied(
        version=1,
        reply_id=uuid4(),
        patient_id=patient_id or known,
        session_id=session_id,  # type: ignore[arg-type]
        intent="cancel",
        replied_at=MONDAY,
    )


def test_a_patient_cancels_by_answering_a_text(desk: House) -> None:
    series = booked(desk)
    desk.receive(replied(desk, series["ids"][1]), handle(desk))
    desk.receive(replied(desk, series["ids"][1]), handle(desk))
    assert told(desk) == ["SessionCancelled", "SeriesChanged"]
    assert desk.rows("SELECT cancelled_by, cancel_reason, late FROM sessions WHERE status = 'cancelled'") == [
        ("patient", "patient_asked", False)
    ]
    assert desk.rows("SELECT actor FROM audit") == [("event:notify.patient_replied",)]


def test_an_answer_of_somebody_else_cancels_nothing(desk: House) -> None:
    series = booked(desk)
    desk.receive(replied(desk, series["ids"][1], patient_id=uuid4()), handle(desk))
    assert told(desk) == []
    assert desk.rows("SELECT state, error FROM inbox") == [("retry", "NotFound")]


def test_an_answer_that_comes_when_the_visit_has_begun_has_no_effect(desk: House) -> None:
    series = booked(desk)
    desk.move_to(TUESDAY)
    desk.receive(replied(desk, series["ids"][0]), handle(desk))
    assert (told(desk), desk.rows("SELECT state FROM inbox")) == ([], [("done",)])


def test_a_missed_visit_is_forfeited_and_its_time_is_free(desk: House) -> None:
    series = booked(desk)
    desk.move_to(TUESDAY + timedelta(minutes=15))
    answer = done(act(desk, series["ids"][0], "miss", role="therapist"))
    assert (answer["status"], answer["version"]) == ("missed", 2)
    assert ledger(desk, series["order_id"]) == (2, 0, 1, 3)
    missed = desk.announced()[0]
    assert isinstance(missed, SessionMissed)
    assert missed.visit == "forfeited"
    assert claims_are_right(desk)


def test_a_lenient_clinic_returns_a_missed_visit(house: House) -> None:
    house.load(policy=LENIENT)
    series = booked(house)
    house.move_to(TUESDAY)
    done(act(house, series["ids"][0], "miss"))
    assert ledger(house, series["order_id"]) == (2, 0, 0, 4)


def test_missing_again_changes_and_tells_nothing(desk: House) -> None:
    series = booked(desk)
    desk.move_to(TUESDAY)
    for _ in range(2):
        assert done(act(desk, series["ids"][0], "miss"))["version"] == 2
    assert told(desk) == ["SessionMissed", "SeriesChanged"]


def test_a_visit_is_missed_only_once_it_has_begun(desk: House) -> None:
    series = booked(desk)
    desk.move_to(TUESDAY - timedelta(seconds=1))
    assert refused(act(desk, series["ids"][0], "miss")) == (409, "session_not_begun")


def test_a_patient_who_is_here_does_not_miss_the_visit(desk: House) -> None:
    series = booked(desk)
    desk.move_to(TUESDAY)
    done(act(desk, series["ids"][0], "arrive", role="therapist"))
    assert refused(act(desk, series["ids"][0], "miss")) == (409, "patient_arrived")


def test_a_patient_arrives_on_the_day_of_the_visit_and_again_changes_nothing(desk: House) -> None:
    series = booked(desk)
    desk.move_to(TUESDAY - timedelta(hours=9, seconds=1))
    assert refused(act(desk, series["ids"][0], "arrive")) == (409, "session_not_today")
    desk.move_to(TUESDAY - timedelta(minutes=10))
    for _ in range(2):
        answer = done(act(desk, series["ids"][0], "arrive"))
        assert (answer["status"], answer["version"]) == ("arrived", 2)
    assert told(desk) == ["SessionArrived"]
    assert ledger(desk, series["order_id"]) == (3, 0, 0, 3)


@pytest.mark.parametrize("confirmed", [True, False])
def test_an_arrival_entered_by_mistake_is_undone_as_it_was(desk: House, confirmed: bool) -> None:
    series = booked(desk)
    if confirmed:
        act(desk, series["ids"][0], "confirm")
    desk.move_to(TUESDAY)
    act(desk, series["ids"][0], "arrive")
    for _ in range(2):
        answer = done(desk.ask("DELETE", f"/sessions/{series['ids'][0]}/arrive"))
        assert answer["status"] == ("confirmed" if confirmed else "booked")
    assert told(desk)[-2:] == ["SessionArrived", "SessionRestored"]


def test_saying_that_an_arrived_patient_will_come_changes_nothing(desk: House) -> None:
    series = booked(desk)
    desk.move_to(TUESDAY)
    act(desk, series["ids"][0], "arrive")
    assert done(act(desk, series["ids"][0], "confirm"))["status"] == "arrived"


def test_a_visit_cancelled_by_mistake_is_as_it_was_before(desk: House) -> None:
    series = booked(desk)
    act(desk, series["ids"][1], "cancel", by="clinic")
    answer = done(act(desk, series["ids"][1], "restore"))
    assert (answer["status"], answer["version"], answer["number"], answer["late"]) == ("booked", 3, 2, None)
    assert answer["starts_at"] == series["sessions"][1]["starts_at"]
    assert ledger(desk, series["order_id"]) == (3, 0, 0, 3)
    restored, changed = desk.announced()[-2:]
    assert isinstance(restored, SessionRestored)
    assert type(changed).__name__ == "SeriesChanged"
    assert desk.rows("SELECT sequence FROM sessions WHERE number = 2") == [(2,)]
    assert claims_are_right(desk)


def test_restoring_again_changes_and_tells_nothing(desk: House) -> None:
    series = booked(desk)
    act(desk, series["ids"][1], "cancel", by="clinic")
    forget(desk)
    for _ in range(2):
        assert done(act(desk, series["ids"][1], "restore"))["version"] == 3
    assert told(desk) == ["SessionRestored", "SeriesChanged"]


def test_a_visit_entered_as_missed_by_mistake_is_booked_again(desk: House) -> None:
    series = booked(desk)
    desk.move_to(TUESDAY + timedelta(minutes=20))
    act(desk, series["ids"][0], "miss")
    done(act(desk, series["ids"][0], "restore"))
    assert ledger(desk, series["order_id"]) == (3, 0, 0, 3)
    done(act(desk, series["ids"][0], "arrive"))
    assert claims_are_right(desk)


def test_a_visit_whose_time_is_taken_is_not_restored_and_alternatives_are_shown(desk: House) -> None:
    series = booked(desk)
    act(desk, series["ids"][1], "cancel", by="clinic")
    other = booked(desk, "03-04 09:15")
    answer = act(desk, series["ids"][1], "restore")
    assert refused(answer) == (409, "slot_taken")
    (taken,) = facts(answer)["alternatives"]
    assert (taken["visit"], taken["session_id"]) == (2, series["ids"][1])
    assert taken["instead"]
    act(desk, other["ids"][0], "cancel", by="clinic")
    done(act(desk, series["ids"][1], "restore"))


def test_a_visit_is_not_restored_when_its_visit_of_the_order_was_used_otherwise(desk: House) -> None:
    series = booked(desk, visits=3)
    act(desk, series["ids"][1], "cancel", by="clinic")
    booked(desk, "03-05 09:00", order=series["order_id"])
    answer = act(desk, series["ids"][1], "restore")
    assert refused(answer) == (409, "no_visits_left")
    assert facts(answer)["ledger"]["remaining"] == 0


def test_a_forfeited_visit_is_restored_even_when_none_is_left(desk: House) -> None:
    series = booked(desk, visits=3)
    desk.move_to(MONDAY + timedelta(hours=2))
    act(desk, series["ids"][0], "cancel", by="patient")
    assert ledger(desk, series["order_id"]) == (2, 0, 1, 0)
    done(act(desk, series["ids"][0], "restore"))
    assert ledger(desk, series["order_id"]) == (3, 0, 0, 0)


def test_a_completed_visit_is_not_restored(desk: House) -> None:
    series = booked(desk)
    desk.rows("UPDATE sessions SET status = 'completed' WHERE number = 1 RETURNING 1")
    assert refused(act(desk, series["ids"][0], "restore")) == (409, "session_not_open")


def test_restoring_reopens_a_series_that_was_cancelled(desk: House) -> None:
    series = booked(desk)
    act(desk, series["ids"][0], "cancel", by="clinic", scope="all")
    forget(desk)
    act(desk, series["ids"][2], "restore")
    assert told(desk) == ["SessionRestored", "SeriesChanged"]
    shown = desk.get(f"/series/{series['series_id']}")
    assert (shown["cancelled_at"], shown["completed_at"]) == (None, None)


def test_of_a_restoration_and_a_booking_of_the_same_time_one_succeeds(desk: House) -> None:
    series = booked(desk)
    act(desk, series["ids"][1], "cancel", by="clinic")
    order_id, wanted = desk.order(), visit(desk, "03-04 09:00")
    answers = together(
        [lambda: act(desk, series["ids"][1], "restore"), lambda: desk.book(order_id, wanted, key="a-key")]
    )
    assert sorted(answer.status_code for answer in answers)[1] == 409
    assert claims_are_right(desk)


def test_of_a_restoration_and_a_booking_with_one_visit_left_one_succeeds(desk: House) -> None:
    for _ in range(3):
        series = booked(desk, "03-02 15:00", visits=1)
        act(desk, series["ids"][0], "cancel", by="clinic")
        wanted = visit(desk, "03-05 09:00", 1, 1)
        answers = together(
            [
                lambda one=series: act(desk, one["ids"][0], "restore"),
                lambda one=series, wanted=wanted: desk.book(one["order_id"], wanted),
            ]
        )
        assert codes(answers)[(409, "no_visits_left")] == 1
        assert ledger(desk, series["order_id"]) == (1, 0, 0, 0)
        desk.rows("DELETE FROM claims RETURNING 1")


def test_one_cancellation_asked_for_many_times_at_once_is_one(desk: House) -> None:
    series = booked(desk)
    answers = together([lambda: act(desk, series["ids"][1], "cancel", by="patient")] * 6)
    assert codes(answers) == {(200, None): 6}
    assert told(desk) == ["SessionCancelled", "SeriesChanged"]
    assert ledger(desk, series["order_id"]) == (2, 0, 0, 4)


def test_held_visits_are_neither_confirmed_nor_cancelled_nor_moved(desk: House) -> None:
    held = done(
        desk.ask("POST", "/holds", {"order_id": desk.order(), "visits": [visit(desk, "03-02 09:00")]}, key="k"), 201
    )
    session_id = held["sessions"][0]["id"]
    for what, body in (("confirm", {}), ("cancel", {"by": "clinic"}), ("move", {"start_at": at("03-03 09:00")})):
        assert refused(act(desk, session_id, what, **body)) == (409, "session_not_open")
