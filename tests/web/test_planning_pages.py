"""The desk books the visits of an order, sees what it still covers, and finds free times; over the real booking."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.booking.orders.take_order import take_order
from services.booking.settings import vault
from services.contracts.referrals import ReferralAmended
from tests.booking.practice_day import MONDAY, TERMS, at
from tests.web.conftest import Browser
from tests.web.linked import PATIENT_NAME, Practice


@pytest.fixture
def desk(practice: Practice) -> Browser:
    return practice.desk("desk")


@pytest.fixture
def referral(practice: Practice) -> UUID:
    return practice.order()[1]


def form(page: str, action: str) -> dict[str, Any]:
    """The hidden fields of the form that goes there."""
    found = re.search(rf'<form method="post" action="{action}"[^>]*>(.*?)</form>', page, re.S)
    assert found, page
    named = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[1])
    fields: dict[str, Any] = {}
    for name, value in named:
        fields.setdefault(name, []).append(unescape(value))
    return {name: values if len(values) > 1 else values[0] for name, values in fields.items()}


def proposed(page: str) -> list[str]:
    return re.findall(r'<div class="told">(\w{3} \d+ \w{3} \d{4}, \d\d:\d\d) ·', page)


def booked(practice: Practice, referral: UUID) -> list[Any]:
    orders = practice.house.get(f"/orders?referral_id={referral}")
    return [practice.house.get(f"/series/{one}") for order in orders for one in order["series"]]


def path_of(referral: UUID) -> str:
    return f"/referrals/{referral}/book"


def test_the_best_series_is_shown_before_anything_is_booked(practice: Practice, desk: Browser, referral: UUID) -> None:
    before = practice.everything()
    page = desk.get(path_of(referral)).text
    assert PATIENT_NAME in page
    assert "8 visits of 45 minutes, 2 in 7 days, until May 15, 2027" in page
    assert len(proposed(page)) == 8
    assert "Book these 8 visits" in page
    assert practice.everything() == before


def test_exactly_what_was_shown_is_booked_and_clicking_twice_books_it_once(
    practice: Practice, desk: Browser, referral: UUID
) -> None:
    page = desk.get(path_of(referral)).text
    fields = form(page, path_of(referral))
    first, second = (desk.submit(path_of(referral), fields) for _ in range(2))
    [series] = booked(practice, referral)
    assert first.location == second.location == f"/series/{series['series_id']}"
    shown = desk.get(first.location).text
    assert "Booked. The patient is told." in shown
    assert all(one in shown for one in proposed(page))
    assert len(series["sessions"]) == 8


def test_wishes_shape_the_proposal_and_stay_in_the_form(practice: Practice, desk: Browser, referral: UUID) -> None:
    wished = f"{path_of(referral)}?weekdays=1&weekdays=4&begins=14:00&visits=3"
    page = desk.get(wished).text
    found = proposed(page)
    assert len(found) == 3
    assert all(one.startswith(("Tue", "Fri")) and one[-5:] >= "14:00" for one in found)
    fields = form(page, path_of(referral))
    assert (fields["weekdays"], fields["begins"], fields["visits"]) == (["1", "4"], "14:00", "3")


def test_a_visit_put_elsewhere_stays_there_until_it_is_let_go(
    practice: Practice, desk: Browser, referral: UUID
) -> None:
    page = desk.get(path_of(referral)).text
    other = unescape(re.findall(r'<li><a href="([^"]+keep=2_[^"]+)"', page)[0])
    chosen = desk.get(other).text
    assert proposed(chosen)[1] != proposed(page)[1]
    assert "chosen" in chosen
    again = unescape(re.findall(r'<a class="small" href="([^"]+)">any other time', chosen)[0])
    assert proposed(desk.get(again).text) == proposed(page)


def test_a_time_that_somebody_took_meanwhile_leads_to_the_best_as_of_now(
    practice: Practice, desk: Browser, referral: UUID
) -> None:
    page = desk.get(path_of(referral)).text
    clinic = practice.house.get("/clinic")
    for therapist, room in zip(clinic["therapists"], clinic["rooms"], strict=True):
        other, _ = practice.order(visits=1)
        practice.house.book(other, {"start_at": at("03-04 09:00"), "therapist": therapist["id"], "room": room["id"]})
    again = desk.flashed(path_of(referral), form(page, path_of(referral)))
    assert "so nothing was booked" in again
    assert len(proposed(again)) == 8
    assert booked(practice, referral) == []


def test_what_is_left_is_added_to_the_series_that_stands(practice: Practice, desk: Browser, referral: UUID) -> None:
    first = desk.get(f"{path_of(referral)}?visits=3").text
    desk.submit(path_of(referral), form(first, path_of(referral)))
    more = desk.get(f"{path_of(referral)}?visits=2").text
    assert "Book more visits" in more
    fields = form(more, path_of(referral))
    for _ in range(2):
        assert "Booked. The patient is told." in desk.flashed(path_of(referral), fields)
    [series] = booked(practice, referral)
    assert len(series["sessions"]) == 5
    assert f'href="{path_of(referral)}"' in desk.get(f"/series/{series['series_id']}").text


def test_where_only_some_fit_the_page_says_what_would_let_more_in(practice: Practice, desk: Browser) -> None:
    _, referral = practice.order(visits=40)
    page = desk.get(f"{path_of(referral)}?weekdays=0&begins=09:00&ends=10:00").text
    assert re.search(r"Only \d+ of the visits find a place", page)
    wider = re.findall(r'<li><a href="([^"]+)">[^<]+</a> <span class="quiet">– (\d+) visits', page)
    assert wider
    for address, fit in wider:
        assert len(proposed(desk.get(unescape(address)).text)) == int(fit) > len(proposed(page))


@pytest.mark.parametrize("wish", ["earliest=2027-05-01&latest=2027-03-02", "therapist=9999", "begins=25:00"])
def test_a_wish_that_makes_no_sense_is_said_and_the_plan_shown_without_it(
    practice: Practice, desk: Browser, referral: UUID, wish: str
) -> None:
    answer = desk.get(f"{path_of(referral)}?{wish}")
    assert answer.location == path_of(referral)
    page = desk.get(answer.location).text
    assert "alert-danger" in page
    assert len(proposed(page)) == 8


def test_an_order_with_nothing_left_leads_to_how_it_stands(practice: Practice, desk: Browser) -> None:
    series = practice.series(visits=1)
    answer = desk.get(path_of(series["referral_id"]))
    page = desk.get(answer.location).text
    assert "There is nothing to book" in page
    assert "Of 1 visits: 0 used, 1 booked" in page


@pytest.mark.parametrize("plan", ["", "{", "[]", '["x", {}]', "[1, 2]", "null"])
def test_a_form_of_nobodys_books_nothing(practice: Practice, desk: Browser, referral: UUID, plan: str) -> None:
    assert desk.submit(path_of(referral), {"plan": plan, "key": "k"}).status_code == 400
    assert booked(practice, referral) == []


def test_a_therapist_sees_the_order_and_is_not_offered_to_book(practice: Practice, referral: UUID) -> None:
    page = practice.desk("therapist").get(f"/referrals/{referral}/visits").text
    assert "All 8 that are left still fit before its end" in page
    assert "Book the visits" not in page


def test_a_referral_without_an_order_says_what_it_waits_for(desk: Browser) -> None:
    assert "it has to be accepted first" in desk.get(f"/referrals/{uuid4()}/visits").text


@pytest.fixture
def short(practice: Practice) -> dict[str, Any]:
    """A series of four of which the physician takes two back."""
    series = practice.series(visits=4)
    running = practice.house.running
    order = practice.house.get(f"/orders?referral_id={series['referral_id']}")[0]
    told = ReferralAmended(
        version=9, referral_id=series["referral_id"], reference="R-2027-0001", patient_id=UUID(order["patient_id"]),
        physician_id=uuid4(), updates="none", amended_at=MONDAY, terms=replace(TERMS, visits=2),
    )  # fmt: skip
    with running.sessions.begin() as session:
        take_order(session, running.outbox, vault(running), told)
    return series


def test_visits_that_the_order_covers_no_more_stay_until_somebody_decides(
    practice: Practice, desk: Browser, short: dict[str, Any]
) -> None:
    path = f"/referrals/{short['referral_id']}/visits"
    page = desk.get(path).text
    assert page.count("it is one more than the order has") == 2
    fields = form(page, f"{path}/settle")
    assert "Nothing was chosen" in desk.flashed(f"{path}/settle", fields)
    last = fields["visits"][-1]
    done = desk.flashed(f"{path}/settle", {**fields, f"do-{last}": "cancel"})
    assert "Done. The patient is told." in done
    assert done.count("it is one more than the order has") == 1
    assert practice.visit(last)["status"] == "cancelled"


def test_free_times_are_stretches_of_each_therapist(practice: Practice, desk: Browser) -> None:
    page = desk.get("/free?from=2027-03-06&to=2027-03-08&minutes=45").text
    assert "Mon 8 Mar 2027" in page
    assert "Sat 6 Mar 2027" not in page
    assert page.count("<dd>09:00–13:00, 14:00–18:00</dd>") == 2


def test_free_times_of_days_that_cannot_be_asked_for_say_so(desk: Browser) -> None:
    page = desk.get("/free?from=2027-03-08&to=2027-03-01").text
    assert "Give a date not before" in page
    assert desk.get("/free?from=nonsense").status_code == 200


def test_a_therapists_calendar_is_made_shown_once_and_ended(practice: Practice, desk: Browser) -> None:
    jonas = next(one["id"] for one in practice.house.get("/clinic")["therapists"] if one["name"] == "Jonas")
    assert "There is no calendar of Jonas yet." in desk.get(f"/calendars?of=therapist:{jonas}").text
    made = desk.submit("/calendars", {"of": f"therapist:{jonas}"}).text
    assert re.search(r'readonly value="http[^"]+/api/booking/feeds/[^"]+\.ics"', made)
    page = desk.get(f"/calendars?of=therapist:{jonas}").text
    assert ".ics" not in page
    [feed] = re.findall(r'action="/calendars/([^/]+)/end"', page)
    ended = desk.flashed(f"/calendars/{feed}/end", {"of": f"therapist:{jonas}"})
    assert "opens nothing any more" in ended
    assert "There is no calendar of Jonas yet." in ended


@pytest.mark.parametrize("of", ["", "therapist:", "therapist:999999", "patient:x", "x:1"])
def test_calendars_of_nobody_are_not_made(practice: Practice, desk: Browser, of: str) -> None:
    assert desk.get("/calendars", query_string={"of": of}).status_code == 200
    assert desk.submit("/calendars", {"of": of}).status_code in (200, 303)
    assert practice.house.count("feeds") == 0
