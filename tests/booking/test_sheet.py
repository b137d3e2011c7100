"""The session sheet: what the therapist has to know before a session."""

from typing import Any

import pytest

from tests.booking.conftest import House
from tests.booking.test_plans import statements
from tests.booking.treatment import go_to, keep, look, treat

CARE = {"contraindications": ["varicose_veins", "anticoagulants"], "conditions": ["I83"]}


def sheet(house: House, session_id: str, role: str = "therapist") -> dict[str, Any]:
    shown: dict[str, Any] = house.get(f"/sessions/{session_id}/sheet", role=role)
    return shown


def test_the_first_sheet_tells_the_terms_and_what_to_mind(house: House) -> None:
    series = treat(house, care=CARE, ceiling="3")
    shown = sheet(house, series["ids"][0])
    assert (shown["session"]["number"], shown["of"], shown["terms"]["session_minutes"]) == (1, 2, 45)
    assert shown["ledger"]["remaining"] == 4
    assert (shown["safety"]["pressure_ceiling"], shown["safety"]["avoid"]) == (2, ["varicose_veins"])
    sentences = [one["sentence"] for one in shown["safety"]["constraints"]]
    assert "Varicose veins. Avoid the site." in sentences
    assert (shown["last_time"], shown["measures"]) == (None, [])


def test_the_next_sheet_tells_what_was_done_last_time(house: House) -> None:
    series = treat(house, visits=3)
    note = {"techniques": ["swedish"], "areas": ["neck"], "minutes": 30, "note": "She slept well.", "pressure": 3}
    keep(house, series, 0, note="The first")
    keep(house, series, 1, **note, recommendation="Heat before the next one.")
    last = sheet(house, series["ids"][2])["last_time"]
    assert (last["number"], last["session_id"], last["written_by"]) == (2, series["ids"][1], "a-therapist")
    assert last["note"].items() >= note.items()
    assert last["note"]["recommendation"] == "Heat before the next one."
    assert sheet(house, series["ids"][1])["last_time"]["note"]["note"] == "The first"


def test_measures_are_told_with_where_they_are_going(house: House) -> None:
    series = treat(house, visits=4)
    for place, (pain, odi) in enumerate([(8, 50), (7, 44), (5, 36)]):
        keep(house, series, place, pain_before=pain, pain_after=pain - 1, measures=[{"measure": "odi", "value": odi}])
    pain, odi = sheet(house, series["ids"][3])["measures"]
    assert (pain["measure"], [one["value"] for one in pain["taken"]]) == ("nprs", [8, 7, 5, 4])
    assert (pain["change"], pain["status"], pain["loinc"]) == (-4, "improving", "72514-3")
    assert (odi["measure"], odi["change"], odi["matters"], odi["status"]) == ("odi", -14, 12, "improving")
    assert [one["number"] for one in odi["taken"]] == [1, 2, 3]


def test_the_desk_sees_nothing_clinical(house: House) -> None:
    series = treat(house, care=CARE)
    keep(house, series, 0, note="CANARY")
    shown = sheet(house, series["ids"][1], role="desk")
    assert shown.keys() == {
        "session",
        "series_id",
        "of",
        "referral_id",
        "reference",
        "patient_id",
        "terms",
        "ledger",
    }
    assert [word for word in ("CANARY", "varicose", "pain") if word in str(shown)] == []


def test_reading_a_sheet_is_noted(house: House) -> None:
    series = treat(house)
    sheet(house, series["ids"][0])
    sheet(house, series["ids"][0], role="desk")
    assert house.rows("SELECT act, actor, object_id FROM audit") == [("sheet_read", "a-therapist", series["ids"][0])]


def test_the_sheet_of_a_past_session_shows_what_was_found_that_day(house: House) -> None:
    series = treat(house)
    go_to(house, series["sessions"][0], minutes=-5)
    look(house, series["ids"][0], "bruise")
    keep(house, series, 0)
    go_to(house, series["sessions"][1], minutes=-5)
    assert sheet(house, series["ids"][0])["safety"]["avoid"] == ["bruise"]
    assert sheet(house, series["ids"][1])["safety"]["avoid"] == []


@pytest.mark.parametrize("kept", [1, 5])
def test_a_sheet_asks_the_database_as_often_after_five_visits_as_after_one(house: House, kept: int) -> None:
    series = treat(house, visits=6, care=CARE)
    for place in range(kept):
        keep(house, series, place, pressure=1, measures=[{"measure": "odi", "value": 50 - place}])
    with statements(house) as asked:
        sheet(house, series["ids"][5])
    assert len(asked) <= 12, asked


def test_nobody_has_the_sheet_of_no_session(house: House) -> None:
    house.load()
    unknown = "01990000-0000-7000-8000-000000000000"
    assert house.ask("GET", f"/sessions/{unknown}/sheet", role="therapist").status_code == 404


def test_what_the_permission_leaves_out_and_asks_is_on_the_therapists_sheet(house: House) -> None:
    care = {**CARE, "avoid": ["left calf"], "permitted_if": ["not on the day of dialysis"]}
    series = treat(house, care=care)
    shown = sheet(house, series["ids"][0])
    assert shown["safety"]["avoid"] == ["varicose_veins", "left calf"]
    assert shown["permitted_if"] == ["not on the day of dialysis"]
    assert "calf" not in str(sheet(house, series["ids"][0], role="desk"))


def test_what_the_permission_leaves_out_is_sealed_and_closes_no_gate(house: House) -> None:
    series = treat(house, care={"avoid": ["left calf"]})
    assert sheet(house, series["ids"][0])["safety"]["blocked"] == []
    assert house.rows("SELECT care FROM orders WHERE care LIKE '%calf%'") == []
