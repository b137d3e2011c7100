"""A physician's permission, and copies to other physicians, have a form in FHIR that says the same."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.referrals.fhir_house import a_service_request, asked, parsed, sent
from tests.referrals.house import Caller, House, a_referral
from tests.referrals.test_fhir_round_trip import back, by_their_ids, known, there

ADVICE: list[dict[str, Any]] = [
    {"decision": "cleared", "decided_on": "2026-11-02"},
    {
        "decision": "cleared_with_modifications",
        "sites": ["Left calf", "Neck"],
        "pressure_ceiling": 2,
        "conditions": ["Not before the wound has closed"],
        "reason": "Recent surgery",
    },
    {"decision": "not_advised", "reason": "Acute thrombosis"},
]
COPY = {"physician": {"name": "Dr. Hears Too", "npi": "1932104098", "fax": "+12125550181"}, "updates": "end"}


@pytest.mark.parametrize("kind", ["referral", "permission"])
@pytest.mark.parametrize("permission", ADVICE, ids=lambda said: said["decision"])
def test_a_permission_goes_out_as_fhir_and_comes_back_the_same(
    desk: Caller, permission: dict[str, Any], kind: str
) -> None:
    made = desk.post("", a_referral(kind=kind, permission=permission, copy_to=[COPY])).json
    task = parsed(asked(desk, f"Task/{made['id']}"))
    shown = back(desk, task)
    assert shown["order"]["intent"] == ("plan" if kind == "permission" else "order")
    assert shown["order"].get("doNotPerform", False) == (permission["decision"] == "not_advised")
    shown["order"]["identifier"][0]["value"] = uuid4().hex
    again = there(desk, by_their_ids(shown))
    assert known(desk, again) == known(desk, task)
    assert known(desk, again)["permission"]["decision"] == permission["decision"]
    assert [copy["physician"]["npi"] for copy in known(desk, again)["copy_to"]] == ["1932104098"]


@pytest.mark.parametrize(
    ("changes", "element"), [({"intent": "plan"}, "intent"), ({"doNotPerform": True}, "doNotPerform")]
)
def test_without_a_permission_a_plan_and_a_prohibition_are_no_orders(
    desk: Caller, changes: dict[str, Any], element: str
) -> None:
    answer = sent(desk, a_service_request() | changes)
    assert [issue["expression"] for issue in parsed(answer)["issue"]] == [[f"ServiceRequest.{element}"]]


def test_who_gets_a_copy_may_be_known_by_npi_alone_and_must_be_known(desk: Caller) -> None:
    order = a_service_request()
    number = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1932104098"}
    system = "http://terminology.hl7.org.au/CodeSystem/communication-request-category"
    wish = {
        "resourceType": "CommunicationRequest",
        "id": "copy",
        "status": "active",
        "category": [{"coding": [{"system": system, "code": "copyto-reports"}]}],
        "about": [{"reference": "#"}],
        "recipient": [{"identifier": number, "display": "Dr. Hears Too"}],
    }
    order["contained"].append(wish)
    [copy] = desk.get(f"/{parsed(sent(desk, order))['id']}").json["copy_to"]
    assert (copy["physician"]["name"], copy["updates"]) == ("Dr. Hears Too", "end")
    wish["recipient"] = [{"reference": "Practitioner/elsewhere"}]
    [issue] = parsed(sent(desk, order))["issue"]
    assert (issue["code"], issue["expression"]) == ("not-found", ["ServiceRequest.contained[2].recipient[0]"])


def test_an_office_reads_who_gets_a_copy_of_what_it_sent(house: House) -> None:
    office, stranger = (house.caller("physician", f"token:{uuid4()}") for _ in range(2))
    made = office.post("", a_referral(copy_to=[COPY])).json
    shown = parsed(asked(office, f"ServiceRequest/{made['id']}"))
    [copy] = [one for one in shown["contained"] if one["resourceType"] == "CommunicationRequest"]
    path = copy["recipient"][0]["reference"]
    assert parsed(asked(office, path))["name"] == [{"use": "official", "text": "Dr. Hears Too"}]
    assert asked(stranger, path).status_code == 404
