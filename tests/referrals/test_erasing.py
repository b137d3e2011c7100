"""A patient is erased: nothing tells who they were or what they had, and nothing brings it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.chassis.events import decode, encode, open_event
from services.chassis.ids import new_id
from services.contracts.notify import ConsentChanged
from services.contracts.referrals import PatientErased
from services.referrals.models import Document
from services.referrals.privacy.retention import kept_until
from tests.referrals.house import Caller, House, a_referral
from tests.referrals.test_privacy import CANARIES, PERSONAL, everything_kept

OVERRIDE = {"override_retention": "patient_request"}


@pytest.fixture
def admin(house: House) -> Caller:
    return house.caller("admin", "keeper")


@pytest.fixture
def erasable(house: House, desk: Caller, therapist: Caller) -> dict[str, Any]:
    """A closed referral with everything personal in it, a document, an amendment, and a second record of the person."""
    said = a_referral(**{**PERSONAL, "placer__number": str(new_id()), "patient__name": f"Canaria Birdsong {new_id()}"})
    referral = desk.post("", said).json
    therapist.post(f"/{referral['id']}/accept", {"pressure_ceiling": 2})
    assert desk.post(f"/{referral['id']}/amend", {"pressure_ceiling": 1}).status_code == 200
    with house.running.sessions.begin() as session:
        session.add(
            Document(
                id=new_id(), referral_id=UUID(referral["id"]), content=house.running.seal.close_bytes(b"%PDF canary"),
                sha256="00", media_type="application/pdf", size=11, received_at=datetime.now(UTC), received_from="desk",
            )
        )  # fmt: skip
    assert desk.post(f"/{referral['id']}/close", {"reason": "finished"}).status_code == 200
    return {"said": said, "id": referral["id"], "patient": referral["patient_id"]}


def erased(admin: Caller, patient: str, **asked: Any) -> Any:
    return admin.post(f"/patients/{patient}/erase", {**OVERRIDE, **asked})


def opened(house: House) -> str:
    """Everything that this patient's rows hold, opened."""
    kept = [row[0] for row in house.rows("SELECT contact FROM patients UNION ALL SELECT clinical FROM referrals")]
    kept += [
        row[0] for row in house.rows("SELECT terms FROM referral_versions UNION ALL SELECT content FROM documents")
    ]
    kept += [row[0] for row in house.rows("SELECT review FROM referrals WHERE review IS NOT NULL")]
    return "\n".join(house.running.seal.open(one) for one in kept).lower()


def test_nothing_personal_is_left_also_under_the_seal(house: House, admin: Caller, erasable: dict[str, Any]) -> None:
    before = opened(house)
    assert all(word in before for word in ("birdsong", "%pdf canary"))
    assert erased(admin, erasable["patient"]).status_code == 200
    after = opened(house) + everything_kept(house).lower()
    # the physician's data stays
    about_patient = [one for one in CANARIES if one not in ("finch", "warbler", "0255501")]
    assert [one for one in about_patient if one in after.replace("lic-canary-7", "")] == []
    assert "+12025550111" not in after


def test_what_the_law_asks_stays(house: House, desk: Caller, admin: Caller, erasable: dict[str, Any]) -> None:
    reference = desk.get(f"/{erasable['id']}").json["reference"]
    erased(admin, erasable["patient"])
    shown = desk.get(f"/{erasable['id']}")
    assert shown.status_code == 200
    assert (shown.json["reference"], shown.json["status"], shown.json["visits"]) == (reference, "closed", 8)
    assert (shown.json["patient"]["name"], shown.json["diagnoses"]) == ("erased", [])
    assert shown.json["physician"]["name"] == "Dr. Finch Warbler"


PAGES = (
    *("/{id}", "/{id}/versions", "/patients/{patient}", "/patients/{patient}/export"),
    *("/fhir/Task/{id}", "/fhir/ServiceRequest/{id}", "/fhir/Patient/{patient}"),
)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_somebody_erased_still_answers(admin: Caller, erasable: dict[str, Any], path: str) -> None:
    erased(admin, erasable["patient"])
    assert admin.get(path.format(**erasable)).status_code == 200


def test_the_others_are_told_once_for_each_record_with_its_referrals(
    house: House, admin: Caller, desk: Caller, erasable: dict[str, Any]
) -> None:
    other = desk.post("", a_referral(patient__name="Somebody Else")).json
    desk.post(f"/{other['id']}/close", {"reason": "finished"})
    desk.post("/patients/merge", {"keep_id": erasable["patient"], "other_id": other["patient_id"]})
    counts = erased(admin, other["patient_id"]).json["counts"]
    assert counts == {"records": 2, "referrals": 2, "documents": 1, "scans": 0}
    told = {one["patient_id"]: one["referral_ids"] for one in house.told("patient_erased")}
    assert told[erasable["patient"]] == [erasable["id"]]
    assert told[other["patient_id"]] == [other["id"]]


def test_events_that_wait_with_sealed_fields_are_not_sent_any_more(
    house: House, admin: Caller, erasable: dict[str, Any]
) -> None:
    mine = erasable["patient"]
    assert house.told("patient_contact_changed", patient_id=mine)
    assert house.told("referral_accepted", patient_id=mine)
    erased(admin, mine)
    assert house.told("patient_contact_changed", patient_id=mine) == []
    assert house.told("referral_accepted", patient_id=mine) == []
    assert house.told("referral_ended", patient_id=mine)


def test_the_same_order_sent_again_does_not_bring_the_patient_back(
    house: House, admin: Caller, desk: Caller, erasable: dict[str, Any]
) -> None:
    erased(admin, erasable["patient"])
    before = house.counts()["patients"]
    again = desk.post("", erasable["said"])
    assert (again.status_code, again.json["id"], again.json["patient"]["name"]) == (200, erasable["id"], "erased")
    assert house.counts()["patients"] == before


def test_a_late_event_about_the_patient_has_no_effect(house: House, admin: Caller, erasable: dict[str, Any]) -> None:
    erased(admin, erasable["patient"])
    said = ConsentChanged(version=9, person_id=UUID(erasable["patient"]), channel="text", agreed=True, source="reply",
                          changed_at=datetime.now(UTC))  # fmt: skip
    body = encode(said, house.running.seal, event_id=new_id(), at=datetime.now(UTC), trace=None)

    def never(session: Any, event: Any) -> None:
        raise AssertionError("handled")

    house.running.inbox.take(body, never)
    assert house.rows("SELECT state FROM inbox WHERE event_id = :id", id=decode(body).id) == [("done",)]


def test_somebody_with_the_same_name_and_birthday_is_new_afterwards(
    admin: Caller, desk: Caller, erasable: dict[str, Any]
) -> None:
    erased(admin, erasable["patient"])
    said = {**erasable["said"], "placer": {**erasable["said"]["placer"], "number": str(new_id())}}
    assert desk.post("", said).json["patient_id"] != erasable["patient"]


def test_the_laws_years_are_kept_unless_there_is_a_reason(admin: Caller, erasable: dict[str, Any]) -> None:
    refused = admin.post(f"/patients/{erasable['patient']}/erase", {})
    assert (refused.status_code, refused.json["code"]) == (409, "must_be_kept")
    assert refused.json["errors"]["until"] == str((datetime.now(UTC).year) + 7) + datetime.now(UTC).strftime("-%m-%d")
    assert erased(admin, erasable["patient"], override_retention="because").status_code == 422


def test_who_is_still_treated_is_not_erased(
    admin: Caller, desk: Caller, house: House, erasable: dict[str, Any]
) -> None:
    open_ = desk.post("", a_referral()).json
    refused = erased(admin, open_["patient_id"])
    assert (refused.json["code"], refused.json["errors"]) == ("still_treated", {"referral_ids": [open_["id"]]})

    later = datetime.now(UTC) + timedelta(days=3)
    add = (
        "INSERT INTO visits (id, referral_id, series_id, version, number, status, starts_at, ends_at, home_visit)"
        " VALUES (gen_random_uuid(), :referral, gen_random_uuid(), 1, 1, 'booked', :at, :at, false)"
    )
    with house.running.sessions.begin() as session:
        session.execute(text(add), {"referral": erasable["id"], "at": later})
    refused = erased(admin, erasable["patient"])
    assert (refused.json["code"], refused.json["errors"]["visits"]) == ("visits_to_come", 1)


def test_a_dry_run_changes_nothing(house: House, admin: Caller, desk: Caller, erasable: dict[str, Any]) -> None:
    said = erased(admin, erasable["patient"], dry_run=True)
    assert (said.status_code, said.json["counts"]) == (200, {"records": 1, "referrals": 1, "documents": 1})
    assert desk.get(f"/{erasable['id']}").json["patient"]["name"].startswith("Canaria")
    assert house.told("patient_erased", patient_id=erasable["patient"]) == []


@pytest.mark.parametrize("role", ["desk", "therapist", "physician", "service"])
def test_only_an_admin_erases_and_exports(house: House, role: str, erasable: dict[str, Any]) -> None:
    caller = house.caller(role)
    assert caller.post(f"/patients/{erasable['patient']}/erase", OVERRIDE).status_code == 403
    assert caller.get(f"/patients/{erasable['patient']}/export").status_code == 403


def test_nobody_writes_to_somebody_erased(admin: Caller, desk: Caller, erasable: dict[str, Any]) -> None:
    other = desk.post("", a_referral()).json["patient_id"]
    erased(admin, erasable["patient"])
    assert desk.put(f"/patients/{erasable['patient']}/contact", {"phone": "+12025550199"}).status_code == 410
    assert desk.post("/patients/merge", {"keep_id": other, "other_id": erasable["patient"]}).status_code == 404
    assert erased(admin, erasable["patient"]).status_code == 200
    assert erased(admin, str(new_id())).status_code == 404


def test_the_audit_trail_says_who_erased_and_why_and_nothing_personal(
    house: House, admin: Caller, erasable: dict[str, Any]
) -> None:
    erased(admin, erasable["patient"])
    noted = "SELECT actor, facts FROM audit WHERE act = 'patient_erased' AND object_id = :id"
    rows = house.rows(noted, id=erasable["patient"])
    assert rows == [("keeper", {"overridden": "patient_request"})]


def test_the_event_opens_as_the_contract_says(house: House, admin: Caller, erasable: dict[str, Any]) -> None:
    erased(admin, erasable["patient"])
    told = "SELECT body FROM outbox WHERE routing_key = 'referrals.patient_erased' AND body LIKE :id"
    [row] = house.rows(told, id=f"%{erasable['patient']}%")
    event = open_event(decode(row.body), house.running.seal)
    assert isinstance(event, PatientErased)
    assert event.referral_ids == (UUID(erasable["id"]),)


def test_an_export_holds_all_that_was_said_and_is_noted(house: House, admin: Caller, erasable: dict[str, Any]) -> None:
    found = admin.get(f"/patients/{erasable['patient']}/export").json
    [referral] = found["referrals"]
    assert found["person"]["contact"]["phone"] == "+12025550111"
    assert (referral["goals"], referral["diagnoses"], referral["payer"]["member_number"]) == (
        ["canary goal"], ["G89.4"], "MEMBER-CANARY",
    )  # fmt: skip
    kinds = [entry["resource"]["resourceType"] for entry in found["fhir"]["entry"]]
    assert {"Patient", "ServiceRequest", "Task"} <= set(kinds)
    [document] = found["documents"]
    got = admin.get(f"/patients/{erasable['patient']}/documents/{document['id']}")
    assert (got.data, got.mimetype) == (b"%PDF canary", "application/pdf")
    noted = "SELECT count(*) FROM audit WHERE act = 'patient_exported' AND object_id = :id"
    assert house.rows(noted, id=erasable["patient"]) == [(1,)]


def test_a_document_of_somebody_else_is_not_handed_out(admin: Caller, desk: Caller, erasable: dict[str, Any]) -> None:
    [document] = admin.get(f"/patients/{erasable['patient']}/export").json["documents"]
    other = desk.post("", a_referral()).json["patient_id"]
    assert admin.get(f"/patients/{other}/documents/{document['id']}").status_code == 404


def test_years_are_counted_to_the_day() -> None:
    last = datetime(2024, 2, 29, 12, tzinfo=UTC)
    assert kept_until([last, last - timedelta(days=400)], 7) == datetime(2031, 2, 28, 12, tzinfo=UTC)
    assert kept_until([last], 4) == datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert kept_until([], 7) is None
