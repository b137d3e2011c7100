"""Somebody was erased: whatever is done afterwards, or at the same moment, writes nothing of them again."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from services.referrals.models import Patient, Referral
from services.referrals.privacy import erase
from services.referrals.settings import vault
from tests.referrals.house import Caller, House, a_referral
from tests.referrals.test_merging import person
from tests.referrals.test_races import at_once
from tests.referrals.test_uploads import pdf

OVERRIDE = {"override_retention": "patient_request"}


@pytest.fixture
def admin(house: House) -> Caller:
    return house.caller("admin", "keeper")


@pytest.fixture
def said() -> dict[str, Any]:
    return a_referral(patient=person(name=f"Quillon {uuid4().hex[:8]}"))


@pytest.fixture
def closed(desk: Caller, said: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = desk.post("", said).json
    assert desk.post(f"/{made['id']}/close", {"reason": "finished"}).status_code == 200
    return made


def another(said: dict[str, Any]) -> dict[str, Any]:
    """Another order for the same person."""
    return {**said, "placer": {**said["placer"], "number": uuid4().hex}}


def upload(caller: Caller, path: str, content: bytes) -> Any:
    data = {"file": (io.BytesIO(content), "scan.pdf")}
    return caller._send("POST", path, data=data, content_type="multipart/form-data")


@contextmanager
def being_erased(house: House, patient_id: str) -> Iterator[Session]:
    """Erased, and not committed yet."""
    with house.running.sessions.begin() as session:
        erase.erase(
            session, house.running.outbox, vault(house.running), UUID(patient_id),
            now=datetime.now(UTC), keep_years=7, override="patient_request",
        )  # fmt: skip
        session.flush()
        yield session


def until_somebody_waits(house: House) -> None:
    waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    deadline = time.monotonic() + 10
    while not house.rows(waits):
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.01)


def kept_of(house: House, patient_id: str) -> str:
    """All that is sealed of a patient, opened."""
    with house.running.sessions.begin() as session:
        patient = session.get_one(Patient, UUID(patient_id))
        referrals = session.query(Referral).filter_by(patient_id=patient.id).all()
        sealed = [patient.contact, *(one.clinical for one in referrals), *(one.review or "" for one in referrals)]
        return " ".join(house.running.seal.open(one) for one in sealed if one)


def test_an_order_that_comes_in_the_moment_the_patient_is_erased_is_of_somebody_new(
    house: House, desk: Caller, closed: dict[str, Any], said: dict[str, Any]
) -> None:
    order = another(said)
    with ThreadPoolExecutor(1) as other:
        with being_erased(house, closed["patient_id"]):
            answer = other.submit(desk.post, "", order)
            until_somebody_waits(house)
        first = answer.result()
    assert first.status_code in (201, 503)
    made = desk.post("", order)
    assert made.status_code in (200, 201), made.text
    assert made.json["patient_id"] != closed["patient_id"]
    assert made.json["patient"]["name"] == said["patient"]["name"]
    assert "Quillon" not in kept_of(house, closed["patient_id"])


def test_a_correction_in_the_moment_the_patient_is_erased_is_not_written(
    house: House, desk: Caller, closed: dict[str, Any]
) -> None:
    path, told = f"/patients/{closed['patient_id']}/contact", {"phone": "+12125550142"}
    with ThreadPoolExecutor(1) as other:
        with being_erased(house, closed["patient_id"]):
            answer = other.submit(desk.put, path, told)
            until_somebody_waits(house)
        assert answer.result().status_code == 503
    assert desk.put(path, told).status_code == 410
    assert "5550142" not in kept_of(house, closed["patient_id"])


def test_records_are_not_merged_into_somebody_who_is_being_erased(
    house: House, desk: Caller, closed: dict[str, Any]
) -> None:
    twin = desk.post("", a_referral(patient=person())).json["patient_id"]
    with ThreadPoolExecutor(1) as other:
        with being_erased(house, closed["patient_id"]):
            pair = {"keep_id": closed["patient_id"], "other_id": twin}
            answer = other.submit(desk.post, "/patients/merge", pair)
            until_somebody_waits(house)
        assert answer.result().status_code == 404
    assert house.rows("SELECT merged_into FROM patients WHERE id = :id", id=twin)[0][0] is None


@pytest.mark.parametrize("_", range(6))
def test_erased_and_referred_at_once_one_of_them_comes_first(
    house: House, admin: Caller, desk: Caller, closed: dict[str, Any], said: dict[str, Any], _: int
) -> None:
    order, patient = another(said), closed["patient_id"]
    gone, made = at_once(lambda: admin.post(f"/patients/{patient}/erase", OVERRIDE), lambda: desk.post("", order))
    assert made.status_code in (201, 503)
    again = desk.post("", order).json
    if gone.status_code == 200:
        assert again["patient_id"] != patient
        assert "Quillon" not in kept_of(house, patient)
    else:
        assert (gone.status_code, gone.json["code"]) == (409, "still_treated")
        assert again["patient_id"] == patient
    assert again["patient"]["name"] == said["patient"]["name"]


def test_whatever_is_done_with_the_referral_afterwards_is_refused(
    house: House, admin: Caller, desk: Caller, therapist: Caller, closed: dict[str, Any]
) -> None:
    admin.post(f"/patients/{closed['patient_id']}/erase", OVERRIDE)
    path = f"/{closed['id']}"
    answers = [
        *(desk.post(f"{path}/{act}", {}) for act in ("contacted", "cancellation")),
        desk.post(f"{path}/withdraw", {"reason": "other"}),
        desk.post(f"{path}/amend", {"goals": ["turnstone"]}),
        desk.patch(path, {"goals": ["turnstone"]}),
        upload(desk, f"{path}/documents", pdf()),
        therapist.post(f"{path}/accept", {}),
        therapist.post(f"{path}/review/start"),
    ]
    assert {answer.status_code for answer in answers} <= {410, 422}
    assert [answer.status_code for answer in answers].count(410) >= 6
    assert "turnstone" not in kept_of(house, closed["patient_id"])
    assert house.rows("SELECT 1 FROM documents WHERE referral_id = :id", id=closed["id"]) == []


def test_a_decline_is_not_taken_back_once_the_patient_was_erased(
    admin: Caller, desk: Caller, therapist: Caller, said: dict[str, Any]
) -> None:
    made = desk.post("", said).json
    assert therapist.post(f"/{made['id']}/decline", {"reason": "turnstone"}).status_code == 200
    assert admin.post(f"/patients/{made['patient_id']}/erase", OVERRIDE).status_code == 200
    assert therapist.post(f"/{made['id']}/reopen").status_code == 410


def test_a_scan_that_still_waits_and_is_of_the_erased_goes_too(
    house: House, admin: Caller, desk: Caller, closed: dict[str, Any]
) -> None:
    sheet = pdf()
    assert upload(desk, f"/{closed['id']}/documents", sheet).status_code == 201
    waiting = upload(desk, "/documents", sheet).json
    erased = admin.post(f"/patients/{closed['patient_id']}/erase", OVERRIDE)
    assert (erased.json["counts"]["documents"], erased.json["counts"]["scans"]) == (1, 1)
    assert house.rows("SELECT 1 FROM documents WHERE id = CAST(:id AS uuid)", id=waiting.get("id", str(uuid4()))) == []


def test_erasing_again_says_the_same(house: House, admin: Caller, closed: dict[str, Any]) -> None:
    path = f"/patients/{closed['patient_id']}/erase"
    first, second = admin.post(path, OVERRIDE), admin.post(path, OVERRIDE)
    assert first.status_code == second.status_code == 200
    assert {name: first.json[name] for name in ("patient_ids", "referral_ids")} == {
        name: second.json[name] for name in ("patient_ids", "referral_ids")
    }
