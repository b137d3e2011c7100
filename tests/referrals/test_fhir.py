"""The door for health records: a FHIR message becomes the same referral as the JSON document."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.task import Task

from tests.referrals.house import FHIR, Caller, House, a_bundle, a_service_request, resource, today

Change = Callable[[dict[str, Any]], Any]
OURS = ("id", "reference", "received_at", "patient_id", "physician_id", "placer")


def outcome(answer: Any) -> dict[str, str]:
    """Expression → text of an OperationOutcome, after FHIR's own check of it."""
    assert answer.content_type == FHIR
    OperationOutcome.model_validate(answer.json)
    return {each.get("expression", [""])[0]: each["details"]["text"] for each in answer.json["issue"]}


def the_same_in_json() -> dict[str, Any]:
    """What the demo's Bundle says, written for the JSON door."""
    return {
        "patient": {
            "name": "Marisol Anne Lindqvist",
            "born_on": "1984-03-17",
            "phone": "+12125550147",
            "email": "marisol@mail.example",
            "language": "en",
            "text_consent": True,
            "email_consent": True,
        },
        "physician": {
            "name": "Dr. Tobias Okafor",
            "npi": "1932104098",
            "practice": "Riverside Spine and Sports Medicine",
            "licence": "NY-204417",
            "phone": "+12125550180",
            "fax": "+12125550181",
            "email": "okafor@riverside-spine.example",
        },
        "diagnoses": ["M54.50"],
        "goals": ["Sit through a working day with pain of 3 or less"],
        "areas": ["Lower back", "Gluteal region"],
        "precautions": ["Controlled hypertension: avoid long prone positioning"],
        "instructions": ["Desk work; worse after long sitting. Please begin gently."],
        "techniques": ["myofascial_release"],
        "service": "Therapeutic massage, lower back",
        "visits": 8,
        "frequency": {"visits": 2, "per_days": 7},
        "session_minutes": 45,
        "pressure_ceiling": 3,
        "medically_necessary": True,
        "payer": {
            "name": "Harbor Mutual Health",
            "member_number": "HX-55120",
            "claim_type": "major_medical",
        },
        "updates": "every_visit",
        "issued_on": today().isoformat(),
        "valid_until": (today() + timedelta(days=80)).isoformat(),
    }


def test_the_two_doors_make_equal_referrals(desk: Caller) -> None:
    task = desk.post_fhir(a_bundle())
    sent = desk.post("", the_same_in_json()).json
    read = desk.get(f"/{task.json['id']}").json
    assert task.status_code == 201
    assert {k: v for k, v in read.items() if k not in OURS} == {k: v for k, v in sent.items() if k not in OURS}
    assert (read["patient_id"], read["physician_id"]) == (sent["patient_id"], sent["physician_id"])


def test_the_answer_is_a_task_that_an_ehr_can_follow(desk: Caller) -> None:
    answer = desk.post_fhir(a_bundle("EHR-1"))
    Task.model_validate(answer.json)
    shown = desk.get(f"/{answer.json['id']}").json
    assert answer.headers["Location"] == f"/api/referrals/fhir/Task/{shown['id']}"
    assert answer.json["status"] == "received"
    assert answer.json["businessStatus"]["coding"][0]["code"] == "2.0"
    assert answer.json["identifier"][0]["value"] == shown["reference"]
    assert answer.json["focus"]["reference"] == f"ServiceRequest/{shown['id']}"
    assert answer.json["focus"]["identifier"]["value"] == "EHR-1"


def test_a_message_sent_again_gives_the_same_task(house: House, desk: Caller) -> None:
    bundle = a_bundle()
    first = desk.post_fhir(bundle)
    before = house.counts()
    again = desk.post_fhir(bundle)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json == first.json
    assert house.counts() == before


def test_a_number_taken_through_one_door_is_known_at_the_other(desk: Caller) -> None:
    bundle = a_bundle("EHR-both")
    system = resource(bundle, "ServiceRequest")["identifier"][0]["system"]
    document = {**the_same_in_json(), "placer": {"number": "EHR-both", "system": system}}
    task, answer = desk.post_fhir(bundle), desk.post("", document)
    assert (answer.status_code, answer.json["id"]) == (200, task.json["id"])


def test_a_number_used_for_another_order_is_a_conflict(desk: Caller) -> None:
    bundle = a_bundle()
    desk.post_fhir(bundle)
    resource(bundle, "ServiceRequest")["quantityQuantity"]["value"] = 6
    resource(bundle, "ServiceRequest")["occurrenceTiming"]["repeat"]["count"] = 6
    answer = desk.post_fhir(bundle)
    assert (answer.status_code, answer.json["issue"][0]["code"]) == (409, "conflict")
    assert outcome(answer)


def test_a_single_request_with_contained_people_is_enough(desk: Caller) -> None:
    answer = desk.post_fhir(a_service_request())
    assert answer.status_code == 201
    shown = desk.get(f"/{answer.json['id']}").json
    assert (shown["patient"]["name"], shown["patient"]["phone"]) == ("Devraj Whitcombe", "+16175550133")
    assert (shown["physician"]["name"], shown["session_minutes"]) == ("Sinead Halloran", 30)
    assert (shown["visits"], shown["frequency"]) == (6, {"visits": 1, "per_days": 7})
    assert shown["issued_on"] == today().isoformat()


def test_resources_may_be_referred_to_by_type_and_id(desk: Caller) -> None:
    request = a_service_request()
    patient, practitioner = request.pop("contained")
    request["subject"], request["requester"] = {"reference": "Patient/pat"}, {"reference": "Practitioner/doc"}
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": each} for each in (request, patient, practitioner)],
    }
    assert desk.post_fhir(bundle).status_code == 201


def test_the_plain_json_content_type_is_taken_too(house: House, desk: Caller) -> None:
    assert desk.post("/fhir", a_bundle()).status_code == 201
    assert desk.post_bytes("/fhir", b"<Bundle/>", "application/fhir+xml").status_code == 415


def test_without_a_consent_nobody_is_texted(desk: Caller) -> None:
    bundle = a_bundle()
    bundle["entry"] = [each for each in bundle["entry"] if each["resource"]["resourceType"] != "Consent"]
    resource(bundle, "Patient")["birthDate"] = "1984-03-18"
    shown = desk.get(f"/{desk.post_fhir(bundle).json['id']}").json
    assert not shown["patient"]["text_consent"]


@pytest.mark.parametrize(("field", "value"), [("status", "inactive"), ("type", "deny")])
def test_a_consent_that_is_withdrawn_or_denies_is_a_no(desk: Caller, field: str, value: str) -> None:
    bundle = a_bundle()
    consent = resource(bundle, "Consent")
    (consent if field == "status" else consent["provision"])[field] = value
    shown = desk.get(f"/{desk.post_fhir(bundle).json['id']}").json
    assert shown["patient"]["text_consent"] is False


def test_a_home_visit_is_a_request_for_the_patients_home(desk: Caller) -> None:
    bundle = a_bundle()
    resource(bundle, "ServiceRequest")["locationCode"] = [{"coding": [{"code": "PTRES"}]}]
    assert desk.get(f"/{desk.post_fhir(bundle).json['id']}").json["home_visit"] is True


def request_with(**changes: Any) -> Change:
    return lambda bundle: resource(bundle, "ServiceRequest").update(changes)


def repeat_with(**changes: Any) -> Change:
    return lambda bundle: resource(bundle, "ServiceRequest")["occurrenceTiming"]["repeat"].update(changes)


def request_without(name: str) -> Change:
    return lambda bundle: resource(bundle, "ServiceRequest").pop(name)


def resource_with(kind: str, **changes: Any) -> Change:
    return lambda bundle: resource(bundle, kind).update(changes)


REQUEST = "Bundle.entry[9].resource"
PRACTITIONER = "Bundle.entry[1].resource"
PATIENT = "Bundle.entry[0].resource"
REPEAT = f"{REQUEST}.occurrence.repeat"
UNKNOWN_CODE = [{"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M54.99"}]}]
NPI = [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567898"}]

WRONG: list[tuple[Change, str]] = [
    (request_without("subject"), f"{REQUEST}.subject"),
    (request_with(subject={"reference": "Patient/elsewhere"}), f"{REQUEST}.subject"),
    (request_with(subject={"reference": "urn:uuid:x"}), f"{REQUEST}.subject"),
    (request_without("requester"), f"{REQUEST}.requester"),
    (request_without("status"), f"{REQUEST}.status"),
    (request_without("intent"), f"{REQUEST}.intent"),
    (request_with(status="draft"), f"{REQUEST}.status"),
    (request_with(intent="proposal"), f"{REQUEST}.intent"),
    (request_with(doNotPerform=True), f"{REQUEST}.doNotPerform"),
    (request_with(modifierExtension=[{"url": "https://x.example"}]), f"{REQUEST}.modifierExtension"),
    (repeat_with(modifierExtension=[{"url": "https://x.example"}]), f"{REPEAT}.modifierExtension"),
    (request_with(implicitRules="https://x.example"), f"{REQUEST}.implicitRules"),
    (resource_with("Patient", modifierExtension=[{"url": "https://x.example"}]), f"{PATIENT}.modifierExtension"),
    (resource_with("Patient", deceasedBoolean=True), f"{PATIENT}.deceased"),
    (resource_with("Patient", deceasedDateTime="2026-01-01"), f"{PATIENT}.deceased"),
    (request_with(colour="blue"), REQUEST),
    (request_with(reasonCode=UNKNOWN_CODE), f"{REQUEST}.reasonCode[0].coding[0].code"),
    (request_with(authoredOn="2999-01-01"), f"{REQUEST}.authoredOn"),
    (request_with(authoredOn="2026"), f"{REQUEST}.authoredOn"),
    (request_with(authoredOn="soon"), f"{REQUEST}.authoredOn"),
    (request_with(quantityQuantity={"value": 7.5}), f"{REQUEST}.quantity.value"),
    (repeat_with(duration=20), f"{REPEAT}.duration"),
    (repeat_with(durationUnit="d"), f"{REPEAT}.durationUnit"),
    (repeat_with(period=1, periodUnit="mo"), f"{REPEAT}.periodUnit"),
    (repeat_with(frequency=9), f"{REPEAT}.frequency"),
    (repeat_with(count=9), f"{REPEAT}.count"),
    (repeat_with(boundsPeriod={"end": "2001-01-01"}), f"{REPEAT}.bounds.end"),
    (resource_with("Practitioner", identifier=NPI), f"{PRACTITIONER}.identifier[0].value"),
    (resource_with("Practitioner", identifier=[]), f"{PRACTITIONER}.identifier"),
    (resource_with("Practitioner", name=[]), f"{PRACTITIONER}.name"),
    (resource_with("Patient", birthDate="1984-13-01"), f"{PATIENT}.birthDate"),
    (resource_with("Patient", telecom=[{"system": "phone", "value": "1"}]), f"{PATIENT}.telecom[0].value"),
    (resource_with("Goal", resourceType="Hope"), "Bundle.entry[6].resource"),
    (resource_with("Goal", resourceType="HumanName"), "Bundle.entry[6].resource"),
    (resource_with("Goal", contained=[{"resourceType": "Hope"}]), "Bundle.entry[6].resource.contained[0]"),
    (lambda bundle: bundle["entry"].append(5), "Bundle.entry[10]"),
    (lambda bundle: bundle["entry"].append({"resource": "x"}), "Bundle.entry[10].resource"),
    (lambda bundle: bundle["entry"].append({"resource": {}}), "Bundle.entry[10].resource"),
    (lambda bundle: bundle["entry"].pop(9), "Bundle.entry"),
    (lambda bundle: bundle["entry"].append(bundle["entry"][9]), "Bundle.entry"),
    (lambda bundle: bundle.update(entry={}), "Bundle.entry"),
    (lambda bundle: bundle.update(type="history"), "Bundle.type"),
    (lambda bundle: bundle.update(resourceType="Patient"), "resourceType"),
]


@pytest.mark.parametrize(("change", "expression"), WRONG)
def test_a_mistake_is_pointed_at_and_changes_nothing(
    house: House, desk: Caller, change: Change, expression: str
) -> None:
    bundle = a_bundle()
    change(bundle)
    before = house.counts()
    answer = desk.post_fhir(bundle)
    assert answer.status_code == 422
    assert expression in outcome(answer)
    assert house.counts() == before


CODES: list[tuple[Change, str]] = [
    (request_without("subject"), "required"),
    (request_with(subject={"reference": "Patient/elsewhere"}), "not-found"),
    (request_with(status="draft"), "business-rule"),
    (request_with(reasonCode=UNKNOWN_CODE), "code-invalid"),
    (request_with(authoredOn="2999-01-01"), "business-rule"),
    (request_with(authoredOn="soon"), "structure"),
    (request_with(modifierExtension=[{"url": "https://x.example"}]), "not-supported"),
    (repeat_with(duration=20), "value"),
    (lambda bundle: bundle["entry"].append({"resource": bundle["entry"][0]["resource"], **FULL_URL}), "invariant"),
]
FULL_URL = {"fullUrl": a_bundle()["entry"][0]["fullUrl"]}


@pytest.mark.parametrize(("change", "code"), CODES)
def test_each_kind_of_mistake_has_its_code(desk: Caller, change: Change, code: str) -> None:
    bundle = a_bundle()
    change(bundle)
    answer = desk.post_fhir(bundle)
    assert outcome(answer)
    assert answer.json["issue"][0]["code"] == code


def test_everything_that_is_wrong_is_told_at_once(desk: Caller) -> None:
    bundle = a_bundle()
    for change in (
        request_without("subject"),
        request_with(reasonCode=UNKNOWN_CODE),
        repeat_with(duration=20),
        resource_with("Practitioner", identifier=NPI),
    ):
        change(bundle)
    assert set(outcome(desk.post_fhir(bundle))) == {
        f"{REQUEST}.subject",
        f"{REQUEST}.reasonCode[0].coding[0].code",
        f"{REPEAT}.duration",
        f"{PRACTITIONER}.identifier[0].value",
    }


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 50_000, b"[]", b"5", b"{}", b'{"resourceType": 5}'])
def test_what_is_not_a_fhir_resource_is_said_to_be_so(house: House, desk: Caller, body: bytes) -> None:
    before = house.counts()
    answer = desk.post_bytes("/fhir", body, FHIR)
    assert answer.status_code == 400
    assert outcome(answer)
    assert house.counts() == before


def test_a_message_of_ten_megabytes_is_too_large(desk: Caller) -> None:
    answer = desk.post_bytes("/fhir", b'{"x": "' + b"x" * 10_000_000 + b'"}', FHIR)
    assert (answer.status_code, answer.json["issue"][0]["code"]) == (413, "too-long")
    assert outcome(answer)


def test_a_missing_token_is_said_in_fhir_as_well(house: House) -> None:
    answer = house.caller(None).post_fhir(a_bundle())
    assert (answer.status_code, answer.json["issue"][0]["code"]) == (401, "login")
    assert outcome(answer)


def test_contained_names_count_only_inside_their_resource(desk: Caller) -> None:
    request = a_service_request()
    stranger = {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "x"},
        "subject": {"reference": "#pat"},
        "contained": [{"resourceType": "Patient", "id": "pat", "name": [{"text": "Somebody Else"}]}],
    }
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": request}, {"resource": stranger}],
    }
    shown = desk.get(f"/{desk.post_fhir(bundle).json['id']}").json
    assert shown["patient"]["name"] == "Devraj Whitcombe"


@pytest.mark.parametrize("length", ["duration", "period"])
def test_a_number_beyond_all_measure_is_refused(desk: Caller, length: str) -> None:
    request = a_service_request()
    request["occurrenceTiming"]["repeat"][length] = 10**400
    answer = desk.post_fhir(request)
    assert answer.status_code == 422
    assert outcome(answer)
