"""A patient finds another time for a visit, or calls it off."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.booking.practice_day import NEW_YORK, at, therapist
from tests.web.linked import PATIENT_NAME, Practice, Reader


@pytest.fixture
def visit(practice: Practice) -> dict[str, Any]:
    """The second of a series: on Thursday."""
    return practice.visit(practice.series()["sessions"][1]["id"])


def local(iso: str) -> datetime:
    return datetime.fromisoformat(iso).astimezone(NEW_YORK)


def starts(practice: Practice, visit: dict[str, Any]) -> datetime:
    return local(practice.visit(visit["id"])["starts_at"])


def path_of(practice: Practice, visit: dict[str, Any]) -> str:
    return practice.link("choose", visit["id"])


def move_to(practice: Practice, visit: dict[str, Any], start_at: str) -> None:
    answer = practice.house.ask("POST", f"/sessions/{visit['id']}/move", {"start_at": start_at})
    assert answer.status_code == 200, answer.text


def take(practice: Practice, start_at: str) -> None:
    """Other patients take every therapist's time then."""
    for therapist_id, room in zip(*(_ids(practice, name) for name in ("therapists", "rooms")), strict=True):
        order_id, _ = practice.order(visits=1)
        answer = practice.house.book(order_id, {"start_at": start_at, "therapist": therapist_id, "room": room})
        assert answer.status_code == 201, answer.text


def _ids(practice: Practice, name: str) -> list[int]:
    return [one["id"] for one in practice.house.get("/clinic")[name]]


def test_the_page_shows_the_visit_and_a_few_other_times_by_day(
    practice: Practice, reader: Reader, visit: dict[str, Any]
) -> None:
    page = reader.get(path_of(practice, visit)).text
    assert "Thursday, March 4" in page
    offered = [words for words, _ in reader.offers(page, "move")]
    assert 4 <= len(offered) <= 9
    assert len(set(offered)) == len(offered)
    assert not any(words.startswith("Thursday, March 4 9:00") for words in offered), "it is there already"
    assert max(sum(day in words for words in offered) for day in ("Wednesday", "Thursday", "Friday")) <= 3


def test_the_times_offered_are_spread_over_the_day(practice: Practice, reader: Reader, visit: dict[str, Any]) -> None:
    offered = " ".join(words for words, _ in reader.offers(reader.get(path_of(practice, visit)).text, "move"))
    assert "AM" in offered
    assert "PM" in offered


def test_a_patient_moves_a_visit_with_one_tap(practice: Practice, reader: Reader, visit: dict[str, Any]) -> None:
    path, before = path_of(practice, visit), starts(practice, visit)
    words, fields = reader.offers(reader.get(path).text, "move")[0]
    answer = reader.post(f"{path}/move", data=fields)
    assert (answer.status_code, "Your visit was moved" in answer.text) == (200, True)
    now = starts(practice, visit)
    assert now != before
    assert words.startswith(f"{now:%A}, {now:%B} {now.day}")
    [moved] = [one for one in practice.house.announced() if one.event_name() == "session_moved"]
    assert moved.by == "patient"


def test_who_moved_it_is_kept_as_the_link_that_was_used(
    practice: Practice, reader: Reader, visit: dict[str, Any]
) -> None:
    reader.press(path_of(practice, visit), "move")
    [(actor, role)] = practice.house.rows("SELECT actor, role FROM audit WHERE act = 'session_moved'")
    with practice.notify.sessions.begin() as session:
        link = session.connection().exec_driver_sql("SELECT id FROM links").scalar_one()
    assert (actor, role) == (f"link:{link}", "service")


def test_sent_twice_it_is_moved_once_and_answered_the_same(
    practice: Practice, reader: Reader, visit: dict[str, Any]
) -> None:
    path = path_of(practice, visit)
    _, fields = reader.offers(reader.get(path).text, "move")[0]
    first, second = (reader.post(f"{path}/move", data=fields) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert "Your visit was moved" in second.text
    assert len([one for one in practice.house.announced() if one.event_name() == "session_moved"]) == 1


def test_the_old_time_can_be_taken_back(practice: Practice, reader: Reader, visit: dict[str, Any]) -> None:
    path, before = path_of(practice, visit), starts(practice, visit)
    page = reader.press(path, "move").text
    [(words, undo)] = reader.offers(page, "move")
    assert words == "Take the old time back"
    assert reader.post(f"{path}/move", data=undo).status_code == 200
    assert starts(practice, visit) == before


def test_the_old_time_is_not_taken_back_from_somebody_else(
    practice: Practice, reader: Reader, visit: dict[str, Any]
) -> None:
    path, before = path_of(practice, visit), starts(practice, visit)
    page = reader.press(path, "move").text
    now = starts(practice, visit)
    take(practice, before.isoformat())
    answer = reader.post(f"{path}/move", data=reader.offers(page, "move")[0][1])
    assert answer.status_code == 409
    assert "Somebody took that time" in answer.text
    assert starts(practice, visit) == now


def test_a_time_that_was_taken_meanwhile_is_refused_with_fresh_ones(
    practice: Practice, reader: Reader, visit: dict[str, Any]
) -> None:
    path, before = path_of(practice, visit), starts(practice, visit)
    words, fields = reader.offers(reader.get(path).text, "move")[-1]
    gone = next(
        day.replace(hour=hour, minute=minute)
        for day in (before + timedelta(days=off) for off in range(-3, 7))
        for hour in range(9, 18)
        for minute in (0, 15, 30, 45)
        if f"{day:%A}, {day:%B} {day.day} {(hour - 1) % 12 + 1}:{minute:02}" in words
        and (hour >= 12) == ("PM" in words)
    )
    take(practice, gone.isoformat())
    answer = reader.post(f"{path}/move", data=fields)
    assert answer.status_code == 409
    assert "Somebody took that time" in answer.text
    fresh = [each for each, _ in reader.offers(answer.text, "move")]
    assert fresh
    assert words not in fresh
    assert starts(practice, visit) == before


def test_a_page_that_is_not_up_to_date_moves_nothing(practice: Practice, reader: Reader, visit: dict[str, Any]) -> None:
    path = path_of(practice, visit)
    _, fields = reader.offers(reader.get(path).text, "move")[0]
    move_to(practice, visit, at("03-05 16:00"))
    answer = reader.post(f"{path}/move", data=fields)
    assert answer.status_code == 409
    assert "Your visit was changed since" in answer.text
    assert "Friday, March 5" in answer.text
    assert starts(practice, visit) == local(at("03-05 16:00"))


def test_wishes_narrow_the_times(practice: Practice, reader: Reader, visit: dict[str, Any]) -> None:
    page = reader.get(f"{path_of(practice, visit)}?day=4&part=afternoon").text
    offered = [words for words, _ in reader.offers(page, "move")]
    assert offered
    assert all(words.startswith("Friday") and "PM" in words for words in offered)
    assert re.search(r'value="4" id="day4"[^>]* checked', page)


def test_a_wish_that_nothing_fits_says_so(practice: Practice, reader: Reader, visit: dict[str, Any]) -> None:
    page = reader.get(f"{path_of(practice, visit)}?day=6").text
    assert "No time fits these wishes" in page


@pytest.mark.parametrize("query", ["day=9&day=x&part=night", "day=0&day=1&part=%00&therapist=%F0", "lang=xx&day="])
def test_wishes_that_make_no_sense_are_left_out(
    practice: Practice, reader: Reader, visit: dict[str, Any], query: str
) -> None:
    assert reader.get(f"{path_of(practice, visit)}?{query}").status_code == 200


def test_another_therapist_is_named_beside_the_time(practice: Practice, reader: Reader) -> None:
    practice.house.load(therapists=[therapist("amara"), therapist("jonas")])
    visit = practice.visit(practice.series()["sessions"][1]["id"])
    take_of_amara = [at(f"03-0{day} {hour}") for day in (3, 4, 5) for hour in ("10:00", "11:00", "12:00")]
    amara, room = visit["therapist"]["id"], visit["room"]["id"]
    for start_at in take_of_amara:
        order_id, _ = practice.order(visits=1)
        practice.house.book(order_id, {"start_at": start_at, "therapist": amara, "room": room})
    page = reader.get(f"{path_of(practice, visit)}?part=morning").text
    assert any("with Jonas" in words for words, _ in reader.offers(page, "move"))


def test_a_visit_beyond_what_the_order_still_covers_can_be_called_off_but_not_moved(
    practice: Practice, reader: Reader
) -> None:
    visit = practice.visit(practice.series(valid_until=date(2027, 4, 2))["sessions"][-1]["id"])
    with practice.house.running.sessions.begin() as session:
        session.connection().exec_driver_sql("UPDATE orders SET valid_until = '2027-02-28'")
    path = path_of(practice, visit)
    page = reader.get(path).text
    assert reader.offers(page, "move") == []
    assert "There is no other time that fits" in page
    assert reader.press(path, "cancel").status_code == 200


# calling it off


def test_in_time_the_page_says_that_the_visit_is_kept(
    practice: Practice, reader: Reader, visit: dict[str, Any]
) -> None:
    path = path_of(practice, visit)
    page = reader.get(path).text
    assert "it does not count as used" in page
    assert "until 24 hours before" in page
    answer = reader.press(path, "cancel")
    assert answer.status_code == 200
    assert "Your visit is cancelled" in answer.text
    assert "does not count as used" in answer.text
    now = practice.visit(visit["id"])
    assert (now["status"], now["cancelled_by"], now["late"]) == ("cancelled", "patient", False)


def test_too_late_the_page_says_before_the_click_that_it_counts(
    practice: Practice, reader: Reader, visit: dict[str, Any]
) -> None:
    practice.at(starts(practice, visit) - timedelta(hours=5))
    path = path_of(practice, visit)
    page = reader.get(path).text
    assert "less than 24 hours" in page
    assert [words for words, _ in reader.offers(page, "cancel")] == ["Cancel, and count it as used"]
    answer = reader.press(path, "cancel")
    assert "It counts as used." in answer.text
    assert practice.visit(visit["id"])["late"] is True


def test_where_the_clinic_does_not_count_it_the_page_does_not_threaten(
    practice: Practice, reader: Reader, visit: dict[str, Any]
) -> None:
    practice.house.load(policy={"late_cancel_consumes_visit": False})
    practice.at(starts(practice, visit) - timedelta(hours=5))
    path = path_of(practice, visit)
    assert "it does not count as used" in reader.get(path).text
    assert "does not count as used" in reader.press(path, "cancel").text


def test_a_page_read_in_time_does_not_cancel_too_late_unasked(
    practice: Practice, reader: Reader, visit: dict[str, Any]
) -> None:
    path = path_of(practice, visit)
    _, fields = reader.offers(reader.get(path).text, "cancel")[0]
    practice.at(starts(practice, visit) - timedelta(hours=5))
    answer = reader.post(f"{path}/cancel", data=fields)
    assert answer.status_code == 409
    assert "Meanwhile it is less than 24 hours" in answer.text
    assert practice.visit(visit["id"])["status"] == "booked"


def test_cancelled_twice_is_cancelled_once(practice: Practice, reader: Reader, visit: dict[str, Any]) -> None:
    path = path_of(practice, visit)
    _, fields = reader.offers(reader.get(path).text, "cancel")[0]
    answers = [reader.post(f"{path}/cancel", data=fields) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert len([one for one in practice.house.announced() if one.event_name() == "session_cancelled"]) == 1


def test_a_visit_that_was_moved_meanwhile_is_not_cancelled_unseen(
    practice: Practice, reader: Reader, visit: dict[str, Any]
) -> None:
    path = path_of(practice, visit)
    _, fields = reader.offers(reader.get(path).text, "cancel")[0]
    move_to(practice, visit, at("03-05 16:00"))
    answer = reader.post(f"{path}/cancel", data=fields)
    assert (answer.status_code, "was changed since" in answer.text) == (409, True)
    assert practice.visit(visit["id"])["status"] == "booked"


# what is over


def test_a_cancelled_visit_offers_nothing_more(practice: Practice, reader: Reader, visit: dict[str, Any]) -> None:
    path = path_of(practice, visit)
    old = reader.offers(reader.get(path).text, "move")[0][1]
    reader.press(path, "cancel")
    page = reader.get(path).text
    assert "This visit is cancelled" in page
    assert "<button" not in page
    refused = reader.post(f"{path}/move", data=old)
    assert refused.status_code == 409
    assert practice.visit(visit["id"])["status"] == "cancelled"


def test_a_visit_that_has_begun_cannot_be_changed(practice: Practice, reader: Reader, visit: dict[str, Any]) -> None:
    path = path_of(practice, visit)
    page = reader.get(path).text
    move, cancel = reader.offers(page, "move")[0][1], reader.offers(page, "cancel")[0][1]
    practice.at(starts(practice, visit) + timedelta(minutes=5))
    assert "cannot be changed here" in reader.get(path).text
    assert reader.post(f"{path}/move", data=move).status_code == 409
    assert reader.post(f"{path}/cancel", data=cancel).status_code == 409
    assert practice.visit(visit["id"])["status"] == "booked"


def test_a_visit_that_is_not_there_is_said_kindly(practice: Practice, reader: Reader) -> None:
    answer = reader.get(practice.link("choose", uuid4()))
    assert answer.status_code == 404
    assert "does not exist any more" in answer.text


def test_the_calendar_entry_is_the_visit_as_it_is_now(
    practice: Practice, reader: Reader, visit: dict[str, Any]
) -> None:
    path = path_of(practice, visit)
    page = reader.press(path, "move").text
    assert f'href="{path}/visit.ics"' in page
    entry = reader.get(f"{path}/visit.ics")
    assert entry.content_type.startswith("text/calendar")
    assert f"{starts(practice, visit):DTSTART;TZID=America/New_York:%Y%m%dT%H%M%S}" in entry.text


def test_the_page_speaks_the_patients_language(practice: Practice, reader: Reader, visit: dict[str, Any]) -> None:
    practice.knows_patient(language="es")
    path = path_of(practice, visit)
    page = reader.get(path).text
    assert '<html lang="es">' in page
    assert "jueves, 4 de marzo" in page
    assert "Your" not in page
    moved = reader.press(path, "move").text
    assert "Su visita fue cambiada" in moved
    assert ".m.</p>" in moved.replace("\n", "")
    assert ".m.." not in moved


def test_a_reader_may_ask_for_the_other_language(practice: Practice, reader: Reader, visit: dict[str, Any]) -> None:
    path = path_of(practice, visit)
    assert 'href="?lang=es"' in reader.get(path).text
    page = reader.get(f"{path}?lang=es").text
    assert "Elegir otro horario" in page
    answer = reader.post(f"{path}/move", data=reader.offers(page, "move")[0][1])
    assert "Su visita fue cambiada" in answer.text


def test_nobody_is_named_but_the_clinic_and_its_therapist(
    practice: Practice, reader: Reader, visit: dict[str, Any]
) -> None:
    path = path_of(practice, visit)
    for page in (reader.get(path), reader.press(path, "move")):
        assert not any(part in page.text for part in (*PATIENT_NAME.split(), str(practice.person), "R-2027"))
        assert re.findall("<title>(.*)</title>", page.text) == ["Riverbend"]


def test_within_the_notice_the_page_says_so_and_offers_nothing(
    practice: Practice, reader: Reader, visit: dict[str, Any]
) -> None:
    practice.at(starts(practice, visit) - timedelta(hours=5))
    page = reader.get(path_of(practice, visit)).text
    assert "To move it now, please call us" in page
    assert reader.offers(page, "move") == []
    assert reader.offers(page, "cancel")


def test_in_time_the_page_says_until_when_it_can_be_moved(
    practice: Practice, reader: Reader, visit: dict[str, Any]
) -> None:
    assert "You can do so until 24 hours before the visit" in reader.get(path_of(practice, visit)).text


def test_a_page_read_in_time_does_not_move_too_late(practice: Practice, reader: Reader, visit: dict[str, Any]) -> None:
    path = path_of(practice, visit)
    _, fields = reader.offers(reader.get(path).text, "move")[0]
    practice.at(starts(practice, visit) - timedelta(hours=23))
    answer = reader.post(f"{path}/move", data=fields)
    assert (answer.status_code, "Meanwhile it is too late" in answer.text) == (409, True)
    assert starts(practice, visit) == local(visit["starts_at"])
