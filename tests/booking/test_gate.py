"""The safety gate at booking and on the day."""

import json
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.booking.models import Order
from services.booking.treatment.safety import care_of, findings
from services.contracts.referrals import Care
from tests.booking.conftest import House
from tests.booking.practice_day import therapist
from tests.booking.test_series import visit
from tests.booking.treatment import code, complete, faults, go_to, look, order_with, treat


def safety_of(house: House, session_id: str) -> dict[str, Any]:
    found: dict[str, Any] = house.get(f"/sessions/{session_id}/sheet", role="therapist")["safety"]
    return found


def two_therapists(**second: Any) -> dict[str, Any]:
    return {"therapists": [therapist("amara"), therapist("jonas", **second)]}


def test_nothing_is_planned_or_booked_against_an_absolute_contraindication(house: House) -> None:
    house.load()
    order_id = order_with(house, {"contraindications": ["thrombosis", "bruise"]})
    refused = [house.plan(order_id), house.book(order_id, visit(house, "03-02 09:00"))]
    for answer in refused:
        assert code(answer) == (409, "blocked_by_safety_gate")
        assert (answer.json or {})["errors"] == {"codes": ["thrombosis"], "certifications": []}
    assert (house.count("claims"), house.count("series")) == (0, 0)


def test_nothing_is_held_against_it_either(house: House) -> None:
    house.load()
    order_id = order_with(house, {"contraindications": ["fever"]})
    body = {"order_id": order_id, "visits": [visit(house, "03-02 09:00")]}
    assert code(house.ask("POST", "/holds", body, key="hold")) == (409, "blocked_by_safety_gate")
    assert house.count("claims") == 0


def test_a_visit_is_not_moved_to_a_therapist_who_is_not_certified(house: House) -> None:
    clinic = house.load(**two_therapists(certifications=["lymphedema"]))
    order_id = order_with(house, {"contraindications": ["lymphedema"]})
    series = house.book(order_id, visit(house, "03-02 09:00", therapist=1)).json or {}
    move = {"therapist": clinic["therapists"][0]["id"]}
    answer = house.ask("POST", f"/sessions/{series['sessions'][0]['id']}/move", move)
    assert answer.status_code in (409, 422), answer.text
    (kept,) = house.rows("SELECT therapist_id FROM sessions")[0]
    assert kept == clinic["therapists"][1]["id"]


def test_what_only_limits_a_treatment_is_booked(house: House) -> None:
    series = treat(house, care={"contraindications": ["bruise", "anticoagulants"]})
    assert len(series["ids"]) == 2


@pytest.mark.parametrize(
    "care", [{"contraindications": ["lymphedema"]}, {"conditions": ["M54", "I89"]}], ids=["code", "diagnosis"]
)
def test_only_a_certified_therapist_is_booked_for_lymphedema(house: House, care: dict[str, Any]) -> None:
    house.load(**two_therapists(certifications=["lymphedema", "oncology"]))
    order_id = order_with(house, care)
    answer = house.book(order_id, visit(house, "03-02 09:00", therapist=0))
    assert code(answer) == (409, "blocked_by_safety_gate")
    assert (answer.json or {})["errors"] == {"codes": [], "certifications": ["lymphedema"]}
    assert house.book(order_id, visit(house, "03-02 09:00", therapist=1)).status_code == 201


def test_a_plan_for_cancer_is_made_with_whoever_is_certified(house: House) -> None:
    clinic = house.load(**two_therapists(certifications=["oncology"]))
    order_id = order_with(house, {"conditions": ["C50"]}, visits=2)
    plan = house.plan(order_id).json or {}
    assert {one["therapist"] for one in plan["visits"]} == {clinic["therapists"][1]["id"]}


def test_the_strictest_pressure_counts(house: House) -> None:
    series = treat(house, care={"contraindications": ["controlled_hypertension", "anticoagulants"]}, ceiling="4")
    go_to(house, series["sessions"][0])
    answer = complete(house, series["ids"][0], pressure=3)
    assert code(answer) == (422, "pressure_above_ceiling")
    assert faults(answer) == {"ceiling": 2, "pressure": 3}
    assert complete(house, series["ids"][0], pressure=2).status_code == 200


def test_a_finding_of_the_day_lowers_the_ceiling_of_that_session(house: House) -> None:
    series = treat(house)
    go_to(house, series["sessions"][0], minutes=-10)
    answer = look(house, series["ids"][0], "osteoporosis", "open_wound")
    assert answer.status_code == 200
    assert ((answer.json or {})["pressure_ceiling"], (answer.json or {})["avoid"]) == (2, ["wound"])
    assert {one["source"] for one in safety_of(house, series["ids"][0])["constraints"]} == {"today"}
    assert safety_of(house, series["ids"][1])["constraints"] == []
    go_to(house, series["sessions"][0])
    assert code(complete(house, series["ids"][0], pressure=3)) == (422, "pressure_above_ceiling")


def test_fever_on_the_day_stops_the_session(house: House) -> None:
    series = treat(house)
    go_to(house, series["sessions"][0], minutes=-10)
    answer = look(house, series["ids"][0], "fever", "bruise")
    assert code(answer) == (409, "stop_today")
    assert (answer.json or {})["errors"] == {"codes": ["fever"]}
    assert "contact the physician" in (answer.json or {})["message"]
    go_to(house, series["sessions"][0])
    assert code(complete(house, series["ids"][0])) == (409, "stop_today")
    assert house.count("session_notes") == 0


def test_a_second_look_takes_nothing_back(house: House) -> None:
    series = treat(house)
    go_to(house, series["sessions"][0], minutes=-10)
    look(house, series["ids"][0], "fever")
    assert code(look(house, series["ids"][0])) == (409, "stop_today")
    assert house.count("day_checks") == 2


def test_a_visit_that_was_stopped_can_be_cancelled_by_the_clinic(house: House) -> None:
    series = treat(house)
    go_to(house, series["sessions"][0], minutes=-10)
    look(house, series["ids"][0], "fever")
    body = {"by": "clinic", "reason": "patient_ill"}
    answer = house.ask("POST", f"/sessions/{series['ids'][0]}/cancel", body)
    assert answer.status_code == 200, answer.text
    (order,) = house.get("/orders")
    assert (order["ledger"]["consumed"], order["ledger"]["forfeited"], order["ledger"]["remaining"]) == (0, 0, 5)


def test_what_was_found_yesterday_does_not_bind_a_visit_that_was_moved(house: House) -> None:
    series = treat(house)
    go_to(house, series["sessions"][0], minutes=-10)
    look(house, series["ids"][0], "fever")
    house.rows(
        "UPDATE sessions SET starts_at = starts_at + interval '1 day', ends_at = ends_at + interval '1 day'"
        " WHERE id = :id RETURNING 1",
        id=series["ids"][0],
    )
    house.move_to(datetime.fromisoformat(series["sessions"][0]["ends_at"]) + timedelta(days=1))
    assert complete(house, series["ids"][0]).status_code == 200


def test_the_look_is_on_the_day_of_the_session_there(house: House) -> None:
    series = treat(house)
    evening_before = datetime.fromisoformat(series["sessions"][0]["starts_at"]) - timedelta(hours=9, minutes=1)
    house.move_to(evening_before)
    assert code(look(house, series["ids"][0], "fever")) == (409, "session_not_today")
    house.move_to(evening_before + timedelta(minutes=2))
    assert code(look(house, series["ids"][0], "fever")) == (409, "stop_today")


def test_a_session_that_is_over_is_not_looked_at(house: House) -> None:
    series = treat(house)
    go_to(house, series["sessions"][0])
    complete(house, series["ids"][0])
    assert code(look(house, series["ids"][0], "bruise")) == (409, "session_not_open")


def test_only_codes_of_the_table_are_findings(house: House) -> None:
    series = treat(house)
    go_to(house, series["sessions"][0], minutes=-10)
    answer = look(house, series["ids"][0], "bruise", "CANARY")
    assert set(faults(answer)["findings"]) == {"1"}
    assert "CANARY" not in answer.text
    assert house.count("day_checks") == 0


def test_only_a_therapist_looks(house: House) -> None:
    series = treat(house)
    assert look(house, series["ids"][0], "fever", role="desk").status_code == 403


def test_what_was_found_is_sealed_and_told_to_nobody(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    series = treat(house, care={"contraindications": ["diabetic_neuropathy"], "conditions": ["E11"]})
    go_to(house, series["sessions"][0], minutes=-10)
    look(house, series["ids"][0], "osteoporosis")
    look(house, series["ids"][0], "thrombosis")
    tables = [row[0] for row in house.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    kept = " ".join(str(row) for table in tables for row in house.rows(f"SELECT t::text FROM {table} t"))
    kept += "".join(capfd.readouterr())
    assert "care.post_check" in kept
    assert [word for word in ("osteoporosis", "thrombosis", "neuropathy", "E11") if word in kept] == []


def test_a_code_that_the_table_no_longer_has_is_shown_and_blocks_nothing(house: House) -> None:
    series = treat(house, care={"contraindications": ["ticklish"]})
    (finding,) = safety_of(house, series["ids"][0])["constraints"]
    assert (finding["code"], finding["class"]) == ("ticklish", "unknown")


def test_care_is_read_as_referrals_tells_it(house: House) -> None:
    told = Care(
        conditions=("M54", "I89"),
        contraindications=("lymphedema",),
        born_on=date(1979, 10, 5),
        language="es",
        therapist_sex="female",
        latitude=41.5,
        longitude=-73.9,
    )
    house.load()
    order_id = order_with(house, json.loads(json.dumps(asdict(told), default=date.isoformat)))
    with house.running.sessions.begin() as session:
        order = session.get_one(Order, UUID(order_id))
        assert care_of(session, order) == told
        assert findings(session, order).pressure_ceiling == 1
