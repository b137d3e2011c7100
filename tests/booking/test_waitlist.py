"""A time that becomes free is offered in turn to those who wait; the first who accepts has it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.booking.waitlist.answer import offer_answered
from services.booking.waitlist.offering import go_on
from services.contracts.booking import OfferEnded, SessionMoved, WaitlistOffered
from services.contracts.notify import OfferAnswered
from tests.booking.conftest import House
from tests.booking.practice_day import MONDAY, therapist
from tests.booking.test_plans import statements
from tests.booking.test_races import OVERLAPS, codes, together
from tests.booking.test_replanning import cancel, ids, local, series, shift
from tests.booking.test_series import visit

Json = dict[str, Any]

LATER = ("03-08 10:00", "03-11 10:00", "03-15 10:00")
"""Of somebody who would like to begin earlier."""


@pytest.fixture
def desk(house: House) -> House:
    house.load()
    return house


def waits(house: House, session_id: str | None = None, order: str | None = None, **wish: Any) -> Json:
    if session_id is not None:
        order = str(
            house.rows(
                "SELECT order_id FROM series JOIN sessions ON series.id = series_id WHERE sessions.id = :id",
                id=session_id,
            )[0][0]
        )
    answer = house.ask("POST", "/waitlist", {"order_id": order, "session_id": session_id, **wish})
    assert answer.status_code == 201, answer.text
    return dict(answer.json or {})


def first_of(house: House, *days: str, **wish: Any) -> tuple[Json, Json]:
    """A series whose first visit waits for an earlier time, and the entry."""
    booked = series(house, *(days or LATER))
    return booked, waits(house, ids(booked)[0], **wish)


def frees(house: House, when: str = "03-03 10:00", who: int = 0, **terms: Any) -> None:
    """Somebody's visit is cancelled."""
    booked = series(house, when, order=house.order(**terms), who=who)
    cancel(house, ids(booked)[0])


def tick(house: House) -> None:
    go_on(house.running.sessions, house.running.outbox)


def offers(house: House) -> list[Any]:
    return house.rows("SELECT * FROM offers ORDER BY id")


def open_offer(house: House) -> Any:
    (offer,) = [one for one in offers(house) if one.status == "open"]
    return offer


def freed(house: House) -> list[str]:
    return [row.status for row in house.rows("SELECT status FROM freed ORDER BY id")]


def told(house: House, *kinds: type) -> list[Any]:
    return [event for event in house.announced() if isinstance(event, kinds)]


def accept(house: House, offer: Any) -> Json:
    answer = house.ask("POST", f"/offers/{offer.id}/accept")
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def decline(house: House, offer: Any) -> Json:
    answer = house.ask("POST", f"/offers/{offer.id}/decline")
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def by_text(house: House, offer: Any, accepted: bool = True, patient: UUID | None = None, event_id: Any = None) -> None:
    order = "SELECT patient_id FROM orders JOIN waiting ON order_id = orders.id WHERE waiting.id = :id"
    whose = patient or house.rows(order, id=offer.waiting_id)[0][0]
    event = OfferAnswered(
        version=1, reply_id=uuid4(), offer_id=offer.id, patient_id=whose, accepted=accepted, replied_at=MONDAY
    )
    handle = {event.event_type(): lambda session, said: offer_answered(session, house.running.outbox, said)}
    house.receive(event, handle[event.event_type()], event_id)


def starts(house: House, booked: Json) -> list[str]:
    return sorted(local(one["starts_at"]) for one in house.get(f"/series/{booked['series_id']}")["sessions"])


def pass_minutes(house: House, minutes: int) -> None:
    house.move_to(MONDAY + timedelta(minutes=minutes))


def test_a_cancelled_visits_time_is_offered_to_a_patient_who_waits(desk: House) -> None:
    booked, entry = first_of(desk)
    frees(desk)
    tick(desk)
    offer = open_offer(desk)
    (event,) = told(desk, WaitlistOffered)
    assert (str(event.offer_id), str(event.session_id)) == (str(offer.id), ids(booked)[0])
    assert local(event.starts_at.isoformat()) == "03-03 10:00"
    assert event.answer_by - event.offered_at == timedelta(minutes=30)
    (listed,) = desk.get("/waitlist")
    assert (listed["id"], [one["status"] for one in listed["offers"]]) == (entry["id"], ["open"])


def test_who_accepts_by_text_has_the_time_and_does_not_wait_any_more(desk: House) -> None:
    booked, _ = first_of(desk)
    frees(desk)
    tick(desk)
    by_text(desk, open_offer(desk))
    assert starts(desk, booked)[0] == "03-03 10:00"
    (moved,) = told(desk, SessionMoved)
    assert (moved.by, str(moved.session_id)) == ("patient", ids(booked)[0])
    assert [event.how for event in told(desk, OfferEnded)] == ["accepted"]
    assert (desk.get("/waitlist"), len(desk.get("/waitlist?status=served"))) == ([], 1)
    assert freed(desk)[0] == "filled"


def test_an_answer_delivered_twice_counts_once(desk: House) -> None:
    first_of(desk)
    frees(desk)
    tick(desk)
    offer, event_id = open_offer(desk), uuid4()
    for _ in range(2):
        by_text(desk, offer, event_id=event_id)
    by_text(desk, offer)
    by_text(desk, offer, accepted=False)
    assert len(told(desk, SessionMoved)) == 1
    assert [event.how for event in told(desk, OfferEnded)] == ["accepted"]


def test_nobody_answers_for_another_patient(desk: House) -> None:
    first_of(desk)
    frees(desk)
    tick(desk)
    by_text(desk, open_offer(desk), patient=uuid4())
    assert open_offer(desk).status == "open"
    assert told(desk, SessionMoved, OfferEnded) == []


def test_the_time_goes_to_whose_whole_series_gains_most_and_not_to_who_waits_longest(desk: House) -> None:
    entries = [
        first_of(desk, "03-05 09:00", "03-08 09:00")[1],
        first_of(desk, "03-05 11:00", "03-09 11:00")[1],
        first_of(desk, "03-04 14:00", "03-08 10:00")[1],
    ]
    frees(desk)
    tick(desk)
    order = []
    while any(one.status == "open" for one in offers(desk)):
        offer = open_offer(desk)
        order.append((str(offer.waiting_id), offer.gain))
        decline(desk, offer)
        tick(desk)
    gains = [gain for _, gain in order]
    assert gains == sorted(gains, reverse=True)
    assert {one for one, _ in order} == {one["id"] for one in entries}
    assert order[0][0] == entries[2]["id"]
    assert freed(desk) == ["given_up"]


def test_the_gain_is_exactly_by_how_much_the_series_costs_less_afterwards(desk: House) -> None:
    booked, _ = first_of(desk, "03-05 14:00", "03-09 10:00", "03-12 10:00")
    frees(desk, "03-05 10:00")
    before = desk.ask("POST", f"/sessions/{ids(booked)[1]}/alternatives", {}).json["now"]["cost"]
    tick(desk)
    offer = open_offer(desk)
    accept(desk, offer)
    after = desk.ask("POST", f"/sessions/{ids(booked)[1]}/alternatives", {}).json["now"]["cost"]
    assert offer.gain == before - after == 16


def test_of_equal_gains_who_waits_longest_comes_first(desk: House) -> None:
    waiting = []
    for who, minutes in ((0, 5), (1, 0)):
        booked = series(desk, "03-08 10:00", "03-11 10:00", who=who)
        pass_minutes(desk, 5 - minutes)
        waiting.append(waits(desk, ids(booked)[0], therapist=None)["id"])
    desk.rows("UPDATE waiting SET since = since - interval '1 hour' WHERE id = :id RETURNING 1", id=waiting[1])
    desk.rows("UPDATE sessions SET therapist_id = (SELECT min(id) FROM therapists) RETURNING 1")
    frees(desk)
    tick(desk)
    assert str(open_offer(desk).waiting_id) == waiting[1]


def test_declined_the_time_goes_to_the_next_and_with_nobody_left_it_is_given_up(desk: House) -> None:
    first_of(desk), first_of(desk, "03-09 14:00", "03-12 14:00")
    frees(desk)
    tick(desk)
    first = open_offer(desk)
    assert decline(desk, first)["status"] == "declined"
    tick(desk)
    second = open_offer(desk)
    assert second.waiting_id != first.waiting_id
    decline(desk, second)
    tick(desk)
    assert freed(desk) == ["given_up"]
    assert [event.how for event in told(desk, OfferEnded)] == ["declined", "declined"]
    assert len(desk.get("/waitlist")) == 2


def test_not_answered_in_time_an_offer_lapses_and_a_late_answer_changes_nothing(desk: House) -> None:
    booked, _ = first_of(desk)
    frees(desk)
    tick(desk)
    offer = open_offer(desk)
    pass_minutes(desk, 31)
    by_text(desk, offer)
    assert [event.how for event in told(desk, OfferEnded)] == ["lapsed"]
    assert starts(desk, booked)[0] == LATER[0]
    tick(desk)
    by_text(desk, offer)
    assert accept(desk, offer)["status"] == "lapsed"
    assert len(told(desk, OfferEnded)) == 1


def test_the_timer_ends_an_offer_whose_time_to_answer_is_over(desk: House) -> None:
    first_of(desk)
    frees(desk)
    tick(desk)
    pass_minutes(desk, 29)
    tick(desk)
    assert told(desk, OfferEnded) == []
    pass_minutes(desk, 31)
    for _ in range(3):
        tick(desk)
    assert [event.how for event in told(desk, OfferEnded)] == ["lapsed"]
    assert freed(desk) == ["given_up"]


def test_an_offer_whose_time_the_desk_gives_to_somebody_else_says_so(desk: House) -> None:
    booked, _ = first_of(desk)
    frees(desk)
    tick(desk)
    offer = open_offer(desk)
    series(desk, "03-03 10:00")
    tick(desk)
    assert [event.how for event in told(desk, OfferEnded)] == ["taken"]
    assert freed(desk) == ["filled"]
    by_text(desk, offer)
    assert starts(desk, booked)[0] == LATER[0]
    assert len(told(desk, OfferEnded)) == 1


def test_an_acceptance_that_comes_after_somebody_else_got_the_time_is_told_so_at_once(desk: House) -> None:
    booked, entry = first_of(desk)
    frees(desk)
    tick(desk)
    series(desk, "03-03 10:00")
    by_text(desk, open_offer(desk))
    assert [event.how for event in told(desk, OfferEnded)] == ["taken"]
    assert starts(desk, booked)[0] == LATER[0]
    assert [one["id"] for one in desk.get("/waitlist")] == [entry["id"]]


def test_an_absence_over_the_time_takes_the_offer_away(desk: House) -> None:
    first_of(desk)
    frees(desk)
    tick(desk)
    clinic = desk.get("/clinic")["therapists"][0]["id"]
    away = {"therapist": clinic, "from": "2027-03-03", "to": "2027-03-03", "reason": "training"}
    assert desk.ask("POST", "/absences", away).status_code == 201
    tick(desk)
    assert [event.how for event in told(desk, OfferEnded)] == ["taken"]


def test_where_the_room_is_taken_meanwhile_another_one_serves(desk: House) -> None:
    booked, _ = first_of(desk)
    frees(desk)
    tick(desk)
    desk.book(desk.order(), visit(desk, "03-03 10:00", 1, 0))
    accept(desk, open_offer(desk))
    session = desk.get(f"/sessions/{ids(booked)[0]}")
    assert (local(session["starts_at"]), session["room"]["name"]) == ("03-03 10:00", "Maple")


def test_what_the_mover_leaves_is_offered_in_turn_and_the_chain_ends(desk: House) -> None:
    chain = [first_of(desk, f"03-{day:02} 10:00", f"03-{day + 14} 10:00")[0] for day in (9, 10, 11, 12)]
    frees(desk, "03-08 10:00")
    for _ in range(12):
        tick(desk)
        for offer in offers(desk):
            if offer.status == "open":
                accept(desk, offer)
    assert not [one for one in offers(desk) if one.status == "open"]
    assert "open" not in freed(desk)
    assert sorted(starts(desk, booked)[0] for booked in chain) == [f"03-{day} 10:00" for day in ("08", "09", 10, 11)]
    assert desk.rows(OVERLAPS) == [(0,)]
    assert len(told(desk, WaitlistOffered)) == len(told(desk, OfferEnded)) == len(offers(desk))


def test_a_patient_gets_one_offer_at_a_time(desk: House) -> None:
    first_of(desk)
    frees(desk, "03-03 10:00")
    frees(desk, "03-04 10:00")
    tick(desk)
    tick(desk)
    first = open_offer(desk)
    assert sorted(freed(desk)) == ["open", "open"]
    decline(desk, first)
    tick(desk)
    assert open_offer(desk).freed_id != first.freed_id


@pytest.mark.parametrize(
    "wish",
    [
        {"first_on": "2027-03-04"},
        {"last_on": "2027-03-02"},
        {"possible": [{"weekdays": [2], "from": "10:45", "to": "18:00"}]},
        {"possible": [{"weekdays": [1, 3], "from": "08:00", "to": "18:00"}]},
    ],
)
def test_a_time_outside_the_wish_is_not_offered(desk: House, wish: Json) -> None:
    first_of(desk, **wish)
    frees(desk)
    tick(desk)
    assert offers(desk) == []
    assert freed(desk) == ["given_up"]


def test_only_the_therapist_asked_for_is_offered(desk: House) -> None:
    jonas = desk.get("/clinic")["therapists"][1]["id"]
    first_of(desk, therapist=jonas)
    frees(desk, who=0)
    frees(desk, who=1)
    tick(desk)
    assert open_offer(desk).therapist_id == jonas


def test_a_later_time_is_not_offered_nor_one_on_the_day_of_another_visit(desk: House) -> None:
    first_of(desk, "03-03 09:00", "03-08 10:00")
    booked = series(desk, "03-09 14:00", "03-12 14:00")
    waits(desk, ids(booked)[1])
    frees(desk, "03-09 10:00")
    frees(desk, "03-16 10:00")
    tick(desk)
    assert offers(desk) == []


def test_a_time_too_soon_for_the_clinics_notice_is_not_offered(house: House) -> None:
    house.load(policy={"minimum_notice_minutes": 120})
    first_of(house)
    frees(house, "03-01 11:00")
    frees(house, "03-01 14:00")
    pass_minutes(house, 90)
    tick(house)
    assert local(open_offer(house).starts_at.isoformat()) == "03-01 14:00"
    assert sorted(freed(house)) == ["given_up", "open"]


def test_an_answer_is_asked_for_before_the_time_cannot_be_booked_any_more(house: House) -> None:
    house.load(policy={"minimum_notice_minutes": 60, "offer_minutes": 120})
    first_of(house)
    frees(house, "03-01 10:15")
    tick(house)
    assert local(open_offer(house).answer_by.isoformat()) == "03-01 09:15"


def test_one_more_visit_is_added_to_the_series_when_its_patient_accepts(desk: House) -> None:
    order = desk.order(visits=4)
    booked = series(desk, "03-08 10:00", "03-11 10:00", order=order)
    waits(desk, order=order)
    frees(desk, "03-04 10:00")
    tick(desk)
    assert told(desk, WaitlistOffered)[0].session_id is None
    accept(desk, open_offer(desk))
    assert starts(desk, booked) == ["03-04 10:00", "03-08 10:00", "03-11 10:00"]
    assert desk.get(f"/series/{booked['series_id']}")["ledger"]["reserved"] == 3


def test_the_first_visit_of_an_order_can_come_from_the_waitlist(desk: House) -> None:
    order = desk.order(visits=4)
    waits(desk, order=order)
    frees(desk)
    tick(desk)
    assert accept(desk, open_offer(desk))["status"] == "accepted"
    assert desk.rows("SELECT count(*) FROM series WHERE order_id = :id", id=order) == [(1,)]


def test_one_more_visit_than_the_order_grants_is_not_waited_for(desk: House) -> None:
    order = desk.order(visits=1)
    series(desk, "03-08 10:00", order=order)
    answer = desk.ask("POST", "/waitlist", {"order_id": order})
    assert (answer.status_code, (answer.json or {})["code"]) == (409, "no_visits_left")


def test_a_session_waits_once_and_only_while_it_is_to_come(desk: House) -> None:
    booked, entry = first_of(desk)
    again = desk.ask("POST", "/waitlist", {"order_id": entry["order_id"], "session_id": ids(booked)[0]})
    assert (again.status_code, (again.json or {})["code"]) == (409, "already_waiting")
    cancel(desk, ids(booked)[1])
    over = desk.ask("POST", "/waitlist", {"order_id": entry["order_id"], "session_id": ids(booked)[1]})
    assert (over.status_code, (over.json or {})["code"]) == (409, "session_not_open")
    other = desk.ask("POST", "/waitlist", {"order_id": desk.order(), "session_id": ids(booked)[2]})
    assert other.status_code == 422


def test_who_does_not_wait_any_more_has_no_open_offer(desk: House) -> None:
    _, entry = first_of(desk)
    frees(desk)
    tick(desk)
    assert desk.ask("DELETE", f"/waitlist/{entry['id']}").status_code == 204
    assert [event.how for event in told(desk, OfferEnded)] == ["declined"]
    tick(desk)
    assert (freed(desk), desk.get("/waitlist")) == (["given_up"], [])


def test_whose_visit_is_cancelled_or_already_earlier_needs_no_offer(desk: House) -> None:
    booked, _ = first_of(desk)
    other, _ = first_of(desk, "03-09 14:00", "03-12 14:00")
    frees(desk)
    tick(desk)
    first = open_offer(desk)
    whose, left = (booked, other) if str(first.waiting_id) == desk.get("/waitlist")[0]["id"] else (other, booked)
    shift(desk, ids(whose)[0], "03-02 14:00", 1)
    cancel(desk, ids(left)[0])
    for _ in range(3):
        tick(desk)
    assert [event.how for event in told(desk, OfferEnded)] == ["lapsed"]
    assert len(desk.get("/waitlist?status=ended")) == 1


def test_a_day_across_the_clock_change_is_offered_at_its_wall_clock_time(house: House) -> None:
    house.load(hours={"sunday": ["09:00-18:00"], "monday": ["09:00-18:00"], "tuesday": ["09:00-18:00"]})
    booked, _ = first_of(house, "03-16 10:00", "03-22 10:00")
    frees(house, "03-14 10:00")
    tick(house)
    accept(house, open_offer(house))
    assert starts(house, booked)[0] == "03-14 10:00"


def test_at_home_a_freed_time_is_offered_to_who_waits_at_home(house: House) -> None:
    house.load(therapists=[therapist("amara"), therapist("jonas")])
    at_home = house.order(home_visit=True)
    there = house.book(at_home, visit(house, "03-08 10:00", 0, None)).json or {}
    waits(house, ids(there)[0])
    frees(house)
    tick(house)
    assert offers(house) == []
    gone = house.book(house.order(home_visit=True), visit(house, "03-04 10:00", 0, None)).json or {}
    cancel(house, ids(gone)[0])
    tick(house)
    assert accept(house, open_offer(house))["room"] is None


def test_two_workers_at_once_make_one_offer_of_a_time(desk: House) -> None:
    first_of(desk), first_of(desk, "03-09 14:00", "03-12 14:00")
    frees(desk)
    together([lambda: tick(desk)] * 6)
    assert len(told(desk, WaitlistOffered)) == len(offers(desk)) == 1


def test_two_workers_never_offer_two_times_to_one_patient(desk: House) -> None:
    first_of(desk)
    for day in ("03-02", "03-03", "03-04", "03-05"):
        frees(desk, f"{day} 10:00")
    together([lambda: tick(desk)] * 6)
    assert len(told(desk, WaitlistOffered)) == len(offers(desk)) == 1


def test_of_an_acceptance_and_a_booking_at_the_same_moment_one_has_the_time(desk: House) -> None:
    for _ in range(5):
        desk.rows("DELETE FROM claims RETURNING 1")
        desk.rows("UPDATE sessions SET status = 'cancelled' RETURNING 1")
        desk.rows("DELETE FROM outbox RETURNING 1")
        booked, _ = first_of(desk)
        frees(desk)
        tick(desk)
        offer, order, wanted = open_offer(desk), desk.order(), visit(desk, "03-03 10:00")
        accepted, other = together(
            [lambda offer=offer: accept(desk, offer), lambda order=order, wanted=wanted: desk.book(order, wanted)]
        )
        won = accepted["status"] == "accepted"
        assert codes([other]) == ({(409, "slot_taken"): 1} if won else {(201, None): 1})
        assert [event.how for event in told(desk, OfferEnded)] == [accepted["status"]]
        assert (starts(desk, booked)[0] == "03-03 10:00") is won
        assert desk.rows(OVERLAPS) == [(0,)]
        desk.rows("UPDATE waiting SET status = 'ended' RETURNING 1")
        desk.rows("UPDATE freed SET status = 'given_up' RETURNING 1")


def test_of_two_acceptances_of_overlapping_times_one_wins_and_the_other_is_told(desk: House) -> None:
    first, second = first_of(desk)[0], first_of(desk, "03-09 14:00", "03-12 14:00")[0]
    frees(desk)
    frees(desk)
    tick(desk)
    assert [one.status for one in offers(desk)] == ["open", "open"]
    answers = together([lambda one=one: accept(desk, one) for one in offers(desk)])
    assert sorted(one["status"] for one in answers) == ["accepted", "taken"]
    assert sorted(event.how for event in told(desk, OfferEnded)) == ["accepted", "taken"]
    assert len(told(desk, SessionMoved)) == 1
    (won,) = [one for one in offers(desk) if one.status == "accepted"]
    assert min(starts(desk, first)[0], starts(desk, second)[0]) == local(won.starts_at.isoformat())
    assert desk.rows(OVERLAPS) == [(0,)]


def test_one_offer_accepted_many_times_at_once_is_accepted_once(desk: House) -> None:
    first_of(desk)
    frees(desk)
    tick(desk)
    offer = open_offer(desk)
    answers = together([lambda: accept(desk, offer)] * 6)
    assert {one["status"] for one in answers} == {"accepted"}
    assert (len(told(desk, SessionMoved)), len(told(desk, OfferEnded))) == (1, 1)


BLOCKED = """
    SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"""


def test_an_acceptance_at_the_moment_the_offer_lapses_ends_it_one_way(desk: House) -> None:
    first_of(desk)
    frees(desk)
    tick(desk)
    offer = open_offer(desk)
    with ThreadPoolExecutor(1) as other, desk.running.sessions.begin() as timer:
        timer.execute(text("SELECT 1 FROM freed WHERE id = :id FOR UPDATE"), {"id": offer.freed_id})
        answer = other.submit(accept, desk, offer)
        while desk.rows(BLOCKED) == [(0,)]:
            assert not answer.done()
        timer.execute(text("UPDATE offers SET answer_by = fascia_now() WHERE id = :id"), {"id": offer.id})
        timer.commit()
        assert answer.result(10)["status"] == "lapsed"
    tick(desk)
    assert [event.how for event in told(desk, OfferEnded)] == ["lapsed"]


def test_a_worker_leaves_alone_what_another_one_has(desk: House) -> None:
    first_of(desk)
    frees(desk)
    with desk.running.sessions.begin() as other:
        other.execute(text("SELECT 1 FROM freed FOR UPDATE"))
        tick(desk)
        assert offers(desk) == []
    tick(desk)
    assert len(offers(desk)) == 1


def test_a_freed_time_is_ranked_with_a_handful_of_queries_however_many_wait(desk: House) -> None:
    first_of(desk)
    frees(desk)
    with statements(desk) as for_one:
        tick(desk)
    desk.rows("DELETE FROM offers RETURNING 1")
    for hour in ("11:00", "12:00", "14:00", "15:00"):
        first_of(desk, f"03-08 {hour}", f"03-11 {hour}")
    with statements(desk) as for_five:
        tick(desk)
    assert len(for_five) == len(for_one)
    assert len(for_one) <= 25


@pytest.mark.parametrize(
    "wrong",
    [
        {"first_on": "2027-03-05", "last_on": "2027-03-04"},
        {"possible": []},
        {"possible": [{"weekdays": [9], "from": "08:00", "to": "18:00"}]},
        {"therapist": 0},
        {"session_id": str(uuid4())},
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(desk: House, wrong: Json) -> None:
    assert desk.ask("POST", "/waitlist", {"order_id": desk.order(), **wrong}).status_code == 422
    assert desk.count("waiting") == 0


def test_what_nobody_knows_is_not_found(desk: House) -> None:
    assert desk.ask("POST", "/waitlist", {"order_id": str(uuid4())}).status_code == 404
    assert desk.ask("DELETE", f"/waitlist/{uuid4()}").status_code == 404
    assert desk.ask("POST", f"/offers/{uuid4()}/accept").status_code == 404


def test_everything_at_once_leaves_no_overlap_no_deadlock_and_each_offer_ends_once(house: House) -> None:
    house.load(therapists=[therapist("amara"), therapist("jonas")])
    booked = [
        first_of(house, f"03-{day} {hour}", f"03-{day + 7} {hour}")[0]
        for day in (10, 11)
        for hour in ("09:00", "10:00", "11:00")
    ]
    for hour in ("09:00", "10:00", "11:00"):
        frees(house, f"03-03 {hour}")
    amara = house.get("/clinic")["therapists"][0]["id"]
    away = {"therapist": amara, "from": "2027-03-11", "to": "2027-03-11", "reason": "training"}
    absence = (house.ask("POST", "/absences", away).json or {})["id"]

    def answer_all() -> list[Any]:
        asked = []
        for _ in range(6):
            tick(house)
            asked += [house.ask("POST", f"/offers/{one.id}/accept") for one in offers(house) if one.status == "open"]
        return asked

    def move_away() -> list[Any]:
        return [house.ask("POST", f"/absences/{absence}/replan", {}) for _ in range(3)]

    def book_some() -> list[Any]:
        return [house.book(house.order(), visit(house, f"03-03 {hour}")) for hour in ("09:15", "10:15", "11:15")]

    def plan_again() -> list[Any]:
        asked = []
        for one in booked[:3]:
            path = f"/series/{one['series_id']}/replan"
            said = house.ask("POST", path, {}).json or {}
            moves = [{"session_id": each["session_id"], "to": each["to"]} for each in said["moves"]]
            asked += [house.ask("POST", f"{path}/apply", {"moves": moves})] if moves else []
        return asked

    answers = [one for some in together([answer_all, answer_all, move_away, book_some, plan_again]) for one in some]
    assert {one.status_code for one in answers} <= {200, 201, 409, 422}
    assert house.rows(OVERLAPS) == [(0,)]
    ended = [event.offer_id for event in told(house, OfferEnded)]
    assert len(ended) == len(set(ended)) == len([one for one in offers(house) if one.status != "open"])
    assert len(told(house, WaitlistOffered)) == len(offers(house))
    without = "SELECT count(*) FROM sessions WHERE status = 'booked' AND id NOT IN (SELECT session_id FROM claims)"
    assert house.rows(without) == [(0,)]
