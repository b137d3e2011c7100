"""One patient's whole way through the stack: nothing of it is ever in the clear, and once erased nothing is there.

What the provider keeps is the provider's: the sandbox's own page with the phone is left out.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests
from click.testing import CliRunner
from kombu import Exchange, Producer
from reportlab.pdfgen.canvas import Canvas

from services.chassis import topology
from services.chassis.audit_commands import audit
from services.chassis.events import encode
from services.chassis.ids import new_id
from services.contracts.referrals import PatientContactChanged
from services.local.stack import Stack
from services.local.story.client import Clock, wait_for
from services.referrals.people.commands import patients
from tests.flows import traces
from tests.flows.clinic_life import ClinicLife

PHONE, DIGITS = "+12125550163", "2125550163"
PATIENT = {
    "name": "Zephyrine Quatermass",
    "born_on": "1961-11-27",
    "phone": PHONE,
    "email": "zephyrine@quatermass.example",
    "text_consent": True,
    "email_consent": True,
}
CLINICAL = {
    "diagnoses": ["G44.209"],
    "goals": ["turnstone goal"],
    "areas": ["turnstone_area"],
    "precautions": ["turnstone precaution"],
    "instructions": ["turnstone instruction"],
}
NOTE = {
    "pain_before": 7,
    "pain_after": 5,
    "pressure": 1,
    "techniques": ["swedish"],
    "areas": ["whimbrel_spot"],
    "cpt": "97124",
    "measures": [
        {"measure": "odi", "value": 44},
        {"measure": "rom", "detail": "left_sanderling_flexion", "value": 101},
        {"measure": "phq9", "value": 9, "item_9": 1},
    ],
    "note": "whimbrel words",
    "follow_up": "continue",
    "recommendation": "whimbrel advice",
}
REPLY = "My dotterel is ill, what now?"
CANARIES = [
    *("quatermass", "zephyrine", DIGITS, "1961-11-27", "g44.209", "turnstone", "whimbrel", "dotterel", "godwit"),
    *("sanderling", "pain_before", "item_9", "varicose_veins"),
]


@pytest.fixture
def life(stack: Stack) -> Iterator[ClinicLife]:
    """At ten in the morning, when patients may be texted."""
    living = ClinicLife(stack)
    clock = Clock(living.door)
    clock.reset()
    clock.move_to(datetime.now(UTC).replace(hour=15, minute=0, second=0) + timedelta(days=1))
    yield living
    clock.reset()


def treated(life: ClinicLife) -> dict[str, Any]:
    """Referral, document, series, texts, a reply, visits with notes, a recommendation, the closing."""
    door, clock = life.door, Clock(life.door)
    clock.move_to(datetime.fromisoformat(door.get("/api/booking/clock")["now"]))
    referral = life.refer(patient=PATIENT, visits=2, **CLINICAL)
    attach(life, referral["id"])
    scan(life)
    told_oddly(life, referral["patient_id"])
    door.post(f"/api/referrals/{referral['id']}/accept", {"pressure_ceiling": 2})
    [order] = wait_for("the order", lambda: door.get("/api/booking/orders", referral_id=referral["id"]))
    planned = [{name: one[name] for name in ("start_at", "therapist", "room")} for one in life.plan(order["id"])]
    series = life.book(order["id"], planned).json()
    sent = lambda: [one for one in messages(life, referral["id"]) if one["channel"] == "text" and one["sent_at"]]  # noqa: E731
    wait_for("a text", sent)
    door.post(f"/sandbox/phones/{PHONE}/reply", {"body": REPLY, "to": ""})
    wait_for(
        "the reply",
        lambda: life.rows("notify", f"SELECT 1 FROM replies WHERE patient_id = '{referral['patient_id']}'"),
    )
    for session in door.get(f"/api/booking/series/{series['series_id']}")["sessions"]:
        clock.move_to(datetime.fromisoformat(session["starts_at"]) + timedelta(minutes=45))
        door.post(f"/api/booking/sessions/{session['id']}/check", {"findings": ["varicose_veins"]})
        door.post(f"/api/booking/sessions/{session['id']}/complete", NOTE)
    door.put(f"/api/booking/sessions/{session['id']}/note", {**NOTE, "note": "whimbrel corrected"})
    advice = {"follow_up": "continue", "recommendation": "whimbrel signed"}
    door.post(f"/api/booking/series/{series['series_id']}/recommendation", advice)
    wait_for("completion", lambda: door.get(f"/api/referrals/{referral['id']}")["status"] == "completed")
    door.post(f"/api/referrals/{referral['id']}/close", {"reason": "finished"})
    quiet(life)
    return {**referral, "series_id": series["series_id"]}


def attach(life: ClinicLife, referral_id: str) -> None:
    upload(life, f"/api/referrals/{referral_id}/documents")


def scan(life: ClinicLife) -> None:
    """The same sheet once more, and it waits at the desk."""
    upload(life, "/api/referrals/documents")


def upload(life: ClinicLife, path: str) -> None:
    page = io.BytesIO()
    canvas = Canvas(page, pageCompression=0, invariant=True)
    canvas.drawString(72, 720, "A godwit scan")
    canvas.save()
    answer = requests.post(
        f"{life.stack.url}{path}",
        files={"file": ("scan.pdf", page.getvalue(), "application/pdf")},
        headers={"Authorization": f"Bearer {life._token}"},
        timeout=30,
    )
    assert answer.ok, answer.text


def told_oddly(life: ClinicLife, patient_id: str) -> None:
    """What no service understands is parked under seal, with whatever it holds."""
    body = traces.seal_of(life.stack).close(json.dumps({"patient": PATIENT["name"], "id": patient_id}))
    parked = "INSERT INTO inbox (event_id, state, sealed_body) VALUES (gen_random_uuid(), 'parked', '{}') RETURNING 1"
    life.rows("notify", parked.format(body))


def messages(life: ClinicLife, referral_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = life.door.get("/api/notify/messages", referral_id=referral_id)
    return found


def quiet(life: ClinicLife) -> None:
    """Until every outbox is empty and nothing waits in a queue."""

    def still() -> bool:
        boxes = [
            life.rows(service, "SELECT count(*) FROM outbox")[0][0] for service in ("referrals", "booking", "notify")
        ]
        return not any(boxes) and not any(traces.queues(life.stack).values())

    wait_for("quiet", still)
    wait_for("quiet", still)


def ids_of(life: ClinicLife, referral: dict[str, Any]) -> set[str]:
    """Of the patient, and of whatever is about them."""
    about = (
        "SELECT orders.id, series.id, sessions.id FROM orders JOIN series ON series.order_id = orders.id"
        f" JOIN sessions ON series_id = series.id WHERE patient_id = '{referral['patient_id']}'"
    )
    messages = f"SELECT id FROM messages WHERE patient_id = '{referral['patient_id']}'"
    found = [*life.rows("booking", about), *life.rows("notify", messages)]
    return {referral["id"], referral["patient_id"]} | {str(id_) for row in found for id_ in row}


def command(life: ClinicLife, *arguments: str) -> str:
    where = ["--url", life.stack.url, "--token", life._token]
    done = CliRunner().invoke(patients, [*arguments, *where])
    assert done.exit_code == 0, done.output
    return done.output


def tell_late(life: ClinicLife, patient_id: str) -> UUID:
    """What was told before comes once more, by the broker, with a newer version."""
    event = PatientContactChanged(patient_id=UUID(patient_id), version=99, name=PATIENT["name"], phone=PHONE)
    event_id = new_id()
    body = encode(event, traces.seal_of(life.stack), event_id=event_id, at=datetime.now(UTC), trace=None)
    with topology.connect(life.stack.broker.url) as connection, connection.channel() as channel:
        told = Producer(channel, exchange=Exchange("referrals.events", type="topic", durable=True))
        told.publish(body, routing_key=event.event_type(), content_type="application/json", content_encoding="utf-8")
    return event_id


def test_nothing_is_ever_in_the_clear_and_once_erased_nothing_is_left(life: ClinicLife, tmp_path: Path) -> None:
    referral = treated(life)
    patient = referral["patient_id"]
    assert traces.in_clear(life.stack, CANARIES) == []
    sealed = {canary for _, canary in traces.under_seal(life.stack, CANARIES)}
    assert sealed == set(CANARIES), "each was there, sealed"

    command(life, "export", patient, "--out", str(tmp_path / "before"))
    command(life, "export", patient, "--out", str(tmp_path / "export"))
    exported = b"".join(path.read_bytes() for path in sorted((tmp_path / "export").rglob("*")) if path.is_file())
    assert [canary for canary in CANARIES if canary.encode() not in exported.lower()] == []
    assert traces.untold(life.stack, ids_of(life, referral), exported.decode(errors="replace")) == []
    kinds = {
        one["resource"]["resourceType"] for one in json.loads((tmp_path / "export" / "fhir.json").read_text())["entry"]
    }
    assert {"Patient", "ServiceRequest", "Task", "Appointment", "DiagnosticReport", "Communication"} <= kinds

    command(life, "erase", patient, "--yes", "--override-retention", "patient_request")
    for service in ("booking", "notify"):
        wait_for(service, lambda s=service: life.rows(s, f"SELECT 1 FROM erased WHERE id = '{patient}'"))  # type: ignore[misc]
    late = tell_late(life, patient)
    wait_for("the late event", lambda: life.rows("notify", f"SELECT 1 FROM inbox WHERE event_id = '{late}'"))
    quiet(life)
    assert traces.in_clear(life.stack, CANARIES) == []
    assert traces.under_seal(life.stack, CANARIES) == []

    kept_acts = (
        "SELECT count(*) FROM kept_acts JOIN sessions ON sessions.id = session_id JOIN series ON series.id = series_id"
        f" JOIN orders ON orders.id = order_id WHERE patient_id = '{patient}' AND status = 'completed'"
    )
    kept = life.rows("booking", kept_acts)
    assert kept == [(2,)], "the visits happened"
    checked = CliRunner().invoke(audit, ["verify"], env=life.stack.environment)
    assert checked.exit_code == 0, checked.output
