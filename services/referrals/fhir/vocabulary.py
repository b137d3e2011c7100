"""Names that FHIR messages use: code systems, and the extensions of ours.

Sources: HL7 FHIR R4 and HL7 Terminology (THO); those under fascia.example are defined here.
"""

from __future__ import annotations

from fractions import Fraction

BASE = "https://fascia.example/fhir"

REFERENCE = f"{BASE}/referral"
"""Identifier system of our own reference numbers."""
UPDATE_FREQUENCY = f"{BASE}/StructureDefinition/update-frequency"
"""On ServiceRequest, and on CommunicationRequest for a copy, valueCode: every_visit, midpoint_and_end, end, exceptions,
none."""
PRESSURE_CEILING = f"{BASE}/StructureDefinition/pressure-ceiling"
"""On ServiceRequest, valueInteger: 1 to 5 on the Walton scale."""
MEDICALLY_NECESSARY = f"{BASE}/StructureDefinition/medically-necessary"
"""On ServiceRequest, valueBoolean."""
START_BY = f"{BASE}/StructureDefinition/start-by"
"""On ServiceRequest, valueDate: the first visit takes place by then."""
VALID_UNTIL = f"{BASE}/StructureDefinition/valid-until"
"""On ServiceRequest, valueDate: the last day, where the bounds of its timing say the weeks."""
PRACTICE = f"{BASE}/StructureDefinition/practice"
"""On Practitioner, valueString: where they work, when no PractitionerRole says it."""
THERAPIST_SEX = f"{BASE}/StructureDefinition/therapist-sex"
"""On ServiceRequest, valueCode: female or male, where the patient asks for it."""
PERMISSION = f"{BASE}/StructureDefinition/permission"
"""On ServiceRequest: what the physician answered to whether massage is safe. Its parts are named like the referral's
fields: decision (valueCode), sites, conditions, reason (valueString), pressure-ceiling (valueInteger), decided-on
(valueDate)."""
TECHNIQUE = f"{BASE}/CodeSystem/technique"
"""In ServiceRequest.orderDetail."""
CONTRAINDICATION = f"{BASE}/CodeSystem/contraindication"
"""In Flag.code: a code of the clinic's table."""
CONTACT_CHANNEL = f"{BASE}/CodeSystem/contact-channel"
"""In Consent.provision.code: text, email."""

MISSING = f"{BASE}/CodeSystem/missing"
"""In Task.statusReason: a field of the referral that has to be given before it can be reviewed."""
GEOLOCATION = "http://hl7.org/fhir/StructureDefinition/geolocation"
"""FHIR's own extension of Address: latitude and longitude, valueDecimal."""

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
"""FHIR's own extension: why a value is not there."""

ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
NPI = "http://hl7.org/fhir/sid/us-npi"
IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
PATIENTS_HOME = "PTRES"
UCUM = "http://unitsofmeasure.org"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
SELF_PAY = "http://terminology.hl7.org/CodeSystem/coverage-selfpay"
CONSENT_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
CONSENT_CATEGORY = "http://terminology.hl7.org/CodeSystem/consentcategorycodes"
SIGNATURE_TYPE = "urn:iso-astm:E1762-95:2013"
COMMUNICATION_CATEGORY = "http://terminology.hl7.org.au/CodeSystem/communication-request-category"
COPY = "copyto-reports"
"""In CommunicationRequest.category: its recipients get copies of what the requester is told."""
BUSINESS_STATUS = "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS"

CLAIM_TYPES = {
    "AUTOPOL": "motor_vehicle",
    "WCBPOL": "workers_compensation",
    "EHCPOL": "major_medical",
    "HIP": "major_medical",
    "pay": "private",
}
"""Coverage.type codes (v3-ActCode and coverage-selfpay) → our claim types."""

COVERAGE_TYPES = {kind: code for code, kind in CLAIM_TYPES.items() if code != "HIP"}
"""Back again."""

VISITS: dict[str, Fraction] = {}
"""A count has no unit of time."""
DAYS = {"h": Fraction(1, 24), "d": Fraction(1), "wk": Fraction(7)}
"""UCUM's units of time, in days; months and years have no fixed number of them."""
WEEKS = {"d": Fraction(1, 7), "wk": Fraction(1)}
MINUTES = {"s": Fraction(1, 60), "min": Fraction(1), "h": Fraction(60)}
