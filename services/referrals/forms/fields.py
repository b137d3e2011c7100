"""The fields of the printed forms: what is printed beside each, and where it goes in an intake. Pure.

A field's name in the PDF is its path with underscores, because a dot there means a hierarchy (ISO 32000-1, 12.7.3.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "date", "number", "tick", "lines", "codes", "language", "choice", "answer"]
"""`lines`: one item a line, or with semicolons between; `codes`: with commas too; `answer`: yes, no, or not said."""


@dataclass(frozen=True, slots=True)
class Field:
    path: str
    label: str
    """As printed."""
    width: int = 12
    """Of 12 columns."""
    kind: Kind = "text"
    lines: int = 1
    choices: tuple[tuple[str, str], ...] = ()
    """(code, as printed)"""
    longest: int = 200

    @property
    def name(self) -> str:
        return self.path.replace(".", "_")


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    rows: tuple[tuple[Field, ...], ...]


YES_NO = (("yes", "yes"), ("no", "no"))
UPDATES = (
    ("none", "none"),
    ("every_visit", "after every visit"),
    ("midpoint_and_end", "midpoint and end"),
    ("end", "at the end"),
    ("exceptions", "only exceptions"),
)
CLAIMS = (
    ("motor_vehicle", "motor-vehicle accident"),
    ("workers_compensation", "workers' compensation"),
    ("major_medical", "major medical"),
    ("private", "private"),
)
PRESSURES = (
    ("1", "1 light lotioning"),
    ("2", "2 heavy lotioning"),
    ("3", "3 medium, muscles move"),
    ("4", "4 strong, deep"),
    ("5", "5 deep, elbow"),
)
DECISIONS = (
    ("cleared", "cleared"),
    ("cleared_with_modifications", "cleared with modifications"),
    ("not_advised", "not advised"),
)
MINUTES = tuple((minutes, f"{minutes} minutes") for minutes in ("15", "30", "45"))

PATIENT = Section(
    "Patient",
    (
        (
            Field("patient.name", "Patient's name", 6),
            Field("patient.born_on", "Date of birth", 3, "date"),
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
            Field("physician.name", "Physician's name", 5),
            Field("physician.practice", "Practice", 4),
            Field("physician.npi", "NPI", 3, longest=20),
        ),
        (
            Field("physician.licence", "Licence", 3),
            Field("physician.phone", "Physician's phone", 3, longest=40),
            Field("physician.fax", "Fax", 3, longest=40),
            Field("physician.delivery", "Reply by", 3, "choice", choices=(("email", "e-mail"), ("fax", "fax"))),
        ),
        (
            Field("physician.email", "Physician's e-mail", 6, longest=254),
            Field("updates", "Updates wanted", 3, "choice", choices=UPDATES),
            Field("placer.number", "Your order number", 3, longest=100),
        ),
    ),
)
COPY = (
    Field("copy_to.0.physician.name", "Copy to (physician)", 4),
    Field("copy_to.0.physician.npi", "Their NPI", 2, longest=20),
    Field("copy_to.0.physician.email", "Their e-mail", 4, longest=254),
    Field("copy_to.0.updates", "Their updates", 2, "choice", choices=UPDATES),
)
PLAN = (
    Field("visits", "Visits", 2, "number"),
    Field("frequency.visits", "Times", 2, "number"),
    Field("frequency.per_days", "in … days (7: a week)", 2, "number"),
    Field("duration_weeks", "For … weeks", 2, "number"),
    Field("session_minutes", "Minutes (15, 30, 45)", 2, "choice", choices=MINUTES),
    Field("pressure_ceiling", "Pressure at most (1–5)", 2, "choice", choices=PRESSURES),
)
ORDER = Section(
    "Order",
    (
        (
            Field("diagnoses", "Diagnoses (ICD-10-CM codes)", 6, "codes"),
            Field("reasons", "Reason, in words", 6, "lines", longest=500),
        ),
        PLAN,
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
            Field("payer.member_number", "Member number", 3),
            Field("payer.claim_type", "Claim", 2, "choice", choices=CLAIMS),
            Field("medically_necessary", "Medically necessary", 2, "answer", choices=YES_NO),
            Field("therapist_sex", "Therapist", 2, "choice", choices=(("female", "female"), ("male", "male"))),
        ),
        (
            Field("start_by", "Start by", 3, "date"),
            Field("valid_until", "Valid until", 3, "date"),
            Field("replaces.number", "Renews your order number", 4, longest=100),
            Field("home_visit", "home visits", 2, "tick"),
        ),
        COPY,
    ),
)
ANSWER = Section(
    "May this patient be massaged?",
    (
        (
            Field("permission.decision", "Answer", 4, "choice", choices=DECISIONS),
            Field("permission.pressure_ceiling", "Pressure at most (1–5)", 4, "choice", choices=PRESSURES),
            Field("permission.decided_on", "Date of the answer", 4, "date"),
        ),
        (
            Field("permission.sites", "Areas to leave out, one a line", 6, "lines", 3, longest=2000),
            Field("permission.conditions", "Conditions, one a line", 6, "lines", 3, longest=2000),
        ),
        (Field("permission.reason", "If not advised: why", 12, "text", 2, longest=1000),),
    ),
)
HELPFUL = Section(
    "What the practice should know",
    (
        (
            Field("diagnoses", "Diagnoses (ICD-10-CM codes)", 6, "codes"),
            Field("reasons", "Reason, in words", 6, "lines", longest=500),
        ),
        (Field("precautions", "Precautions, one a line", 12, "lines", 2, longest=2000),),
        PLAN[:5],
    ),
)
DATED = (Field("issued_on", "Date of the order", 3, "date"), Field("signed_on", "Signed on", 3, "date"))
SIGNED = (Field("signed_on", "Signed on", 3, "date"),)

FORMS: dict[str, tuple[str, tuple[Section, ...], tuple[Field, ...]]] = {
    "referral": ("Referral for medical massage", (PATIENT, PHYSICIAN, ORDER), DATED),
    "permission": ("Permission for massage", (PATIENT, PHYSICIAN, ANSWER, HELPFUL), SIGNED),
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
