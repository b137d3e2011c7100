"""A patient books the series that was prescribed."""

from __future__ import annotations

import re
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest

from services.contracts.referrals import ReferralEnded
from tests.booking.practice_day import MONDAY, at
from tests.web.linked import PATIENT_NAME, Practice, Reader


@pytest.fixture
def referral(practice: Practice) -> UUID:
    return practice.order()[1]


def path_of(practice: Practice, referral: UUID) -> str:
    return practice.link("book", referral, referral_id=referral)


def series_of(practice: Practice, referral: UUID) -> list[Any]:
    orders = practice.house.get(f"/orders?referral_id={referral}")
    return [practice.house.get(f"/series/{one}") for order in orders for one in order["series"]]


def proposed(page: str) -> list[str]:
    found = re.findall(r'small-moment"><span>(.*?)</span> <span>(.*?)</span>', page)
    return [" ".join(parts).replace("\xa0", " ") for parts in found]


def others(page: str) -> list[str]:
    """The addresses of the other times of the first visit."""
    first = page.split('<ul class="others">', 1)[1].split("</ul>", 1)[0]
    return [href.replace("&amp;", "&") for href in re.findall(r'href="([^"]+)"', first)]


def test_what_was_prescribed_is_said_in_neutral_words(practice: Practice, reader: Reader, referral: UUID) -> None:
    page = reader.get(path_of(practice, referral)).text
    assert "8 visits of 45 minutes, 2 times a week." in page
    assert "To be used by Saturday, May 15." in page
    assert not any(word in page for word in ("swedish", "R-2027", "pressure", "diagnos", *PATIENT_NAME.split()))


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"visits": 1}, "One visit of 45 minutes."),
        ({"visits": 4, "cadence_visits": 1}, "4 visits of 45 minutes, once a week."),
        ({"visits": 4, "cadence_visits": 1, "cadence_days": 14}, "4 visits of 45 minutes, one every 14 days."),
        ({"visits": 4, "cadence_visits": 3, "cadence_days": 10}, "4 visits of 45 minutes, 3 in 10 days."),
    ],
)
def test_every_rhythm_has_its_words(practice: Practice, reader: Reader, terms: dict[str, int], said: str) -> None:
    assert said in reader.get(path_of(practice, practice.order(**terms)[1])).text


def test_a_patient_books_what_is_proposed(practice: Practice, reader: Reader, referral: UUID) -> None:
    path = path_of(practice, referral)
    shown = proposed(reader.get(path).text)
    assert len(shown) == 8
    answer = reader.press(path, "book")
    assert answer.status_code == 303
    page = reader.get(answer.location).text
    assert "Your visits are booked" in page
    assert proposed(page) == shown
    [series] = series_of(practice, referral)
    assert len(series["sessions"]) == 8


def test_the_calendar_of_what_was_booked_can_be_had(practice: Practice, reader: Reader, referral: UUID) -> None:
    path = path_of(practice, referral)
    assert reader.get(f"{path}/visits.ics").status_code == 404
    reader.press(path, "book")
    assert f'href="{path}/visits.ics"' in reader.get(path).text
    assert reader.get(f"{path}/visits.ics").text.count("BEGIN:VEVENT") == 8


def test_what_is_booked_already_is_shown(practice: Practice, reader: Reader) -> None:
    series = practice.series()
    page = reader.get(path_of(practice, series["referral_id"])).text
    assert "Your visits" in page
    assert "<button" not in page


def test_sent_twice_it_is_booked_once(practice: Practice, reader: Reader, referral: UUID) -> None:
    path = path_of(practice, referral)
    _, fields = reader.offers(reader.get(path).text, "book")[0]
    answers = [reader.post(f"{path}/book", data=fields) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert len(series_of(practice, referral)) == 1


def test_two_windows_at_once_book_one_series(practice: Practice, reader: Reader) -> None:
    _, referral = practice.order(visits=12)
    path = path_of(practice, referral)
    forms = [reader.offers(reader.get(f"{path}?{wish}").text, "book")[0][1] for wish in ("day=0", "day=4")]
    statuses: list[int] = []

    def book(fields: dict[str, str]) -> None:
        statuses.append(practice.browser().post(f"{path}/book", data=fields).status_code)

    windows = [Thread(target=book, args=(fields,)) for fields in forms * 2]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    assert statuses == [303] * 4
    assert len(series_of(practice, referral)) == 1


def test_a_time_that_was_taken_meanwhile_leads_to_the_next_best(
    practice: Practice, reader: Reader, referral: UUID
) -> None:
    path = path_of(practice, referral)
    page = reader.get(path).text
    _, fields = reader.offers(page, "book")[0]
    clinic = practice.house.get("/clinic")
    for therapist, room in zip(clinic["therapists"], clinic["rooms"], strict=True):
        other, _ = practice.order(visits=1)
        practice.house.book(other, {"start_at": at("03-04 09:00"), "therapist": therapist["id"], "room": room["id"]})
    answer = reader.post(f"{path}/book", data=fields)
    assert answer.status_code == 409
    assert "Somebody took one of these times" in answer.text
    assert proposed(answer.text) != proposed(page)
    assert series_of(practice, referral) == []
    assert reader.post(f"{path}/book", data=reader.offers(answer.text, "book")[0][1]).status_code == 303


def test_wishes_shape_the_proposal(practice: Practice, reader: Reader, referral: UUID) -> None:
    page = reader.get(f"{path_of(practice, referral)}?day=1&day=4&part=afternoon").text
    shown = proposed(page)
    assert len(shown) == 8
    assert all(one.startswith(("Tuesday", "Friday")) and one.endswith("PM") for one in shown)


def test_a_wish_for_a_therapist_is_heeded(practice: Practice, reader: Reader, referral: UUID) -> None:
    jonas = next(one["id"] for one in practice.house.get("/clinic")["therapists"] if one["name"] == "Jonas")
    page = reader.get(f"{path_of(practice, referral)}?therapist={jonas}").text
    assert page.count("with Jonas") >= 8
    assert "with Amara" not in page


def test_a_visit_put_elsewhere_carries_the_others_with_it(practice: Practice, reader: Reader, referral: UUID) -> None:
    path = path_of(practice, referral)
    page = reader.get(path).text
    elsewhere = others(page)[0]
    assert urlsplit(elsewhere).path == path
    chosen = reader.get(elsewhere).text
    assert "(your choice)" in chosen
    shown = proposed(chosen)
    assert len(shown) == 8
    assert shown[0] != proposed(page)[0]
    reader.post(f"{path}/book", data=reader.offers(chosen, "book")[0][1])
    [series] = series_of(practice, referral)
    assert len(series["sessions"]) == 8


def test_two_choices_are_both_kept(practice: Practice, reader: Reader, referral: UUID) -> None:
    page = reader.get(others(reader.get(path_of(practice, referral)).text)[0]).text
    second = page.split('<ul class="others">')[2].split("</ul>")[0]
    href = re.findall(r'href="([^"]+)"', second)[-1].replace("&amp;", "&")
    assert reader.get(href).text.count("(your choice)") == 2


@pytest.mark.parametrize(
    "keep",
    ["1_2027-13-45_09:00_1_1", "1_2027-03-02_09:07_1_1", "99_2027-03-02_09:00_1_1", "x", "1_2020-01-01_25:99_1_"],
)
def test_a_choice_that_makes_no_sense_is_answered_with_a_proposal(
    practice: Practice, reader: Reader, referral: UUID, keep: str
) -> None:
    answer = reader.get(path_of(practice, referral), query_string={"keep": keep})
    assert answer.status_code in (200, 409)
    assert len(proposed(answer.text)) == 8


def test_wishes_that_only_some_visits_fit_are_said(practice: Practice, reader: Reader) -> None:
    _, referral = practice.order(visits=40)
    page = reader.get(f"{path_of(practice, referral)}?day=0").text
    found = re.search(r"(\d+) of 40 visits find a place", page)
    assert found
    assert len(proposed(page)) == int(found[1])


def test_a_wish_that_nothing_fits_says_so(practice: Practice, reader: Reader, referral: UUID) -> None:
    page = reader.get(f"{path_of(practice, referral)}?day=6").text
    assert "No time fits" in page
    assert reader.offers(page, "book") == []


def test_a_patient_cannot_book_what_was_not_proposed(practice: Practice, reader: Reader, referral: UUID) -> None:
    path = path_of(practice, referral)
    _, fields = reader.offers(reader.get(path).text, "book")[0]
    for forged in (fields["offer"][:-3] + "abc", "", '{"visits": []}'):
        assert reader.post(f"{path}/book", data={"offer": forged}).status_code == 400
    assert series_of(practice, referral) == []


def test_an_offer_to_one_patient_cannot_be_taken_by_another(practice: Practice, reader: Reader, referral: UUID) -> None:
    _, theirs = practice.order()
    _, fields = reader.offers(reader.get(path_of(practice, theirs)).text, "book")[0]
    assert reader.post(f"{path_of(practice, referral)}/book", data=fields).status_code == 400
    assert series_of(practice, referral) == series_of(practice, theirs) == []


def test_a_referral_that_has_ended_is_not_booked(practice: Practice, reader: Reader) -> None:
    from services.booking.orders.end_order import end_order

    _, referral = practice.order()
    path = path_of(practice, referral)
    _, fields = reader.offers(reader.get(path).text, "book")[0]
    with practice.house.running.sessions.begin() as session:
        told = ReferralEnded(version=2, referral_id=referral, reference="R-2027-0001", patient_id=uuid4(), **_ended())
        end_order(session, practice.house.running.outbox, told)
    answer = reader.post(f"{path}/book", data=fields)
    assert answer.status_code == 409
    assert "Please call us" in reader.get(path).text
    assert practice.house.get(f"/orders?referral_id={referral}")[0]["series"] == []


def _ended() -> dict[str, Any]:
    return {"physician_id": uuid4(), "updates": "none", "how": "withdrawn", "ended_at": MONDAY}


def test_an_unknown_referral_is_said_kindly(practice: Practice, reader: Reader) -> None:
    assert "Please call us" in reader.get(path_of(practice, uuid4())).text


def test_after_the_whole_series_was_called_off_it_can_be_booked_again(practice: Practice, reader: Reader) -> None:
    series = practice.series()
    cancel = {"by": "clinic", "scope": "all"}
    first = series["sessions"][0]["id"]
    assert practice.house.ask("POST", f"/sessions/{first}/cancel", cancel).status_code == 200
    path = path_of(practice, series["referral_id"])
    assert reader.press(path, "book").status_code == 303
    assert [bool(one["cancelled_at"]) for one in series_of(practice, series["referral_id"])] == [True, False]


def test_the_page_speaks_spanish(practice: Practice, reader: Reader, referral: UUID) -> None:
    practice.knows_patient(language="es")
    page = reader.get(path_of(practice, referral)).text
    assert "8 visitas de 45 minutos, 2 veces por semana." in page
    assert "lunes, 1 de marzo" in page
