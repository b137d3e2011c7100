"""An EHR follows its order through the door with one API token, to the visits, the report and the messages."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import requests
from fhir.resources.R4B import get_fhir_model_class

from services.local.commands import make_token
from services.local.stack import Stack
from services.local.story.client import wait_for
from tests.flows.clinic_life import ClinicLife
from tests.referrals.house import a_bundle


class Ehr:
    """One office's system, which knows the address of the interface and nothing else."""

    def __init__(self, stack: Stack) -> None:
        self._base = f"{stack.url}/api/referrals/fhir"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {make_token(stack, 'physician')}"

    def send(self, bundle: dict[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/fhir+json"}
        return self._read(self._session.post(self._base, json=bundle, headers=headers, timeout=30))

    def read(self, path: str) -> dict[str, Any]:
        return self._read(self._session.get(f"{self._base}/{path}", timeout=30))

    def search(self, kind: str, order: str) -> list[dict[str, Any]]:
        found = self.read(f"{kind}?based-on=ServiceRequest/{order}")
        return [entry["resource"] for entry in found.get("entry", [])]

    def _read(self, answer: requests.Response) -> dict[str, Any]:
        assert answer.status_code in (200, 201, 404), answer.text
        shown: dict[str, Any] = answer.json()
        get_fhir_model_class(shown["resourceType"]).model_validate(shown)
        return shown


@pytest.fixture
def life(stack: Stack) -> ClinicLife:
    return ClinicLife(stack)


def booked(life: ClinicLife, referral_id: str) -> None:
    life.door.post(f"/api/referrals/{referral_id}/accept")
    orders = wait_for("the order", lambda: life.door.get("/api/booking/orders", referral_id=referral_id))
    order_id = str(orders[0]["id"])
    assert life.book(order_id, life.plan(order_id)).status_code == 201


def test_the_office_that_sent_an_order_sees_everything_that_becomes_of_it_and_another_nothing(
    stack: Stack, life: ClinicLife
) -> None:
    ehr, another = Ehr(stack), Ehr(stack)
    task = ehr.send(a_bundle(uuid4().hex))
    booked(life, task["id"])

    wait_for("the business status", lambda: _business(ehr.read(f"Task/{task['id']}")) == "5.1.1")
    visits = wait_for("every appointment", lambda: _all(ehr.search("Appointment", task["id"]), 8))
    assert {visit["status"] for visit in visits} == {"booked"}

    [report] = wait_for("the report", lambda: ehr.search("DiagnosticReport", task["id"]))
    assert report["presentedForm"][0]["contentType"] == "application/pdf"
    [output] = ehr.read(f"Task/{task['id']}")["output"]
    assert ehr.read(output["valueReference"]["reference"])["id"] == report["id"]

    messages = wait_for("the messages", lambda: ehr.search("Communication", task["id"]))
    assert ehr.read(f"Communication/{messages[0]['id']}")["basedOn"] == messages[0]["basedOn"]

    for kind in ("Appointment", "DiagnosticReport", "Communication"):
        assert another.search(kind, task["id"]) == []
    for path in (
        f"Task/{task['id']}",
        f"Appointment/{visits[0]['id']}",
        f"DiagnosticReport/{report['id']}",
        f"Communication/{messages[0]['id']}",
    ):
        assert another.read(path)["resourceType"] == "OperationOutcome"


def _business(task: dict[str, Any]) -> str:
    return str(task["businessStatus"]["coding"][0]["code"])


def _all(found: list[dict[str, Any]], number: int) -> list[dict[str, Any]] | None:
    return found if len(found) == number else None
