"""What patients said themselves about texts and e-mails."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.chassis import audit
from services.chassis.outbox import Outbox
from services.chassis.vault import Vault
from services.contracts.notify import ConsentChanged
from services.referrals.models import Patient
from services.referrals.people.contact import CONSENTS
from services.referrals.people.patients import correct


def consent_changed(session: Session, outbox: Outbox, vault: Vault, event: ConsentChanged) -> None:
    """Keep it with its source and time. Of physicians no consent is kept; whoever was erased is nobody."""
    patient = session.get(Patient, event.person_id)
    if patient is None:
        return
    told = {CONSENTS[event.channel]: event.agreed}
    changes = correct(session, vault, patient, told, source=event.source, now=event.changed_at)
    if changes:
        facts = {"channel": event.channel, "agreed": event.agreed, "source": event.source}
        audit.record_all(session, "consent_changed", "patient", [one.patient_id for one in changes], **facts)
    outbox.record(session, *changes)
