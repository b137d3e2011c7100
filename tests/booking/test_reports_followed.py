"""The account that sent an order reads its reports as FHIR; another finds nothing."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.diagnosticreport import DiagnosticReport

from tests.booking.conftest import House
from tests.booking.test_series import visit as wanted


@pytest.fixture
def series(house: House) -> dict[str, Any]:
    house.load()
    body = house.book(house.order(), wanted(house, "03-02 09:00")).json
    assert body is not None
    return dict(body)


def search(house: House, role: str, referral_id: Any) -> list[Any]:
    answer = house.ask("GET", f"/fhir/DiagnosticReport?based-on=ServiceRequest/{referral_id}", role=role)
    assert (answer.status_code, answer.content_type) == (200, "application/fhir+json")
    assert answer.json is not None
    Bundle.model_validate(answer.json)
    return [entry["resource"] for entry in answer.json.get("entry", [])]


@pytest.mark.parametrize(("sent_by", "status"), [("a-physician", 200), ("another-physician", 404), (None, 404)])
def test_a_physician_reads_the_reports_of_the_orders_it_sent(
    house: House, series: dict[str, Any], sent_by: str | None, status: int
) -> None:
    house.rows("UPDATE orders SET sent_by = :who RETURNING id", who=sent_by)
    referral_id = house.rows("SELECT referral_id FROM orders")[0][0]
    answer = house.ask("GET", f"/fhir/DiagnosticReport/{series['series_id']}", role="physician")
    assert answer.status_code == status
    assert answer.json is not None
    found = search(house, "physician", referral_id)
    if status == 200:
        assert DiagnosticReport.model_validate(answer.json).presentedForm
        assert [one["id"] for one in found] == [series["series_id"]]
    else:
        assert (answer.json["resourceType"], found) == ("OperationOutcome", [])


def test_each_reading_of_a_report_is_noted(house: House, series: dict[str, Any]) -> None:
    house.ask("GET", f"/fhir/DiagnosticReport/{series['series_id']}")
    assert house.rows("SELECT actor, object_id FROM audit WHERE act = 'report_read'") == [
        ("a-desk", series["series_id"])
    ]


def test_nothing_is_found_of_what_nobody_knows(house: House) -> None:
    house.load()
    assert search(house, "desk", uuid4()) == []
    answer = house.ask("GET", f"/fhir/DiagnosticReport/{uuid4()}")
    assert answer.status_code == 404
    assert house.ask("GET", "/fhir/DiagnosticReport").status_code == 400
