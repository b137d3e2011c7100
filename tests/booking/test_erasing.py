"""A patient is erased in booking: the visits happened, and what was billed; nothing tells what was felt or found."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.booking.erase import patient_erased
from services.contracts.referrals import PatientErased
from tests.booking.conftest import House
from tests.booking.practice_day import accepted
from tests.booking.test_notes import FULL
from tests.booking.test_orders import take
from tests.booking.treatment import complete, go_to, look, treat

CARE = {"conditions": ["M54"], "contraindications": ["varicose_veins"], "born_on": "1979-10-05"}


@pytest.fixture
def treated(house: House) -> dict[str, Any]:
    """Two visits took place, with notes, one of them corrected; a look on the day; a signed recommendation; a feed."""
    made = treat(house, care=CARE)
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
    event = PatientErased(patient_id=patient, version=9, referral_ids=referrals, erased_at=datetime.now(UTC))
    house.receive(event, lambda session, event: patient_erased(session, house.running.seal, event))
    assert house.rows("SELECT error FROM inbox WHERE state <> 'done'") == []


def sealed(house: House) -> str:
    """All that is sealed in the database, opened."""
    from services.booking.sealed import SEALED

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
    assert [house.count(table) for table in ("session_notes", "note_versions", "day_checks", "measures")] == [0] * 4
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
    assert found["notes"][0]["areas"] == ["lower_back"]
    assert found["orders"][0]["care"]["conditions"] == ["M54"]
    assert found["earlier_notes"][0]["note"]["recommendation"] == "CANARY-ADVICE"
    assert found["series"][0]["recommendation"] == "CANARY-SIGNED"
    assert len(found["measures"]) == 6
    assert house.ask("GET", path, role="therapist").status_code == 403
    assert house.rows("SELECT 1 FROM audit WHERE act = 'patient_exported'")


def test_where_the_body_was_treated_is_sealed(house: House, treated: dict[str, Any]) -> None:
    rows = house.rows("SELECT areas FROM session_notes")
    assert all(":gAAAAA" in row.areas for row in rows)
    # from before they were sealed
    house.rows("""UPDATE session_notes SET areas = '["neck"]' RETURNING 1""")
    assert house.get(f"/sessions/{treated['ids'][0]}/note", role="therapist")["note"]["areas"] == ["neck"]
