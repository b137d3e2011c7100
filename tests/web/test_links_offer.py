"""A patient takes a freed time by the link of an e-mail, or leaves it to the next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.booking.practice_day import MONDAY
from tests.booking.test_waitlist import first_of, frees, open_offer, tick
from tests.web.linked import Practice, Reader


@pytest.fixture
def offer(practice: Practice) -> Any:
    """Of Wednesday morning, to somebody whose first visit is a week later."""
    first_of(practice.house)
    frees(practice.house)
    tick(practice.house)
    return open_offer(practice.house)


@pytest.fixture
def path(practice: Practice, offer: Any) -> str:
    return practice.link("offer", offer.id)


def status(practice: Practice, offer: Any) -> str:
    return str(practice.house.get(f"/offers/{offer.id}")["status"])


def test_the_page_shows_the_time_and_until_when_it_can_be_had(reader: Reader, path: str) -> None:
    page = reader.get(path).text
    assert "Wednesday, March 3" in page
    assert "your visit moves there" in page
    assert "Please tell us by Monday, March 1" in page


def test_opening_it_answers_nothing(practice: Practice, reader: Reader, path: str, offer: Any) -> None:
    before = practice.everything()
    reader.get(path)
    reader.get(f"{path}/accept")
    assert practice.everything() == before
    assert status(practice, offer) == "open"


def test_taken_with_one_tap_the_visit_is_there(practice: Practice, reader: Reader, path: str, offer: Any) -> None:
    answer = reader.press(path, "accept")
    assert "It is yours" in answer.text
    assert status(practice, offer) == "accepted"
    [moved] = [one for one in practice.house.announced() if one.event_name() == "session_moved"]
    assert (moved.by, moved.starts_at) == ("patient", offer.starts_at)
    assert "It is yours" in reader.get(path).text


def test_pressed_twice_it_is_taken_once_and_answered_the_same(practice: Practice, reader: Reader, path: str) -> None:
    _, fields = reader.offers(reader.get(path).text, "accept")[0]
    pages = [reader.post(f"{path}/accept", data=fields).text for _ in range(2)]
    assert pages[0] == pages[1]
    assert len([one for one in practice.house.announced() if one.event_name() == "session_moved"]) == 1


def test_who_leaves_it_is_thanked_and_it_goes_on(practice: Practice, reader: Reader, path: str, offer: Any) -> None:
    assert "stays as it is" in reader.press(path, "decline").text
    assert status(practice, offer) == "declined"


def test_when_its_time_is_over_there_is_nothing_to_press(practice: Practice, reader: Reader, path: str) -> None:
    practice.at(MONDAY + timedelta(minutes=40))
    page = reader.get(path).text
    assert "no longer free" in page
    assert reader.offers(page, "accept") == []


def test_the_page_speaks_spanish_too(practice: Practice, reader: Reader, path: str) -> None:
    assert "Aceptar este horario" in reader.get(f"{path}?lang=es").text
