"""What somebody found who tried to break booking."""

import pytest

from services.booking.clinic import file as clinic_file
from tests.booking.conftest import House
from tests.booking.practice_day import at, clinic, therapist
from tests.booking.test_absences import entered, resolve
from tests.booking.test_replanning import ids, series


@pytest.mark.parametrize("field", ["from", "to"])
@pytest.mark.parametrize("instant", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_an_instant_that_no_utc_clock_shows_is_refused_by_its_field(house: House, field: str, instant: str) -> None:
    house.load()
    away = {"room": 1, "from": at("03-05 09:00"), "to": at("03-05 10:00"), "reason": "other", field: instant}
    answer = house.ask("POST", "/absences", away)
    assert answer.status_code == 422
    assert answer.json is not None
    assert set(answer.json["errors"]) == {field}
    assert house.count("absences") == 0


@pytest.mark.parametrize("number", ["027431", "008214", "0", "7", "1" * 5000])
def test_a_number_without_quotes_in_the_clinic_file_is_never_another_number(number: str) -> None:
    assert str(clinic_file.read(f"number: {number}")["number"]) == number


def test_a_licence_number_that_begins_with_a_zero_needs_no_quotes(house: House) -> None:
    (licence,) = clinic_file.read("- {state: NY, number: 027431, valid_until: 2029-08-31}")
    loaded = house.ask("PUT", "/clinic", clinic(therapists=[therapist("amara", licence=licence)]), role="admin")
    assert loaded.status_code == 200, loaded.text
    assert house.rows("SELECT number FROM licences") == [("027431",)]


def test_a_patient_who_is_here_stays_here_when_another_therapist_steps_in(house: House) -> None:
    house.load()
    (session_id, *_) = ids(series(house, "03-01 09:00", "03-04 09:00"))
    assert house.ask("POST", f"/sessions/{session_id}/arrive").status_code == 200
    resolve(house, entered(house, "03-01", "03-01"))
    seen = house.get(f"/sessions/{session_id}")
    assert (seen["starts_at"], seen["status"]) == ("2027-03-01T14:00:00+00:00", "arrived")
    assert seen["therapist"]["name"] == "Jonas"


def test_a_patient_who_is_here_is_awaited_again_when_the_visit_goes_to_another_time(house: House) -> None:
    house.load()
    (session_id, *_) = ids(series(house, "03-01 09:00"))
    assert house.ask("POST", f"/sessions/{session_id}/arrive").status_code == 200
    moved = house.ask("POST", f"/sessions/{session_id}/move", {"start_at": at("03-01 15:00")})
    assert moved.status_code == 200, moved.text
    assert moved.json is not None
    assert moved.json["status"] == "booked"
