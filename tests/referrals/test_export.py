"""Everything, written out: as JSON Lines, and as FHIR resources that others can read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from tests.referrals.batches import fascia, numbered
from tests.referrals.house import Caller, House, without


@pytest.fixture
def made(desk: Caller) -> list[dict[str, Any]]:
    documents = [numbered(), numbered(goals=["Sleep"]), without(numbered(), "visits")]
    return [desk._send("POST", "?incomplete=true", json=one).json for one in documents]


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_every_referral_is_a_line_as_the_interface_shows_it(house: House, desk: Caller, made: list[Any]) -> None:
    done = fascia(house, "export")
    assert done.exit_code == 0, done.output
    exported = {one["id"]: one for one in lines(done.stdout)}
    assert len(exported) == house.rows("SELECT count(*) FROM referrals")[0][0]
    for one in made:
        assert exported[one["id"]] == desk.get(f"/{one['id']}").json


def test_every_resource_parses_and_refers_to_one_that_is_there(house: House, made: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "all.ndjson"
    assert fascia(house, "export", "--format", "ndjson", "--out", str(path)).exit_code == 0
    resources = lines(path.read_text())
    for resource in resources:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    there = {f"{one['resourceType']}/{one['id']}" for one in resources}
    orders = [one for one in resources if one["resourceType"] == "ServiceRequest"]
    assert {one["id"] for one in made} <= {one["id"] for one in orders}
    assert len(orders) == sum(one["resourceType"] == "Task" for one in resources)
    for order in orders:
        assert order["subject"]["reference"] in there


def test_that_everything_was_taken_is_noted(house: House, made: list[Any]) -> None:
    before = house.rows("SELECT count(*) FROM audit WHERE act = 'everything_exported'")[0][0]
    fascia(house, "export")
    assert house.rows("SELECT count(*) FROM audit WHERE act = 'everything_exported'")[0][0] == before + 1


def test_more_than_one_page_of_rows_is_given_whole(
    house: House, made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.referrals.batch.give.AT_ONCE", 1)
    assert len(lines(fascia(house, "export").stdout)) == house.rows("SELECT count(*) FROM referrals")[0][0]
