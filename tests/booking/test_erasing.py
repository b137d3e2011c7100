"""A patient is erased in booking: the visits happened, and what was billed; nothing tells what was felt or found."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.booking.erase import patient_erased
from services.booking.sealed import SEALED
from services.chassis.resealing import CLEAR, Resealing
from services.contracts.referrals import PatientErased
from tests.booking.conftest import House
from tests.booking.life import forget, told
from tests.booking.practice_day import accepted
from tests.booking.test_holds import ask_hold
from tests.booking.test_notes import FULL
from tests.booking.test_orders import take
from tests.booking.test_races import together
from tests.booking.test_series import visit
from tests.booking.treatment import complete, go_to, look, treat

CARE = {"conditions": ["M54"], "contraindications": ["varicose_veins"], "born_on": "1979-10-05"}


@pytest.fixture
def treated(house: House) -> dict[str, Any]:
    """Two visits took place, with notes, one of them corrected; a look on the day; a signed recommendation; a feed."""
    made = treat(house, care=CARE, ceiling="2")
    for place, id_ in enumerate(made["ids"]):
        go_to(house, made["sessions"][place])
        look(house, id_, "varicose_veins")
        assert complete(house, id_, **FULL).status_code == 200
    house.ask("PUT", f"/sessions/{made['ids'][0]}/note", {**FULL, "note": "CANARY-SECOND"}, role="therapist")
    [row] = house.rows(
        "SELECT patient_id, referral_id, series.id AS series_id FROM orders JOIN series ON orders.id = order_id"
    )
    words = {"follow_up": "discharge", "recommendation": "CANARY-SIGNED"}
    signed = house.ask("POST", f"/series/{row.series_id}/recommendation", words, role="therapist")
    assert signed.status_code == 200, signed.text
    return {**made, "id": row.series_id, "patient": row.patient_id, "referral": row.referral_id}


def erase(house: House, patient: UUID, *referrals: UUID) -> None:
    running = house.running
    event = PatientErased(patient_id=patient, version=9, referral_ids=referrals, erased_at=datetime.now(UTC))
    house.receive(event, lambda session, event: patient_erased(session, running.outbox, running.seal, event))
    assert house.rows("SELECT error FROM inbox WHERE state <> 'done'") == []


def sealed(house: House) -> str:
    """All that is sealed in the database, opened."""
    found = [
        house.running.seal.open(row[0])
        for place in SEALED
        for row in house.rows(f"SELECT {place.column} FROM {place.table} WHERE {place.column} LIKE '%gAAAAA%'")
    ]
    return "\n".join(found)


def test_nothing_that_was_felt_found_or_said_is_left(house: House, treated: dict[str, Any]) -> None:
    before = sealed(house)
    assert all(word in before for word in ("CANARY-WORDS", "M54", "lower_back"))
    erase(house, treated["patient"], treated["referral"])
    assert sealed(house) == ""
    assert [house.count(table) for table in ("session_notes", "note_versions", "day_checks")] == [0] * 3
    [order] = house.rows("SELECT care, condition_keys, pressure_ceiling, techniques FROM orders")
    assert tuple(order) == (None, [], None, [])


def test_that_the_visits_happened_and_what_was_billed_stays(house: House, treated: dict[str, Any]) -> None:
    erase(house, treated["patient"], treated["referral"])
    kept = house.rows("SELECT session_id, cpt, units, minutes, written_by FROM kept_acts ORDER BY session_id")
    assert [tuple(row)[1:] for row in kept] == [("97124", 3, 40, "a-therapist")] * 2
    statuses = house.rows(
        "SELECT status, completed_at IS NOT NULL FROM sessions WHERE series_id = :id", id=treated["id"]
    )
    assert [tuple(row) for row in statuses] == [("completed", True)] * 2
    assert house.get("/ledger/check", role="admin")["differences"] == []


def test_reports_and_pages_of_somebody_erased_still_answer(house: House, treated: dict[str, Any]) -> None:
    erase(house, treated["patient"], treated["referral"])
    for path in (
        f"/series/{treated['id']}",
        f"/series/{treated['id']}/report",
        f"/orders?referral_id={treated['referral']}",
    ):
        assert house.ask("GET", path, role="therapist").status_code == 200, path
    assert house.ask("GET", f"/sessions/{treated['ids'][0]}/note", role="therapist").status_code in (404, 409)


def test_an_order_that_comes_late_brings_nothing_back(house: House, treated: dict[str, Any]) -> None:
    erase(house, treated["patient"], treated["referral"])
    late = replace(accepted(), patient_id=treated["patient"], referral_id=treated["referral"], version=50)
    house.receive(late, take(house))
    assert house.rows("SELECT care, version FROM orders")[0].care is None
    assert house.count("orders") == 1


def test_another_patient_keeps_everything(house: House, treated: dict[str, Any]) -> None:
    other = accepted()
    house.receive(other, take(house))
    erase(house, other.patient_id, other.referral_id)
    assert (house.count("session_notes"), house.count("kept_acts")) == (2, 0)
    assert "CANARY-WORDS" in sealed(house)


def test_answers_that_were_remembered_are_forgotten(house: House, treated: dict[str, Any]) -> None:
    add = (
        "INSERT INTO idempotency (key, actor, fingerprint, body)"
        " VALUES (:key, 'a', 'b', CAST(:body AS jsonb)) RETURNING 1"
    )
    house.rows(add, key="mine", body=json.dumps({"patient_id": str(treated["patient"])}))
    house.rows(add, key="other", body=json.dumps({"patient_id": "another"}))
    erase(house, treated["patient"], treated["referral"])
    assert "mine" not in [row.key for row in house.rows("SELECT key FROM idempotency")]
    assert "other" in [row.key for row in house.rows("SELECT key FROM idempotency")]


def test_an_export_holds_every_note_opened(house: House, treated: dict[str, Any]) -> None:
    path = f"/patients/{treated['patient']}/export"
    found = house.get(path, role="admin")
    assert {note["note"] for note in found["notes"]} == {"CANARY-WORDS", "CANARY-SECOND"}
    assert found["notes"][0]["clinical"]["areas"] == ["lower_back"]
    assert found["orders"][0]["care"]["conditions"] == ["M54"]
    assert found["earlier_notes"][0]["note"]["recommendation"] == "CANARY-ADVICE"
    assert found["series"][0]["recommendation"] == "CANARY-SIGNED"
    assert [len(note["clinical"]["measures"]) for note in found["notes"]] == [3, 3]
    assert found["orders"][0]["pressure_ceiling"] == 2
    assert house.ask("GET", path, role="therapist").status_code == 403
    assert house.rows("SELECT 1 FROM audit WHERE act = 'patient_exported'")


def test_all_that_was_felt_and_measured_is_sealed(house: House, treated: dict[str, Any]) -> None:
    rows = house.rows("SELECT clinical, to_jsonb(session_notes) - 'session_id' AS whole FROM session_notes")
    assert all(":gAAAAA" in row.clinical for row in rows)
    in_clear = set(rows[0].whole) - {"clinical", "note", "recommendation", "item_9"}
    assert in_clear == {"minutes", "cpt", "units", "follow_up", "version", "written_at", "written_by"}


def test_what_was_noted_before_it_was_sealed_is_read_and_then_sealed(house: House, treated: dict[str, Any]) -> None:
    before = {
        **{"pain_before": 7, "pain_after": 4, "pressure": 2, "techniques": [], "areas": ["neck"]},
        "measures": [["odi", "", "44.00"]],
    }
    house.rows("UPDATE session_notes SET clinical = :clear RETURNING 1", clear=json.dumps(before))
    house.rows("UPDATE orders SET pressure_ceiling = '2' RETURNING 1")

    def read() -> tuple[Any, ...]:
        note = house.get(f"/sessions/{treated['ids'][0]}/note", role="therapist")["note"]
        [order] = house.get(f"/orders?referral_id={treated['referral']}")
        return note["areas"], note["measures"], note["pain_before"], order["pressure_ceiling"]

    expected = (["neck"], [{"measure": "odi", "detail": "", "value": 44.0}], 7, 2)
    assert read() == expected
    rotation = Resealing(house.running.sessions, house.running.seal, SEALED)
    assert sum(rotation.count(place).get(CLEAR, 0) for place in rotation.places) == 3
    for place in rotation.places:
        rotation.run(place)
    assert sum(rotation.count(place).get(CLEAR, 0) for place in rotation.places) == 0
    assert read() == expected


@pytest.fixture
def to_come(house: House) -> dict[str, Any]:
    """Two visits are booked, and one more is held."""
    made = treat(house, care=CARE)
    assert ask_hold(house, made["order_id"], "03-16 09:00").status_code == 201
    [row] = house.rows("SELECT patient_id, referral_id FROM orders")
    forget(house)
    return {**made, "patient": row.patient_id, "referral": row.referral_id}


def test_what_was_booked_before_the_erasure_was_told_of_is_called_off_and_its_time_is_free(
    house: House, to_come: dict[str, Any]
) -> None:
    erase(house, to_come["patient"], to_come["referral"])
    statuses = house.rows("SELECT status, cancelled_by FROM sessions")
    assert [tuple(row) for row in statuses] == [("cancelled", "clinic")] * 2
    assert (house.count("claims"), house.rows("SELECT 1 FROM series WHERE held_until IS NOT NULL")) == (0, [])
    assert told(house).count("SessionCancelled") == 2
    assert house.get("/ledger/check", role="admin")["differences"] == []


def test_nothing_more_is_booked_for_somebody_who_was_erased(house: House, to_come: dict[str, Any]) -> None:
    erase(house, to_come["patient"], to_come["referral"])
    refused = house.book(to_come["order_id"], visit(house, "03-23 09:00"))
    assert (refused.status_code, (refused.json or {})["code"]) == (409, "order_ended")


def test_it_comes_twice_and_nothing_more_happens(house: House, to_come: dict[str, Any]) -> None:
    erase(house, to_come["patient"], to_come["referral"])
    before = [house.count(table) for table in ("sessions", "outbox", "ledger", "session_history")]
    erase(house, to_come["patient"], to_come["referral"])
    assert [house.count(table) for table in ("sessions", "outbox", "ledger", "session_history")] == before


@pytest.mark.parametrize("_", range(4))
def test_booked_and_erased_at_once_nothing_is_left_to_come(house: House, to_come: dict[str, Any], _: int) -> None:
    wanted = visit(house, "03-23 09:00")
    booked, _none = together(
        [
            lambda: house.book(to_come["order_id"], wanted),
            lambda: erase(house, to_come["patient"], to_come["referral"]),
        ]
    )
    assert booked.status_code in (201, 409), booked.text
    assert house.rows("SELECT 1 FROM sessions WHERE status IN ('booked', 'held')") == []
    assert house.count("claims") == 0
    assert house.get("/ledger/check", role="admin")["differences"] == []
