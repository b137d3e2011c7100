"""What is asked for when a referral is not complete, in words and as the element of FHIR that says it."""

from __future__ import annotations

ASKED = {
    "patient.phone": "a phone number or an e-mail address of the patient",
    "diagnoses": "at least one ICD-10-CM code",
    "visits": "how many visits",
    "frequency.visits": "how many visits in a period",
    "frequency.per_days": "how long that period is, in days or weeks",
    "session_minutes": "how long a session lasts: 15, 30 or 45 minutes",
    "issued_on": "the day on which the order was written",
}

ELEMENTS = {
    "patient.phone": "Patient.telecom",
    "diagnoses": "ServiceRequest.reasonCode",
    "visits": "ServiceRequest.quantity",
    "frequency.visits": "ServiceRequest.occurrence.repeat.frequency",
    "frequency.per_days": "ServiceRequest.occurrence.repeat.period",
    "session_minutes": "ServiceRequest.occurrence.repeat.duration",
    "issued_on": "ServiceRequest.authoredOn",
}
