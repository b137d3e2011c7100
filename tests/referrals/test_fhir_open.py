"""What a FHIR order leaves open is asked for, and nothing is guessed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.referrals.fhir_house import a_bundle, a_service_request, asked, counted, parsed, resource, sent
from tests.referrals.house import Caller, House

REPEAT = "Bundle.entry[9].resource.occurrence.repeat"


def a_bundle_without(*names: str) -> dict[str, Any]:
    """Of the ServiceRequest's Timing; a name with a dot is one of another resource."""
    bundle = a_bundle()
    for name in names:
        kind, _, element = name.rpartition(".")
        found = resource(bundle, kind or "ServiceRequest")
        (found if kind else found["occurrenceTiming"]["repeat"]).pop(element)
    return bundle


def missing(task: dict[str, Any]) -> list[str]:
    return [code["code"] for code in task["statusReason"]["coding"]]


OPEN = [
    (("duration",), "session_minutes", f"{REPEAT}.duration"),
    (("frequency",), "frequency.visits", f"{REPEAT}.frequency"),
    (("period", "periodUnit"), "frequency.per_days", f"{REPEAT}.period"),
    (("count", "ServiceRequest.quantityQuantity"), "visits", f"{REPEAT}.count"),
    (("ServiceRequest.authoredOn",), "issued_on", "Bundle.entry[9].resource.authoredOn"),
    (("Patient.telecom",), "patient.phone", "Bundle.entry[0].resource.telecom"),
    (
        ("ServiceRequest.reasonCode", "ServiceRequest.reasonReference"),
        "diagnoses",
        "Bundle.entry[9].resource.reasonCode",
    ),
]


@pytest.mark.parametrize(("left_out", "name", "expression"), OPEN)
def test_what_is_left_out_is_asked_for(desk: Caller, left_out: tuple[str, ...], name: str, expression: str) -> None:
    bundle = a_bundle_without(*left_out)
    said = parsed(sent(desk, bundle, "$validate"))
    assert [(each["severity"], each["expression"]) for each in said["issue"]] == [("warning", [expression])]
    answer = sent(desk, bundle)
    task = parsed(answer)
    assert answer.status_code == 201
    assert (task["status"], missing(task)) == ("on-hold", [name])
    assert desk.get(f"/{task['id']}").json["status"] == "needs_information"


def test_an_order_that_says_almost_nothing_is_kept_and_everything_is_asked_for(desk: Caller) -> None:
    request = a_service_request()
    for name in ("occurrenceTiming", "authoredOn", "reasonCode", "bodySite", "code"):
        del request[name]
    del request["contained"][0]["telecom"]
    task = parsed(sent(desk, request))
    assert missing(task) == [
        "patient.phone",
        "diagnoses",
        "visits",
        "frequency.visits",
        "frequency.per_days",
        "session_minutes",
        "issued_on",
    ]
    assert len(task["note"]) == 7


def test_the_same_number_sent_again_with_what_was_missing_completes_the_referral(desk: Caller) -> None:
    bundle = a_bundle()
    incomplete = a_bundle_without("duration")
    resource(incomplete, "ServiceRequest")["identifier"] = resource(bundle, "ServiceRequest")["identifier"]
    first, again = sent(desk, incomplete), sent(desk, bundle)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["id"] == again.json["id"]
    assert (again.json["status"], "statusReason" in again.json) == ("received", False)


@pytest.mark.parametrize(
    ("kind", "name"), [("Patient", "birthDate"), ("Patient", "name"), ("Practitioner", "identifier")]
)
def test_without_knowing_who_nothing_is_kept(house: House, desk: Caller, kind: str, name: str) -> None:
    bundle = a_bundle_without(f"{kind}.{name}")
    before = counted(house)
    answer = sent(desk, bundle)
    assert (answer.status_code, answer.json["issue"][0]["code"]) == (422, "required")
    assert answer.json["issue"][0]["expression"][0].endswith(f"resource.{name}")
    assert counted(house) == before


def with_timing(quantity: dict[str, Any] | None = None, **repeat: Any) -> dict[str, Any]:
    request = a_service_request()
    request["occurrenceTiming"]["repeat"] |= repeat
    request["occurrenceTiming"]["repeat"] = {k: v for k, v in request["occurrenceTiming"]["repeat"].items() if v}
    return {**request, **(quantity or {})}


READ = [
    (with_timing(countMax=10), {"visits": 10, "spans": {"visits_from": 6}}),
    (with_timing(frequencyMax=3), {"frequency": {"visits": 3, "per_days": 7}, "spans": {"frequency_from": 1}}),
    (with_timing(periodMax=2), {"frequency": {"visits": 1, "per_days": 7}, "spans": {"per_days_to": 14}}),
    (
        with_timing(duration=30, durationMax=45, durationUnit="min"),
        {"session_minutes": 45, "spans": {"session_minutes_from": 30}},
    ),
    (with_timing(duration=2700, durationUnit="s"), {"session_minutes": 45}),
    (with_timing(period=48, periodUnit="h"), {"frequency": {"visits": 1, "per_days": 2}}),
    (with_timing(boundsDuration={"value": 6, "code": "wk"}), {"duration_weeks": 6}),
    (with_timing(boundsDuration={"value": 42, "code": "d"}), {"duration_weeks": 6}),
    (
        with_timing(boundsRange={"low": {"value": 4, "code": "wk"}, "high": {"value": 6, "code": "wk"}}),
        {"duration_weeks": 6, "spans": {"duration_weeks_from": 4}},
    ),
    (with_timing({"quantityQuantity": {"value": 9, "comparator": "<="}}, count=None), {"visits": 9}),
    (
        with_timing({"quantityRange": {"low": {"value": 4}, "high": {"value": 9}}}, count=None),
        {"visits": 9, "spans": {"visits_from": 4}},
    ),
    (
        with_timing(
            {"quantityRatio": {"numerator": {"value": 2}, "denominator": {"value": 1, "code": "wk"}}},
            frequency=None,
            period=None,
            periodUnit=None,
        ),
        {"visits": 6, "frequency": {"visits": 2, "per_days": 7}},
    ),
    (
        with_timing({"quantityRatio": {"numerator": {"value": 9}, "denominator": {"value": 1}}}, count=None),
        {"visits": 9},
    ),
]


@pytest.mark.parametrize(("request_", "known"), READ)
def test_ranges_ratios_and_other_units_are_read(desk: Caller, request_: dict[str, Any], known: dict[str, Any]) -> None:
    shown = desk.get(f"/{parsed(sent(desk, request_))['id']}").json
    spans = {name: value for name, value in (shown["spans"] or {}).items() if value is not None}
    assert {**{name: shown[name] for name in known}, **({"spans": spans} if "spans" in known else {})} == known
    assert shown["status"] == "received"


def test_a_length_between_two_of_ours_is_asked_for_and_not_rounded(desk: Caller) -> None:
    task = parsed(sent(desk, with_timing(duration=15, durationMax=25, durationUnit="min")))
    assert missing(task) == ["session_minutes"]


UNREADABLE = [
    (with_timing(count=12, countMax=10), "countMax"),
    (with_timing({"quantityRange": {"low": {"value": 9}, "high": {"value": 4}}}, count=None), "value"),
    (with_timing({"quantityQuantity": {"value": 9, "comparator": ">"}}, count=None), "comparator"),
    (with_timing({"quantityRange": {"low": {"value": 4}, "high": {"value": 9}}}), "count"),
    (
        with_timing({"quantityRatio": {"numerator": {"value": 2}, "denominator": {"value": 1, "code": "wk"}}}),
        "quantity",
    ),
]


@pytest.mark.parametrize(("request_", "element"), UNREADABLE)
def test_what_contradicts_itself_is_refused_at_its_place(
    house: House, desk: Caller, request_: dict[str, Any], element: str
) -> None:
    before = counted(house)
    answer = sent(desk, request_)
    assert answer.status_code == 422
    assert [each["expression"][0].rpartition(".")[2] for each in parsed(answer)["issue"]] == [element]
    assert counted(house) == before


def test_a_physician_of_whom_only_the_reference_tells_is_enough(desk: Caller) -> None:
    request = a_service_request()
    request["contained"] = request["contained"][:1]
    npi = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1245319599"}
    request["requester"] = {"display": "Ollie Ortho, MD", "identifier": npi}
    shown = desk.get(f"/{parsed(sent(desk, request))['id']}").json
    assert (shown["physician"]["name"], shown["physician"]["npi"]) == ("Ollie Ortho, MD", "1245319599")


def test_a_reason_in_words_is_kept_beside_the_codes(desk: Caller) -> None:
    request = a_service_request()
    request["reasonCode"].append({"text": "Stiff after long drives"})
    shown = desk.get(f"/{parsed(sent(desk, request))['id']}").json
    assert (shown["diagnoses"], shown["reasons"]) == (["M54.2"], ["Stiff after long drives"])


def test_validate_tells_what_is_not_read(house: House, desk: Caller) -> None:
    request = {**a_service_request(), "asNeededBoolean": True}
    request["occurrenceTiming"]["repeat"]["dayOfWeek"] = ["mon"]
    before = counted(house)
    said = parsed(sent(desk, request, "ServiceRequest/$validate"))
    assert [(each["severity"], each["expression"][0]) for each in said["issue"]] == [
        ("information", "ServiceRequest.asNeeded"),
        ("information", "ServiceRequest.occurrence.repeat.dayOfWeek"),
    ]
    assert counted(house) == before


def test_validate_finds_nothing_in_a_sound_order_and_writes_nothing(house: House, desk: Caller) -> None:
    before = counted(house)
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": a_bundle()}]}
    for document in (a_bundle(), parameters):
        answer = sent(desk, document, "$validate")
        assert [each["severity"] for each in parsed(answer)["issue"]] == ["information"]
    assert counted(house) == before


def test_validate_points_at_what_intake_would_refuse(house: House, desk: Caller) -> None:
    bundle = a_bundle()
    resource(bundle, "ServiceRequest")["status"] = "draft"
    before = counted(house)
    validated, refused = sent(desk, bundle, "$validate"), sent(desk, bundle)
    assert (validated.status_code, refused.status_code) == (200, 422)
    assert parsed(validated) == parsed(refused)
    assert counted(house) == before


def test_what_is_asked_for_can_be_had_as_the_answer_to_the_order(desk: Caller) -> None:
    answer = sent(desk, a_bundle_without("duration"), Prefer="return=OperationOutcome")
    assert answer.status_code == 201
    assert parsed(answer)["issue"][0]["expression"] == [f"{REPEAT}.duration"]
    assert asked(desk, answer.headers["Location"].removeprefix("/api/referrals/fhir/")).json["status"] == "on-hold"


def in_parameters(resource_: dict[str, Any], **options: str) -> dict[str, Any]:
    kinds = {"mode": "valueCode", "profile": "valueUri"}
    parts: list[dict[str, Any]] = [{"name": name, kinds[name]: value} for name, value in options.items()]
    return {"resourceType": "Parameters", "parameter": [*parts, {"name": "resource", "resource": resource_}]}


R4 = "http://hl7.org/fhir/StructureDefinition"
MODES: list[tuple[dict[str, str], list[tuple[str, str]]]] = [
    ({"mode": "create"}, [("information", "informational")]),
    ({"mode": "profile", "profile": f"{R4}/ServiceRequest"}, [("information", "informational")]),
    ({"mode": "delete"}, [("error", "not-supported")]),
    ({"mode": "update"}, [("error", "not-supported")]),
    ({"mode": "profile"}, [("error", "required")]),
    ({"profile": "https://other.example/StructureDefinition/theirs"}, [("error", "not-supported")]),
]


@pytest.mark.parametrize(("options", "issues"), MODES, ids=str)
def test_validate_says_what_it_cannot_judge(
    house: House, desk: Caller, options: dict[str, str], issues: list[tuple[str, str]]
) -> None:
    before = counted(house)
    query = "&".join(f"{name}={value}" for name, value in options.items())
    ways = [(in_parameters(a_service_request(), **options), ""), (a_service_request(), f"?{query}")]
    for document, asked_by in ways:
        answer = sent(desk, document, f"ServiceRequest/$validate{asked_by}")
        assert answer.status_code == 200
        assert [(each["severity"], each["code"]) for each in parsed(answer)["issue"]] == issues
    assert counted(house) == before


def test_techniques_without_words_for_what_is_ordered_are_sound_fhir(desk: Caller) -> None:
    order = a_service_request()
    technique = {"system": "https://fascia.example/fhir/CodeSystem/technique", "code": "swedish"}
    order["orderDetail"] = [{"coding": [technique]}]
    del order["code"]
    task = parsed(sent(desk, order))
    shown = parsed(asked(desk, task["focus"]["reference"]))
    assert [one["coding"][0]["code"] for one in shown["orderDetail"]] == ["swedish"]
    assert shown["code"]["extension"][0]["valueCode"] == "unknown"
    assert desk.get(f"/{task['id']}").json["service"] is None
