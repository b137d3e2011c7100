"""How a referral goes on: looked at, asked about, permitted, declined by mistake, cancelled, closed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy

from tests.referrals.house import Caller, House, a_referral

MODIFIED = {"decision": "cleared_with_modifications", "sites": ["left calf"], "pressure_ceiling": 2}
NOT_ADVISED = {"decision": "not_advised", "reason": "Wait for the scan"}


@pytest.fixture
def waiting(physician: Caller) -> dict[str, Any]:
    made: dict[str, Any] = physician.post("", a_referral(pressure_ceiling=3)).json
    return made


def test_a_therapist_takes_a_referral_in_hand_and_accepts_it(
    house: House, therapist: Caller, waiting: dict[str, Any]
) -> None:
    started = therapist.post(f"/{waiting['id']}/review/start")
    assert (started.status_code, started.json["status"], started.json["business_status"]) == (200, "in_review", "2.0")
    assert therapist.post(f"/{waiting['id']}/review/start").json["version"] == started.json["version"]
    assert therapist.post(f"/{waiting['id']}/accept").json["status"] == "accepted"
    acts = [row.act for row in house.rows("SELECT act FROM audit WHERE object_id = :id ORDER BY id", id=waiting["id"])]
    assert acts == ["referral_received", "referral_in_review", "referral_accepted"]
    assert therapist.post(f"/{waiting['id']}/review/start").json["code"] == "already_reviewed"


@pytest.mark.parametrize("act", ["review/start", "reopen"])
@pytest.mark.parametrize("role", ["desk", "physician", "service"])
def test_a_review_is_started_and_reopened_by_therapists_only(
    house: House, waiting: dict[str, Any], act: str, role: str
) -> None:
    assert house.caller(role).post(f"/{waiting['id']}/{act}").status_code == 403


def test_what_the_reviewer_misses_is_asked_for_and_told(
    house: House, therapist: Caller, physician: Caller, waiting: dict[str, Any]
) -> None:
    asked = therapist.post(f"/{waiting['id']}/ask", {"names": ["goals", "payer.member_number"]})
    assert (asked.json["status"], asked.json["missing"]) == ("needs_information", ["goals", "payer.member_number"])
    assert len(house.told("referral_stalled", referral_id=waiting["id"], about="needs_information")) == 1
    part = physician.patch(f"/{waiting['id']}", {"goals": ["Sleep through"]}).json
    assert (part["status"], part["missing"]) == ("needs_information", ["payer.member_number"])
    whole = physician.patch(f"/{waiting['id']}", {"payer": {"member_number": "W-7"}}).json
    assert (whole["status"], whole["goals"]) == ("received", ["Sleep through"])
    assert therapist.post(f"/{waiting['id']}/accept").status_code == 200


@pytest.mark.parametrize("names", [["visits"], [], ["patient.name"], ["physician"], ["nonsense"]])
def test_only_what_is_not_known_can_be_asked_for(therapist: Caller, waiting: dict[str, Any], names: list[str]) -> None:
    answer = therapist.post(f"/{waiting['id']}/ask", {"names": names})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["names"])


def test_after_the_review_nothing_is_asked_for(therapist: Caller, waiting: dict[str, Any]) -> None:
    therapist.post(f"/{waiting['id']}/accept")
    answer = therapist.post(f"/{waiting['id']}/ask", {"names": ["goals"]})
    assert (answer.status_code, answer.json["code"]) == (409, "cannot_be_asked")


def test_a_decline_by_mistake_is_undone_on_the_same_day(
    house: House, therapist: Caller, waiting: dict[str, Any]
) -> None:
    therapist.post(f"/{waiting['id']}/decline", {"reason": "Wrong page"})
    answer = therapist.post(f"/{waiting['id']}/reopen")
    assert (answer.json["status"], answer.json["decline_reason"], answer.json["reviewed_at"]) == (
        "received",
        None,
        None,
    )
    assert [event["version"] for event in house.told("referral_received", referral_id=waiting["id"])] == [1, 3]
    assert therapist.post(f"/{waiting['id']}/accept").status_code == 200
    assert therapist.post(f"/{waiting['id']}/reopen").json["code"] == "cannot_be_reopened"


def test_a_decline_of_yesterday_stands(house: House, therapist: Caller, waiting: dict[str, Any]) -> None:
    therapist.post(f"/{waiting['id']}/decline", {"reason": "No"})
    with house.running.engine.begin() as connection:
        earlier = "UPDATE referrals SET reviewed_at = reviewed_at - interval '1 day' WHERE id = :id"
        connection.execute(sqlalchemy.text(earlier), {"id": waiting["id"]})
    answer = therapist.post(f"/{waiting['id']}/reopen")
    assert (answer.status_code, answer.json["code"]) == (409, "cannot_be_reopened")


def test_a_permission_with_modifications_lowers_the_ceiling(
    house: House, physician: Caller, therapist: Caller, waiting: dict[str, Any]
) -> None:
    answer = physician.put(f"/{waiting['id']}/permission", MODIFIED)
    assert answer.json["permission"].items() >= MODIFIED.items()
    assert answer.json["pressure_ceiling"] == 2
    assert therapist.post(f"/{waiting['id']}/accept", {"pressure_ceiling": 3}).status_code == 422
    therapist.post(f"/{waiting['id']}/accept")
    [accepted] = house.told("referral_accepted", referral_id=waiting["id"])
    assert house.running.seal.open(accepted["pressure_ceiling"]) == "2"


def test_what_a_permission_leaves_out_and_asks_goes_with_the_order_sealed(
    house: House, physician: Caller, therapist: Caller, waiting: dict[str, Any]
) -> None:
    physician.put(f"/{waiting['id']}/permission", {**MODIFIED, "sites": ["left calf"], "conditions": ["only seated"]})
    therapist.post(f"/{waiting['id']}/accept")
    [accepted] = house.told("referral_accepted", referral_id=waiting["id"])
    assert "calf" not in str(accepted)
    care = json.loads(house.running.seal.open(accepted["care"]))
    assert (care["avoid"], care["permitted_if"]) == (["left calf"], ["only seated"])


def test_what_the_physician_does_not_advise_is_not_accepted(
    physician: Caller, therapist: Caller, waiting: dict[str, Any]
) -> None:
    physician.put(f"/{waiting['id']}/permission", NOT_ADVISED)
    answer = therapist.post(f"/{waiting['id']}/accept")
    assert (answer.status_code, answer.json["code"]) == (409, "not_advised")
    physician.put(f"/{waiting['id']}/permission", {"decision": "cleared"})
    assert therapist.post(f"/{waiting['id']}/accept").status_code == 200


def test_a_permission_does_not_replace_the_review(physician: Caller, waiting: dict[str, Any]) -> None:
    assert physician.put(f"/{waiting['id']}/permission", {"decision": "cleared"}).json["status"] == "received"


def test_what_was_seen_is_signed(house: House, physician: Caller, therapist: Caller, waiting: dict[str, Any]) -> None:
    physician.put(f"/{waiting['id']}/permission", MODIFIED)
    therapist.post(f"/{waiting['id']}/accept")
    [row] = house.rows("SELECT review FROM referrals WHERE id = :id", id=waiting["id"])
    signed = house.vault.open(row.review)["signed"]
    assert (signed["by"], signed["permission"]["decision"]) == ("therapist-7", "cleared_with_modifications")


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({}, "decision"),
        ({"decision": "perhaps"}, "decision"),
        ({"decision": "not_advised"}, "reason"),
        ({"decision": "cleared_with_modifications"}, "conditions"),
        ({"decision": "cleared", "sites": ["neck"]}, "decision"),
        ({**MODIFIED, "pressure_ceiling": 6}, "pressure_ceiling"),
    ],
)
def test_a_permission_says_what_it_means(
    house: House, physician: Caller, waiting: dict[str, Any], answer: dict[str, Any], field: str
) -> None:
    before = house.counts()
    refused = physician.put(f"/{waiting['id']}/permission", answer)
    assert (refused.status_code, list(refused.json["errors"])) == (422, [field])
    assert house.counts() == before


def test_a_permission_comes_before_the_review_and_from_who_sent_the_referral(
    house: House, physician: Caller, therapist: Caller, waiting: dict[str, Any]
) -> None:
    assert house.caller("physician", "another").put(f"/{waiting['id']}/permission", MODIFIED).status_code == 404
    therapist.post(f"/{waiting['id']}/accept")
    assert physician.put(f"/{waiting['id']}/permission", MODIFIED).json["code"] == "reviewed_already"


def test_a_permission_without_an_order_waits_for_what_the_practice_plans(desk: Caller, therapist: Caller) -> None:
    sheet = {name: a_referral()[name] for name in ("patient", "physician", "placer", "issued_on")}
    made = desk.post("?incomplete=true", {**sheet, "kind": "permission", "permission": MODIFIED}).json
    assert (made["kind"], made["missing"]) == ("permission", ["visits", "frequency.visits", "session_minutes"])
    filled = desk.patch(f"/{made['id']}", {"visits": 4, "frequency": {"visits": 1}, "session_minutes": 30}).json
    assert (filled["status"], filled["diagnoses"]) == ("received", [])
    assert therapist.post(f"/{made['id']}/accept").json["pressure_ceiling"] == 2


def test_a_permission_sheet_without_an_answer_is_none(desk: Caller) -> None:
    answer = desk.post("?incomplete=true", a_referral(kind="permission"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["permission"])


def test_the_office_asks_to_cancel_and_the_practice_decides(
    house: House, physician: Caller, desk: Caller, waiting: dict[str, Any]
) -> None:
    asked = physician.post(f"/{waiting['id']}/cancellation")
    assert (asked.json["status"], asked.json["business_status"]) == ("received", "5.2")
    assert physician.post(f"/{waiting['id']}/cancellation").json["version"] == asked.json["version"]
    assert len(house.told("referral_stalled", referral_id=waiting["id"], about="cancel_asked")) == 1
    withdrawn = desk.post(f"/{waiting['id']}/withdraw")
    assert (withdrawn.json["status"], withdrawn.json["business_status"]) == ("withdrawn", "6.0")
    assert len(house.told("referral_resumed", referral_id=waiting["id"], about="cancel_asked")) == 1
    assert physician.post(f"/{waiting['id']}/cancellation").json["code"] == "cannot_be_withdrawn"


def test_a_cancellation_can_be_taken_back(
    house: House, physician: Caller, desk: Caller, waiting: dict[str, Any]
) -> None:
    physician.post(f"/{waiting['id']}/cancellation")
    assert desk.delete(f"/{waiting['id']}/cancellation").json["business_status"] == "2.0"
    assert len(house.told("referral_resumed", referral_id=waiting["id"], about="cancel_asked")) == 1
    assert desk.delete(f"/{waiting['id']}/cancellation").status_code == 404


def test_only_the_office_that_sent_it_asks_to_cancel(house: House, waiting: dict[str, Any]) -> None:
    assert house.caller("physician", "another").post(f"/{waiting['id']}/cancellation").status_code == 404


def test_the_practice_closes_what_it_is_done_with(house: House, desk: Caller, waiting: dict[str, Any]) -> None:
    with ThreadPoolExecutor(4) as crowd:
        close = lambda _: house.caller("desk").post(f"/{waiting['id']}/close", {"reason": "duplicate"})  # noqa: E731
        answers = list(crowd.map(close, range(4)))
    assert {(answer.status_code, answer.json["status"], answer.json["version"]) for answer in answers} == {
        (200, "closed", 2)
    }
    [ended] = house.told("referral_ended", referral_id=waiting["id"])
    assert ended["how"] == "closed"
    assert desk.get(f"/{waiting['id']}").json["ended_because"] == "duplicate"
    assert desk.post(f"/{waiting['id']}/withdraw").json["code"] == "cannot_be_withdrawn"


@pytest.mark.parametrize("body", [{}, {"reason": "because"}])
def test_closing_has_a_reason(desk: Caller, waiting: dict[str, Any], body: dict[str, Any]) -> None:
    assert desk.post(f"/{waiting['id']}/close", body).status_code == 422


def test_what_lacks_information_can_be_closed_and_nobody_is_asked_any_more(house: House, desk: Caller) -> None:
    made = desk.post("?incomplete=true", a_referral(visits=None)).json
    assert desk.post(f"/{made['id']}/close", {"reason": "patient_unreachable"}).json["status"] == "closed"
    assert len(house.told("referral_resumed", referral_id=made["id"], about="needs_information")) == 1


def test_the_first_contact_is_noted_once(desk: Caller, waiting: dict[str, Any]) -> None:
    first = desk.post(f"/{waiting['id']}/contacted").json
    assert first["contacted_at"]
    assert desk.post(f"/{waiting['id']}/contacted").json["contacted_at"] == first["contacted_at"]


def test_versions_show_what_each_amendment_changed(desk: Caller, therapist: Caller, waiting: dict[str, Any]) -> None:
    therapist.post(f"/{waiting['id']}/accept")
    desk.post(f"/{waiting['id']}/amend", {"visits": 12, "frequency": {"visits": 3}})
    desk.post(f"/{waiting['id']}/amend", {"pressure_ceiling": 2})
    newest, second, first = desk.get(f"/{waiting['id']}/versions").json
    assert newest["changed"] == {"pressure_ceiling": {"from": 3, "to": 2}}
    assert second["changed"] == {
        "visits": {"from": 8, "to": 12},
        "frequency": {"from": {"visits": 2, "per_days": 7}, "to": {"visits": 3, "per_days": 7}},
    }
    assert (first["changed"], first["terms"]["visits"], first["by"]) == ({}, 8, "riverside")
    assert newest["terms"] == {**second["terms"], "pressure_ceiling": 2}


def test_versions_are_shown_to_the_office_that_sent_it(
    house: House, physician: Caller, waiting: dict[str, Any]
) -> None:
    assert len(physician.get(f"/{waiting['id']}/versions").json) == 1
    assert house.caller("physician", "another").get(f"/{waiting['id']}/versions").status_code == 404
