"""Messages as FHIR R4 Communications: that they went out, to whom and when; never their words or addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from services.chassis import audit, context, identity
from services.chassis.api import runtime
from services.chassis.fhir import answer, based_on, searchset, speaks_fhir
from services.chassis.refusals import NotFound
from services.notify.models import Message, Referral
from services.notify.why.reasons import title

READERS = ("physician", "therapist", "desk")

STATUS = {
    "planned": "preparation",
    "sending": "in-progress",
    "sent": "completed",
    "delivered": "completed",
    "unknown": "unknown",
    "failed": "not-done",
    "expired": "not-done",
    "superseded": "not-done",
}
"""Ours → FHIR's event status."""
MEDIUM = {"text": ("SMSWRIT", "text message"), "email": ("EMAILWRIT", "e-mail")}
"""Channel → code and display of v3-ParticipationMode."""
MODES = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"

blueprint = Blueprint("fhir", __name__, description="FHIR R4: messages")
speaks_fhir(blueprint)


@blueprint.get("/fhir/Communication/<uuid:message_id>")
@identity.requires(*READERS)
@blueprint.response(200, content_type="application/fhir+json")
def show_message(message_id: UUID) -> Response:
    with runtime().sessions.begin() as session:
        found = _read(session, Message.id == message_id)
        if not found:
            raise NotFound
        return answer(communication(found[0]))


@blueprint.get("/fhir/Communication")
@identity.requires(*READERS)
@blueprint.response(200, content_type="application/fhir+json")
def search_messages() -> Response:
    referral_id = based_on()
    with runtime().sessions.begin() as session:
        found = _read(session, Message.referral_id == referral_id) if referral_id else []
        return searchset([communication(message) for message in found])


def communication(message: Message) -> dict[str, Any]:
    kind = "Practitioner" if message.role == "physician" else "Patient"
    shown = {
        "resourceType": "Communication",
        "id": str(message.id),
        "meta": {"lastUpdated": message.changed_at.isoformat()},
        "basedOn": [{"reference": f"ServiceRequest/{message.referral_id}"}],
        "status": STATUS[message.state],
        "statusReason": {"text": message.reason} if message.reason else None,
        "medium": [_medium(message.channel)],
        "subject": {"reference": f"Patient/{message.patient_id}"},
        "topic": {"text": title(message.kind)},
        "about": [{"reference": f"Appointment/{message.session_id}"}] if message.session_id else None,
        "sent": message.sent_at.isoformat() if message.sent_at else None,
        "recipient": [{"reference": f"{kind}/{message.recipient}"}],
    }
    return {name: value for name, value in shown.items() if value is not None}


def _medium(channel: str) -> dict[str, Any]:
    if channel not in MEDIUM:
        return {"text": channel}
    code, display = MEDIUM[channel]
    return {"coding": [{"system": MODES, "code": code, "display": display}]}


def _read(session: Session, which: ColumnElement[bool]) -> Sequence[Message]:
    """Those that the caller may see, the newest first; each reading is noted."""
    who = context.actor.get()
    query = select(Message).where(which).order_by(Message.due_at.desc(), Message.id).limit(200)
    if identity.outside():
        query = query.join(Referral, Referral.id == Message.referral_id).where(Referral.sent_by == who.id)
    found = session.scalars(query).all()
    audit.record_all(session, "messages_read", "referral", sorted({one.referral_id for one in found}))
    return found
