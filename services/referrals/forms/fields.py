"""The fields of the printed forms: what is printed beside each, and where it goes in an intake. Pure.

A field's name in the PDF is its path with underscores, because a dot there means a hierarchy (ISO 32000-1, 12.7.3.2).
"""

from __future__ import annotations

from services.referrals.forms.choices import CLAIMS, DECISIONS, DELIVERIES, MINUTES, PRESSURES, SEXES, UPDATES, YES_NO
from services.referrals.forms.field import Field, Section

DAY = "month/day/year"

PATIENT = Section(
    "Patient",
    (
        (
            Field("patient.name", "Patient's name", 6, needed=True),
            Field("patient.born_on", "Date of birth", 3, "date", hint=DAY, needed=True),
            Field("patient.language", "Language", 3, "language", longest=40),
        ),
        (
            Field("patient.phone", "Patient's phone", 3, longest=40),
            Field("patient.email", "Patient's e-mail", 5, longest=254),
            Field("patient.text_consent", "agrees to texts", 2, "tick"),
            Field("patient.email_consent", "agrees to e-mails", 2, "tick"),
        ),
    ),
)
PHYSICIAN = Section(
    "Physician",
    (
        (
            Field("physician.name", "Physician's name", 4, needed=True),
            Field("physician.practice", "Practice", 4),
            Field("physician.npi", "NPI", 2, hint="10 digits", longest=20, needed=True),
            Field("placer.number", "Your order number", 2, longest=100),
        ),
        (
            Field("physician.licence", "Licence", 2),
            Field("physician.phone", "Physician's phone", 3, longest=40),
            Field("physician.fax", "Fax", 3, longest=40),
            Field("physician.email", "Physician's e-mail", 4, longest=254),
        ),
        (
            Field("updates", "Updates wanted", 9, "choice", choices=UPDATES),
            Field("physician.delivery", "Reply by", 3, "choice", choices=DELIVERIES),
        ),
    ),
)
COPY = (
    Field("copy_to.0.physician.name", "Copy to (physician)", 4),
    Field("copy_to.0.physician.npi", "Their NPI", 2, longest=20),
    Field("copy_to.0.physician.email", "Their e-mail", 3, longest=254),
    Field("copy_to.0.updates", "Their updates", 3, "choice", choices=UPDATES, hint="one of the above", is_listed=True),
)
PLAN = (
    Field("visits", "Visits", 2, "number", hint="in all"),
    Field("frequency.visits", "Times", 2, "number"),
    Field("frequency.per_days", "in … days", 2, "number", hint="7: a week"),
    Field("duration_weeks", "For … weeks", 2, "number"),
)
PRESSURE = "Pressure at most"
WALTON = "1 light lotioning – 5 deep, elbow"
LENGTH = Field("session_minutes", "Minutes a session", 4, "choice", choices=MINUTES)
ORDER = Section(
    "Order",
    (
        (
            Field("diagnoses", "Diagnoses (ICD-10-CM codes)", 6, "codes"),
            Field("reasons", "Reason, in words", 6, "lines", longest=500),
        ),
        (
            *PLAN,
            Field("pressure_ceiling", PRESSURE, 4, "choice", choices=PRESSURES, hint=WALTON, is_listed=True),
        ),
        (
            LENGTH,
            Field("medically_necessary", "Medically necessary", 4, "answer", choices=YES_NO),
            Field("therapist_sex", "Therapist", 4, "choice", choices=SEXES),
        ),
        (
            Field("goals", "Goals of treatment, one a line", 6, "lines", 3, longest=2000),
            Field("areas", "Areas to treat, one a line", 6, "lines", 3, longest=2000),
        ),
        (
            Field("techniques", "Techniques", 6, "codes"),
            Field("instructions", "Instructions for the therapist", 6, "lines", longest=2000),
        ),
        (
            Field("precautions", "Precautions, one a line", 6, "lines", 2, longest=2000),
            Field("patient_instruction", "What the patient is to do", 6, "text", 2, longest=2000),
        ),
        (
            Field("payer.name", "Payer", 3),
            Field("payer.member_number", "Member number", 2),
            Field("start_by", "Start by", 2, "date", hint=DAY),
            Field("valid_until", "Valid until", 2, "date", hint=DAY),
            Field("replaces.number", "Renews your order number", 3, longest=100),
        ),
        (
            Field("payer.claim_type", "Claim", 10, "choice", choices=CLAIMS),
            Field("home_visit", "home visits", 2, "tick"),
        ),
        COPY,
    ),
)
ANSWER = Section(
    "May this patient be massaged?",
    (
        (Field("permission.decision", "Answer", 12, "choice", choices=DECISIONS, needed=True),),
        (
            Field("permission.pressure_ceiling", PRESSURE, 6, "choice", choices=PRESSURES, hint=WALTON, is_listed=True),
            Field("permission.decided_on", "Date of the answer", 6, "date", hint=DAY),
        ),
        (
            Field("permission.sites", "Areas to leave out, one a line", 6, "lines", 3, longest=2000),
            Field("permission.conditions", "Conditions, one a line", 6, "lines", 3, longest=2000),
        ),
        (Field("permission.reason", "If not advised: why", 12, "text", 2, longest=1000),),
    ),
)  # fmt: skip
HELPFUL = Section(
    "What the practice should know",
    (
        (
            Field("diagnoses", "Diagnoses (ICD-10-CM codes)", 6, "codes"),
            Field("reasons", "Reason, in words", 6, "lines", longest=500),
        ),
        (Field("precautions", "Precautions, one a line", 12, "lines", 2, longest=2000),),
        PLAN,
        (LENGTH,),
    ),
)
SIGNED = Field("signed_on", "Signed on", 3, "date", hint=DAY)
DATED = Field("issued_on", "Date of the order", 3, "date", hint=DAY)

FORMS: dict[str, tuple[str, tuple[Section, ...], tuple[Field, ...]]] = {
    "referral": ("Referral for medical massage", (PATIENT, PHYSICIAN, ORDER), (DATED, SIGNED)),
    "permission": ("Permission for massage", (PATIENT, PHYSICIAN, ANSWER, HELPFUL), (SIGNED,)),
}
"""Kind → title, sections, and what stands beside the signature."""

FORM, CODE = "form", "intake_code"
"""Fields that nobody fills in: which form it is, and its one-time code."""
AGAINST = "contraindication_"
"""Begins the names of the ticks for the clinic's table of contraindications."""


def fields_of(kind: str) -> tuple[Field, ...]:
    _, sections, last = FORMS[kind]
    return (*(field for section in sections for row in section.rows for field in row), *last)


def printed(code: str) -> str:
    """A code of the table, as people read it."""
    return code.replace("_", " ").capitalize()
