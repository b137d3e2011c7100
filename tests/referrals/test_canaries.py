"""What a referral says of a person is repeated by no refusal and no line of the log, whatever is wrong with it."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.referrals.fhir_house import a_bundle, resource, sent
from tests.referrals.house import Caller, a_referral

CANARY = "Quetzal Xylander"
INJECTED = (
    "'; DROP TABLE patients; --",
    '=HYPERLINK("http://evil.example")',
    "{{7*7}}${7*7}%s%n",
    "</script><script>alert(1)</script>",
    '","status":"accepted","x":"',
)


def silent(answer: Any, capsys: pytest.CaptureFixture[str], *secrets: str) -> None:
    logged = "".join(capsys.readouterr())
    for secret in secrets:
        assert secret not in answer.get_data(as_text=True)
        assert secret not in logged
        assert secret not in str(answer.headers)


WRONG = (
    ("patient__born_on", CANARY), ("patient__email", CANARY), ("patient__phone", CANARY), ("patient__language", CANARY),
    ("patient__timezone", CANARY), ("patient__text_consent", CANARY), ("physician__npi", CANARY),
    ("diagnoses", [CANARY]), ("contraindications", [CANARY]), ("techniques", [CANARY]), ("visits", CANARY),
    ("frequency", CANARY), ("payer", {"claim_type": CANARY}), ("renews", CANARY), ("issued_on", CANARY),
    ("updates", CANARY), ("kind", CANARY), ("placer", CANARY), ("permission", {"decision": CANARY}),
    ("visits", 10**30), ("session_minutes", -(10**30)), ("home_position", [CANARY, 10**400]),
)  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_refusal_of_json_does_not_say_what_was_sent(
    desk: Caller, capsys: pytest.CaptureFixture[str], field: str, value: Any
) -> None:
    answer = desk.post("", a_referral(patient__name=CANARY, **{field: value}))
    assert answer.status_code == 422
    silent(answer, capsys, CANARY, "castellano@clinic.example", str(10**30))


@pytest.mark.parametrize("place", ["id", "status", "authoredOn", "code", "quantityQuantity", "reasonCode", "note"])
def test_a_refusal_of_fhir_does_not_say_what_was_sent(
    desk: Caller, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    bundle = a_bundle()
    resource(bundle, "ServiceRequest")[place] = {"value": [CANARY]}
    answer = sent(desk, bundle)
    assert answer.status_code in (400, 422)
    silent(answer, capsys, CANARY)


def test_a_refused_row_of_a_file_does_not_say_what_was_sent(desk: Caller, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [a_referral(patient__name=CANARY, **{field: value}) for field, value in WRONG]
    body = "\n".join(json.dumps(row) for row in rows).encode()
    data = {"file": (io.BytesIO(body), f"{CANARY}.jsonl")}
    answer = desk._send("POST", "/imports", data=data, content_type="multipart/form-data")
    assert (answer.status_code, answer.json["new"]) == (200, 0)
    silent(answer, capsys, CANARY)


@pytest.mark.parametrize("text", INJECTED)
def test_what_looks_like_a_command_is_a_name_like_any_other(desk: Caller, text: str) -> None:
    made = desk.post("", a_referral(patient__name=text, goals=[text], placer={"number": text}))
    assert made.status_code == 201
    assert (made.json["patient"]["name"], made.json["goals"], made.json["status"]) == (text, [text], "received")
    asked = quote(text.replace(",", "\\,"))
    again = desk.get(f"/fhir/ServiceRequest?identifier=urn:a|{asked}")
    assert again.status_code == 200


@pytest.mark.parametrize("text", ["%00", "' OR 1=1 --", "|", "a|b|c", "%F0%9F%92%A9", "9" * 3000])
def test_a_search_for_anything_finds_nothing(desk: Caller, text: str) -> None:
    for asked in (f"_id={text}", f"identifier=urn:a|{text}"):
        found = desk.get(f"/fhir/ServiceRequest?{asked}")
        assert (found.status_code, found.json.get("total")) == (200, 0)
