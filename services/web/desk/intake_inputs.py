"""What the form of a referral asks for, and in which order. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "date", "number", "tick", "lines", "codes", "choice", "answer", "email", "tel"]


@dataclass(frozen=True, slots=True)
class Input:
    """`path` is where it goes in the JSON, with dots; `wide` how many of 12 columns on a large screen."""

    path: str
    label: str
    kind: Kind = "text"
    wide: int = 4
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    needed: bool = False


UPDATES = (
    ("none", "none"),
    ("every_visit", "after every visit"),
    ("midpoint_and_end", "midpoint and end"),
    ("end", "at the end"),
    ("exceptions", "only exceptions"),
)
PRESSURES = (
    ("1", "1 – light lotioning"),
    ("2", "2 – heavy lotioning"),
    ("3", "3 – medium, muscles move"),
    ("4", "4 – strong, deep"),
    ("5", "5 – deep, elbow"),
)
DECISIONS = (
    ("cleared", "cleared"),
    ("cleared_with_modifications", "cleared with modifications"),
    ("not_advised", "not advised"),
)
CLAIMS = (
    ("motor_vehicle", "motor-vehicle accident"),
    ("workers_compensation", "workers' compensation"),
    ("major_medical", "major medical"),
    ("private", "private"),
)
ONE_A_LINE = "One a line"

PATIENT = (
    Input("patient.name", "Name", wide=5, needed=True),
    Input("patient.born_on", "Date of birth", "date", 3, needed=True),
    Input("patient.language", "Language", wide=4, hint="Two letters, like en"),
    Input("patient.phone", "Phone", "tel", 4),
    Input("patient.email", "E-mail", "email", 4),
    Input("patient.text_consent", "Agrees to texts", "answer", 2),
    Input("patient.email_consent", "Agrees to e-mails", "answer", 2),
)
PHYSICIAN = (
    Input("physician.name", "Name", wide=5, needed=True),
    Input("physician.npi", "NPI", wide=3, needed=True),
    Input("physician.practice", "Practice", wide=4),
    Input("physician.phone", "Phone", "tel", 3),
    Input("physician.fax", "Fax", "tel", 3),
    Input("physician.email", "E-mail", "email", 4),
    Input("physician.licence", "Licence", wide=2),
    Input("physician.delivery", "Wants to hear by", "choice", 3, (("email", "e-mail"), ("fax", "fax"))),
    Input("updates", "Updates wanted", "choice", 3, UPDATES),
    Input("placer.number", "Their order number", wide=3),
    Input("replaces.number", "Renews their number", wide=3),
)
PERMISSION = (
    Input("permission.decision", "Answer", "choice", 4, DECISIONS),
    Input("permission.pressure_ceiling", "Pressure at most", "choice", 4, PRESSURES),
    Input("permission.decided_on", "Date of the answer", "date", 4),
    Input("permission.sites", "Areas to leave out", "lines", 6, hint=ONE_A_LINE),
    Input("permission.conditions", "Conditions", "lines", 6, hint=ONE_A_LINE),
    Input("permission.reason", "If not advised: why", wide=12),
)
ORDER = (
    Input("diagnoses", "Diagnoses", "codes", 4, hint="ICD-10-CM codes, with commas"),
    Input("reasons", "Reason, in words", "lines", 8, hint=ONE_A_LINE),
    Input("visits", "Visits", "number", 2),
    Input("frequency.visits", "Times", "number", 2),
    Input("frequency.per_days", "in … days", "number", 2, hint="7 is a week"),
    Input("duration_weeks", "For … weeks", "number", 2),
    Input("session_minutes", "Minutes", "choice", 2, (("15", "15"), ("30", "30"), ("45", "45"))),
    Input("pressure_ceiling", "Pressure at most", "choice", 2, PRESSURES),
    Input("goals", "Goals", "lines", 6, hint=ONE_A_LINE),
    Input("areas", "Areas to treat", "lines", 6, hint=ONE_A_LINE),
    Input("techniques", "Techniques", "codes", 6, hint="Codes like deep_tissue, with commas"),
    Input("precautions", "Precautions", "lines", 6, hint=ONE_A_LINE),
    Input("instructions", "Instructions for the therapist", "lines", 6, hint=ONE_A_LINE),
    Input("patient_instruction", "What the patient is to do", wide=6),
)
DATES = (
    Input("issued_on", "Date of the order", "date", 3),
    Input("signed_on", "Signed on", "date", 3),
    Input("start_by", "Start by", "date", 3),
    Input("valid_until", "Valid until", "date", 3, hint="Else 90 days, or as the practice set"),
    Input("payer.name", "Payer", wide=3),
    Input("payer.member_number", "Member number", wide=3),
    Input("payer.claim_type", "Claim", "choice", 3, CLAIMS),
    Input("medically_necessary", "Medically necessary", "answer", 3),
    Input("therapist_sex", "Therapist", "choice", 3, (("female", "female"), ("male", "male"))),
    Input("home_visit", "Home visits", "tick", 3),
)
COPY = (
    Input("copy_to.0.physician.name", "Name", wide=4),
    Input("copy_to.0.physician.npi", "NPI", wide=2),
    Input("copy_to.0.physician.email", "E-mail", "email", 3),
    Input("copy_to.0.updates", "Updates", "choice", 3, UPDATES),
)
Section = tuple[str, tuple[Input, ...]]
_PEOPLE: tuple[Section, ...] = (("Patient", PATIENT), ("Physician", PHYSICIAN))
_REST: tuple[Section, ...] = (("Dates and payer", DATES), ("A copy goes to", COPY))
SECTIONS: dict[str, tuple[Section, ...]] = {
    "referral": (*_PEOPLE, ("Order", ORDER), *_REST),
    "permission": (*_PEOPLE, ("May this patient be massaged?", PERMISSION), ("Order", ORDER), *_REST),
}
STAYS = frozenset({"patient.name", "patient.born_on", "placer.number", "replaces.number"})
"""Besides the physicians: what a referral came with, and stays."""


def to_complete(kind: str) -> tuple[Section, ...]:
    """What can be filled in later."""
    kept = [
        (title, tuple(one for one in inputs if one.path not in STAYS and not one.path.startswith("physician.")))
        for title, inputs in SECTIONS[kind]
        if inputs is not COPY
    ]
    return tuple((title, inputs) for title, inputs in kept if inputs)
