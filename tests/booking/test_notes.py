"""The note of a session: what it may say, what follows from it, and how it is corrected."""

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from services.contracts.booking import DeskAsked, SessionCompleted
from services.contracts.event import to_primitives
from tests.booking.conftest import House
from tests.booking.test_races import together
from tests.booking.treatment import NOTE, code, complete, faults, go_to, treat

FULL = {
    **NOTE,
    "techniques": ["swedish", "myofascial_release"],
    "areas": ["lower_back"],
    "minutes": 40,
    "cpt": "97124",
    "units": 3,
    "measures": [
        {"measure": "odi", "value": 44},
        {"measure": "rom", "detail": "lumbar_flexion", "value": 35},
        {"measure": "psfs", "value": 4.3},
    ],
    "note": "CANARY-WORDS",
    "follow_up": "continue",
    "recommendation": "CANARY-ADVICE",
}


@pytest.fixture
def series(house: House) -> dict[str, Any]:
    """Two visits are booked, and the first is just over."""
    made = treat(house)
    go_to(house, made["sessions"][0])
    return made


def note_of(house: House, session_id: str) -> dict[str, Any]:
    written: dict[str, Any] = house.get(f"/sessions/{session_id}/note", role="therapist")
    return written


def correct(house: House, session_id: str, role: str = "therapist", **note: Any) -> Any:
    return house.ask("PUT", f"/sessions/{session_id}/note", {**FULL, **note}, role=role)


def test_everything_that_was_noted_can_be_read_again(house: House, series: dict[str, Any]) -> None:
    assert complete(house, series["ids"][0], **FULL).status_code == 200
    written = note_of(house, series["ids"][0])
    measures = [
        {"measure": "odi", "detail": "", "value": 44.0},
        {"measure": "psfs", "detail": "", "value": 4.3},
        {"measure": "rom", "detail": "lumbar_flexion", "value": 35.0},
    ]
    assert written["note"] == {**FULL, "measures": measures, "item_9": None}
    assert (written["version"], written["written_by"]) == (1, "a-therapist")


def test_the_words_of_a_note_are_sealed(house: House, series: dict[str, Any]) -> None:
    complete(house, series["ids"][0], **FULL)
    correct(house, series["ids"][0], note="CANARY-SECOND")
    tables = [row[0] for row in house.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    kept = " ".join(str(row) for table in tables for row in house.rows(f"SELECT t::text FROM {table} t"))
    assert series["ids"][0] in kept
    assert "CANARY" not in kept


def test_minutes_are_those_of_the_session_when_nothing_is_said(house: House, series: dict[str, Any]) -> None:
    complete(house, series["ids"][0])
    written = note_of(house, series["ids"][0])["note"]
    assert (written["minutes"], written["units"]) == (45, 3)


@pytest.mark.parametrize(("minutes", "units"), [(8, 1), (22, 1), (23, 2), (37, 2), (38, 3), (52, 3), (53, 4)])
def test_units_follow_from_the_minutes(house: House, series: dict[str, Any], minutes: int, units: int) -> None:
    complete(house, series["ids"][0], minutes=minutes, cpt="97140")
    assert note_of(house, series["ids"][0])["note"]["units"] == units


def test_units_that_disagree_with_the_minutes_are_refused_with_the_rule(house: House, series: dict[str, Any]) -> None:
    (sentence,) = faults(complete(house, series["ids"][0], minutes=37, units=3))["units"]
    assert sentence.startswith("37 minutes are 2 units. One unit is 8 to 22 minutes")
    assert (house.count("session_notes"), house.count("outbox")) == (0, 0)


def test_fewer_than_eight_minutes_are_not_billed(house: House, series: dict[str, Any]) -> None:
    assert set(faults(complete(house, series["ids"][0], minutes=7, cpt="97124"))) == {"cpt"}
    assert complete(house, series["ids"][0], minutes=7).status_code == 200


@pytest.mark.parametrize("cpt", ["97110", ["97124", "97140"], 97124, ""])
def test_one_session_is_billed_under_one_code_of_massage(house: House, series: dict[str, Any], cpt: Any) -> None:
    assert set(faults(complete(house, series["ids"][0], cpt=cpt))) == {"cpt"}


@pytest.mark.parametrize(
    ("measure", "field"),
    [
        ({"measure": "odi", "value": 101}, "value"),
        ({"measure": "odi", "value": -1}, "value"),
        ({"measure": "ndi", "value": 20.5}, "value"),
        ({"measure": "psfs", "value": 4.25}, "value"),
        ({"measure": "lefs", "value": 81}, "value"),
        ({"measure": "gad7", "value": 22}, "value"),
        ({"measure": "vas", "value": "4"}, "value"),
        ({"measure": "vas", "value": True}, "value"),
        ({"measure": "vas", "value": None}, "value"),
        ({"measure": "vas", "value": float("nan")}, "value"),
        ({"measure": "vas", "value": 1e300}, "value"),
        ({"measure": "nprs", "value": 4}, "measure"),
        ({"measure": "shoe_size", "value": 4}, "measure"),
        ({"measure": "rom", "value": 90}, "detail"),
        ({"measure": "rom", "detail": "My left shoulder", "value": 90}, "detail"),
        ({"measure": "odi", "detail": "sitting", "value": 40}, "detail"),
        ({"measure": "phq9", "value": 9}, "item_9"),
        ({"measure": "phq9", "value": 9, "item_9": 4}, "item_9"),
        ({"measure": "phq9", "value": 1, "item_9": 2}, "item_9"),
        ({"measure": "gad7", "value": 9, "item_9": 0}, "item_9"),
    ],
)
def test_a_measure_stays_inside_its_range(
    house: House, series: dict[str, Any], measure: dict[str, Any], field: str
) -> None:
    answer = complete(house, series["ids"][0], measures=[measure], note="CANARY")
    assert faults(answer)["measures"]["0"].keys() == {field}
    assert "CANARY" not in answer.text
    assert house.count("session_notes") == 0


def test_a_measure_is_given_once_for_each_detail(house: House, series: dict[str, Any]) -> None:
    left = {"measure": "rom", "detail": "left_knee_flexion", "value": 100}
    right = {**left, "detail": "right_knee_flexion"}
    assert set(faults(complete(house, series["ids"][0], measures=[left, right, left]))["measures"]) == {"2"}
    assert complete(house, series["ids"][0], measures=[left, right]).status_code == 200


def test_the_same_note_again_changes_nothing_in_whatever_order_it_names_its_measures(
    house: House, series: dict[str, Any]
) -> None:
    first = complete(house, series["ids"][0], **FULL)
    turned = {**FULL, "measures": FULL["measures"][::-1], "units": None}  # type: ignore[index]
    again = complete(house, series["ids"][0], **turned)
    assert (again.status_code, again.json) == (200, first.json)
    assert (house.count("outbox"), house.count("audit")) == (1, 1)
    assert len(note_of(house, series["ids"][0])["note"]["measures"]) == 3


def test_one_note_sent_eight_times_at_once_is_one(house: House, series: dict[str, Any]) -> None:
    answers = together([lambda: complete(house, series["ids"][0], **FULL)] * 8)
    assert [answer.status_code for answer in answers] == [200] * 8
    assert (house.count("session_notes"), house.count("outbox")) == (1, 1)
    assert house.rows("SELECT count(*) FROM ledger WHERE act = 'consumed'") == [(1,)]


def test_corrections_at_the_same_time_follow_one_another(house: House, series: dict[str, Any]) -> None:
    complete(house, series["ids"][0], **FULL)
    answers = together([lambda pain=pain: correct(house, series["ids"][0], pain_after=pain) for pain in range(4)])
    assert sorted(answer.json["version"] for answer in answers) == [2, 3, 4, 5]
    assert [version for (version,) in house.rows("SELECT version FROM note_versions ORDER BY 1")] == [1, 2, 3, 4]


def test_another_note_for_a_completed_session_is_a_correction_not_a_completion(
    house: House, series: dict[str, Any]
) -> None:
    complete(house, series["ids"][0], **FULL)
    assert code(complete(house, series["ids"][0], **{**FULL, "minutes": 39})) == (409, "session_not_open")


def phq9(item_9: int) -> list[dict[str, Any]]:
    return [{"measure": "phq9", "value": 11, "item_9": item_9}]


def test_the_last_item_of_phq9_is_never_passed_over_in_silence(house: House, series: dict[str, Any]) -> None:
    complete(house, series["ids"][0], measures=phq9(1))
    completed, asked = house.announced()
    assert isinstance(completed, SessionCompleted)
    assert isinstance(asked, DeskAsked)
    assert (asked.about, str(asked.session_id)) == ("note", series["ids"][0])
    told = to_primitives(asked)
    assert set(told) == {"task_id", "version", "about", "referral_id", "session_id", "patient_id", "asked_at"}
    (kept,) = house.rows("SELECT item_9 FROM session_notes")[0]
    assert kept != "1"
    assert house.running.seal.open(kept) == "1"


def test_nobody_is_asked_when_it_is_nought(house: House, series: dict[str, Any]) -> None:
    complete(house, series["ids"][0], measures=phq9(0))
    assert [type(event) for event in house.announced()] == [SessionCompleted]


def test_a_correction_that_raises_the_last_item_asks_the_desk_once(house: House, series: dict[str, Any]) -> None:
    complete(house, series["ids"][0], measures=phq9(0))
    correct(house, series["ids"][0], measures=phq9(2))
    correct(house, series["ids"][0], measures=phq9(2))
    correct(house, series["ids"][0], measures=phq9(3))
    assert [type(event) for event in house.announced()] == [SessionCompleted, DeskAsked]


def test_a_correction_keeps_what_was_written_before(house: House, series: dict[str, Any]) -> None:
    complete(house, series["ids"][0], **FULL)
    answer = correct(house, series["ids"][0], pain_after=3, measures=[{"measure": "odi", "value": 40}])
    assert (answer.status_code, answer.json["version"]) == (200, 2)
    assert answer.json == note_of(house, series["ids"][0])
    assert (answer.json["note"]["pain_after"], answer.json["note"]["measures"][0]["value"]) == (3, 40.0)
    ((version, sealed, by),) = house.rows("SELECT version, note, written_by FROM note_versions")
    before = json.loads(house.running.seal.open(sealed))
    assert (version, by, before["pain_after"], before["note"]) == (1, "a-therapist", 5, "CANARY-WORDS")
    assert [one["measure"] for one in before["measures"]] == ["odi", "psfs", "rom"]
    assert house.rows("SELECT act FROM audit ORDER BY id") == [
        ("session_completed",),
        ("note_corrected",),
        ("note_read",),
    ]
    assert house.rows("SELECT act FROM ledger WHERE act <> 'reserved'") == [("consumed",)]


def test_the_same_correction_again_is_one(house: House, series: dict[str, Any]) -> None:
    complete(house, series["ids"][0], **FULL)
    answers = [correct(house, series["ids"][0], pain_after=3) for _ in range(2)]
    assert [answer.json["version"] for answer in answers] == [2, 2]
    assert (house.count("note_versions"), house.count("audit")) == (1, 2)


def test_a_correction_of_what_somebody_else_corrected_meanwhile_is_refused(
    house: House, series: dict[str, Any]
) -> None:
    complete(house, series["ids"][0], **FULL)
    path = f"/sessions/{series['ids'][0]}/note"
    assert house.ask("GET", path, role="therapist").headers["ETag"] == '"1"'
    first = correct_if(house, path, '"1"', pain_after=4)
    assert (first.status_code, first.headers["ETag"]) == (200, '"2"')
    stale = correct_if(house, path, '"1"', pain_after=3)
    assert (code(stale), (stale.json or {})["errors"]) == ((412, "stale_version"), {"version": 2})
    assert correct_if(house, path, '"1"', pain_after=4).status_code == 200


def correct_if(house: House, path: str, version: str, **note: Any) -> TestResponse:
    return house.ask("PUT", path, {**FULL, **note}, role="therapist", seen=version)


def test_only_its_therapist_corrects_a_note(house: House, series: dict[str, Any]) -> None:
    assert code(correct(house, series["ids"][0])) == (409, "no_note_yet")
    complete(house, series["ids"][0], **FULL)
    assert code(correct(house, series["ids"][0], role="admin", pain_after=1)) == (403, "not_your_note")
    assert code(correct(house, series["ids"][0], role="desk")) == (403, "forbidden")
    assert house.count("note_versions") == 0


def test_a_correction_respects_the_ceiling(house: House) -> None:
    series = treat(house, ceiling="2")
    go_to(house, series["sessions"][0])
    complete(house, series["ids"][0])
    assert code(correct(house, series["ids"][0], pressure=3)) == (422, "pressure_above_ceiling")


def test_a_note_says_nothing_in_logs_or_errors(
    house: House, series: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    spoiled = {**FULL, "techniques": ["CANARY" * 8], "areas": ["CANARY" * 8], "follow_up": "CANARY", "cpt": "CANARY"}
    said = complete(house, series["ids"][0], **spoiled).text
    complete(house, series["ids"][0], **FULL)
    said += str([to_primitives(event) for event in house.announced()])
    said += str(house.rows("SELECT * FROM audit")) + "".join(capfd.readouterr())
    assert "care.post_complete" in said
    assert "CANARY" not in said


def test_the_desk_reads_no_note(house: House, series: dict[str, Any]) -> None:
    complete(house, series["ids"][0], **FULL)
    assert house.ask("GET", f"/sessions/{series['ids'][0]}/note").status_code == 403
