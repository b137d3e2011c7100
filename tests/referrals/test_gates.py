"""Who may do what to a referral, in which stage: every stage, act and role, against the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest
import sqlalchemy

from services.referrals.course.stages import MOVES, Stage
from tests.referrals.fhir_house import counted
from tests.referrals.house import Caller, House, a_referral
from tests.referrals.test_merging import person

STAGES = get_args(Stage)
ALIVE = ("received", "needs_information", "in_review", "accepted", "active", "completed")
UNREVIEWED = ("received", "needs_information", "in_review")
PRACTICE = ("desk", "therapist")

ACTS: dict[str, tuple[str, str, Any, tuple[str, ...], dict[str, str]]] = {
    "start": ("POST", "review/start", None, ("therapist",), dict.fromkeys(("received", "in_review"), "in_review")),
    "accept": ("POST", "accept", {}, ("therapist",), dict.fromkeys(("received", "in_review"), "accepted")),
    "decline": ("POST", "decline", {"reason": "No"}, ("therapist",), dict.fromkeys(UNREVIEWED, "declined")),
    "reopen": ("POST", "reopen", None, ("therapist",), {"declined": "received"}),
    "ask": ("POST", "ask", {"names": ["goals"]}, PRACTICE, dict.fromkeys(UNREVIEWED, "needs_information")),
    "fill in": ("PATCH", "", {"goals": ["Sleep"]}, (*PRACTICE, "physician"), {"needs_information": "received"}),
    "permit": (
        "PUT", "permission", {"decision": "cleared"}, (*PRACTICE, "physician"), {one: one for one in UNREVIEWED},
    ),
    "contacted": ("POST", "contacted", None, PRACTICE, {one: one for one in STAGES}),
    "amend": (
        "POST", "amend", {"visits": 9}, PRACTICE, {one: one for one in ("accepted", "active", "completed")},
    ),
    "withdraw": ("POST", "withdraw", None, PRACTICE, dict.fromkeys((*ALIVE, "withdrawn"), "withdrawn")),
    "close": ("POST", "close", {"reason": "finished"}, PRACTICE, dict.fromkeys((*ALIVE, "closed"), "closed")),
    "ask to cancel": ("POST", "cancellation", None, ("desk", "physician"), {one: one for one in ALIVE}),
    "keep on": ("DELETE", "cancellation", None, ("desk",), {one: one for one in ALIVE}),
}  # fmt: skip
"""Act → how it is asked for, which roles may, and from which stage it leads to which. An administrator may all."""


@pytest.fixture(scope="module")
def callers(house: House) -> dict[str, Caller]:
    roles = {role: house.caller(role) for role in ("desk", "therapist", "service", "admin")}
    offices = {"physician": house.caller("physician", "its office"), "other": house.caller("physician", "another")}
    return {**roles, **offices, "nobody": house.caller(None)}


@pytest.fixture(scope="module")
def put(house: House, callers: dict[str, Caller]) -> Callable[[str, str], dict[str, Any]]:
    made = callers["physician"].post("", a_referral(patient=person(), goals=[])).json
    stand = sqlalchemy.text(
        "UPDATE referrals SET status = :stage, missing = :missing, reviewed_at = fascia_now(), ended_because = NULL,"
        " visits = 8, contacted_at = NULL, cancel_asked_at = CASE WHEN :asked THEN fascia_now() END,"
        " review = NULL, clinical = :clinical WHERE id = :id"
    )
    clinical = house.rows("SELECT clinical FROM referrals WHERE id = :id", id=made["id"])[0][0]

    def put(stage: str, act: str) -> dict[str, Any]:
        """The referral as it stands in a stage, with what the act needs to have anything to do."""
        facts = {"missing": ["goals"] if stage == "needs_information" else [], "asked": act == "keep on"}
        with house.running.engine.begin() as connection:
            connection.execute(stand, {"stage": stage, "id": made["id"], "clinical": clinical, **facts})
        return dict(made)

    return put


def answered(callers: dict[str, Caller], referral: dict[str, Any], act: str, role: str) -> Any:
    method, path, document, _, _ = ACTS[act]
    return callers[role]._send(method, f"/{referral['id']}/{path}".rstrip("/"), json=document)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("stage", STAGES)
def test_a_role_does_an_act_in_a_stage_as_the_table_says_and_else_nothing(
    house: House, callers: dict[str, Caller], put: Callable[[str, str], dict[str, Any]], stage: str, act: str
) -> None:
    *_, roles, leads = ACTS[act]
    for role in callers:
        referral, before = put(stage, act), counted(house)
        answer = answered(callers, referral, act, role)
        if role == "nobody":
            expected = 401
        elif role != "admin" and {"other": "physician"}.get(role, role) not in roles:
            expected = 403
        elif role == "other" or (stage not in leads and act == "keep on"):
            expected = 404
        else:
            expected = 200 if stage in leads else 409
        assert answer.status_code == expected, (role, answer.text)
        if expected == 200:
            assert answer.json["status"] == leads[stage], role
        else:
            assert counted(house) == before, role
        if expected == 409:
            assert answer.json["errors"] == {"status": stage}, role


def test_the_acts_make_all_the_moves_that_people_may_make_and_no_others() -> None:
    """What is left is made by booking's news, and by time."""
    by_hand = {
        (start, end): set(roles) for *_, roles, leads in ACTS.values() for start, end in leads.items() if start != end
    }
    allowed = {move: set(roles) for move, roles in MOVES.items() if roles != ("service",)}
    again = {("declined", "needs_information"): {"therapist"}}
    assert by_hand | again == allowed


def test_a_decline_of_something_that_lacked_information_is_taken_back_to_where_it_was(
    house: House, callers: dict[str, Caller], put: Callable[[str, str], dict[str, Any]]
) -> None:
    referral = put("needs_information", "decline")
    assert callers["therapist"].post(f"/{referral['id']}/decline", {"reason": "No"}).status_code == 200
    assert callers["therapist"].post(f"/{referral['id']}/reopen").json["status"] == "needs_information"


def test_a_decline_settles_that_a_cancellation_was_asked_for_and_taking_it_back_asks_again(
    house: House, desk: Caller, therapist: Caller
) -> None:
    made = desk.post("", a_referral(patient=person())).json
    about = {"referral_id": made["id"], "about": "cancel_asked"}
    desk.post(f"/{made['id']}/cancellation")
    therapist.post(f"/{made['id']}/decline", {"reason": "No"})
    assert len(house.told("referral_resumed", **about)) == 1
    therapist.post(f"/{made['id']}/reopen")
    assert len(house.told("referral_stalled", **about)) == 2


def test_nothing_is_declined_yesterday_and_taken_back_today(
    house: House, callers: dict[str, Caller], put: Callable[[str, str], dict[str, Any]]
) -> None:
    referral = put("declined", "reopen")
    with house.running.engine.begin() as connection:
        connection.execute(sqlalchemy.text("UPDATE referrals SET reviewed_at = reviewed_at - interval '25 hours'"))
    assert callers["therapist"].post(f"/{referral['id']}/reopen").json["code"] == "cannot_be_reopened"
