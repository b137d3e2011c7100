"""Names that FHIR messages use: code systems, and the extensions of ours.

Sources: HL7 FHIR R4 and HL7 Terminology (THO); those under fascia.example are defined here.
"""

from __future__ import annotations

BASE = "https://fascia.example/fhir"

REFERENCE = f"{BASE}/referral"
"""Identifier system of our own reference numbers."""
UPDATE_FREQUENCY = f"{BASE}/StructureDefinition/update-frequency"
"""On ServiceRequest, valueCode: every_visit, midpoint_and_end, end, exceptions, none."""
PRESSURE_CEILING = f"{BASE}/StructureDefinition/pressure-ceiling"
"""On ServiceRequest, valueInteger: 1 to 5 on the Walton scale."""
MEDICALLY_NECESSARY = f"{BASE}/StructureDefinition/medically-necessary"
"""On ServiceRequest, valueBoolean."""
START_BY = f"{BASE}/StructureDefinition/start-by"
"""On ServiceRequest, valueDate: the first visit takes place by then."""
TECHNIQUE = f"{BASE}/CodeSystem/technique"
"""In ServiceRequest.orderDetail."""
CONTRAINDICATION = f"{BASE}/CodeSystem/contraindication"
"""In Flag.code: a code of the clinic's table."""
CONTACT_CHANNEL = f"{BASE}/CodeSystem/contact-channel"
"""In Consent.provision.code: text, email."""

ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
NPI = "http://hl7.org/fhir/sid/us-npi"
IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
PATIENTS_HOME = "PTRES"
BUSINESS_STATUS = "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS"

CLAIM_TYPES = {
    "AUTOPOL": "motor_vehicle",
    "WCBPOL": "workers_compensation",
    "EHCPOL": "major_medical",
    "HIP": "major_medical",
    "pay": "private",
}
"""Coverage.type codes (v3-ActCode and coverage-selfpay) → our claim types."""

DAYS = {"d": 1, "wk": 7}
"""Units of time with a fixed number of days."""
MINUTES = {"min": 1, "h": 60}
