"""What an EHR hears when its order was taken: in the form of what it sent.

A transaction is answered by a transaction-response, a message by a message, everything else by the Task to follow.
Source: HL7 FHIR R4, transactions and messaging.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from services.chassis.fhir import FhirRefused, Issue, operation_outcome
from services.referrals.fhir.elements import Element
from services.referrals.fhir.standing import is_same
from services.referrals.fhir.taking import Sent

Shown = dict[str, dict[str, Any]]
"""Kind of resource → it, as it can be read from now on."""
Addressed = tuple[str, dict[str, Any]]


def transaction_response(sent: Sent, shown: Shown, *, new: bool, told: list[Issue], whole: bool) -> dict[str, Any]:
    """One entry for each that was sent, in its order; `whole` is with the resources, `told` what is said of the order.

    Its id is that of the Task, which is that of the ServiceRequest as well.
    """
    entries = [_entry(sent, each, shown, new, told, whole) for each in sent.message.entries]
    return {"resourceType": "Bundle", "id": shown["Task"]["id"], "type": "transaction-response", "entry": entries}


def _entry(sent: Sent, resource: Element, shown: Shown, new: bool, told: list[Issue], whole: bool) -> dict[str, Any]:
    kind = _became(sent, resource)
    if kind is None:
        inside = Issue("informational", "This is kept inside the ServiceRequest.", severity="information")
        return {"response": {"status": "200 OK", "outcome": operation_outcome([inside])}}
    one = shown[kind]
    made = new and kind in ("ServiceRequest", "Task")
    response: dict[str, Any] = {"status": "201 Created" if made else "200 OK", **_where(one)}
    if told and kind == "ServiceRequest":
        response["outcome"] = operation_outcome(told)
    return {**({"resource": one} if whole else {}), "response": response}


def _became(sent: Sent, resource: Element) -> str | None:
    """The kind of the resource that can be read instead of this one."""
    kind = str(resource.child("resourceType").value)
    resolve, order = sent.message.resolve, sent.order
    if kind == "Task":
        return kind if is_same(resolve(resource.child("focus")), order) else None
    if kind == "Patient":
        return kind if is_same(resolve(order.child("subject")), resource) else None
    if kind == "Practitioner":
        asking = resolve(order.child("requester"))
        role = resolve(asking.child("practitioner")) if asking else None
        return kind if is_same(asking, resource) or is_same(role, resource) else None
    return kind if is_same(resource, order) else None


def _where(resource: dict[str, Any]) -> dict[str, str]:
    version = resource["meta"]["versionId"]
    place = {"location": f"{resource['resourceType']}/{resource['id']}/_history/{version}", "etag": f'W/"{version}"'}
    changed = resource["meta"].get("lastUpdated")
    return {**place, "lastModified": changed} if changed else place


def asked_by(sent: Sent) -> str:
    """The id of a message, which its answer names. Raises `FhirRefused`."""
    header, entry = sent.message.entries[0], sent.message.root.first("entry")
    full_url = entry.child("fullUrl").value
    its_id = header.child("id").value or (full_url.removeprefix("urn:uuid:") if _is_uuid(full_url) else None)
    if not its_id:
        raise FhirRefused(422, [Issue("required", "A message has an id, for its answer to name.", header.path)])
    return str(its_id)


def _is_uuid(full_url: Any) -> bool:
    try:
        return isinstance(full_url, str) and UUID(full_url.removeprefix("urn:uuid:")).int > 0
    except ValueError:
        return False


def message_response(sent: Sent, shown: Shown, base: str, *, told: list[Issue]) -> dict[str, Any]:
    """`base` is the address under which the interface is reached."""
    header, task = sent.message.entries[0], shown["Task"]
    event = {name: header.child(name).value for name in ("eventCoding", "eventUri")}
    answer = {
        "resourceType": "MessageHeader",
        "id": str(uuid4()),
        **{name: value for name, value in event.items() if value is not None},
        "source": {"name": "Fascia", "endpoint": base},
        "response": {"identifier": asked_by(sent), "code": "ok"},
        "focus": [{"reference": f"{base}/Task/{task['id']}"}],
    }
    resources: list[Addressed] = [(f"urn:uuid:{answer['id']}", answer), (f"{base}/Task/{task['id']}", task)]
    if told:
        outcome = {**operation_outcome(told), "id": str(uuid4())}
        answer["response"]["details"] = {"reference": f"urn:uuid:{outcome['id']}"}
        resources.append((f"urn:uuid:{outcome['id']}", outcome))
    entries = [{"fullUrl": full_url, "resource": one} for full_url, one in resources]
    return {"resourceType": "Bundle", "id": task["id"], "type": "message", "entry": entries}
