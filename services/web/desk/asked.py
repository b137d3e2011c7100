"""What a referral may lack, as people say it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from services.web.desk.intake_form import IntakeForm
from services.web.desk.intake_inputs import SECTIONS

_BETTER = {
    "frequency": "how often",
    "frequency.visits": "how often",
    "frequency.per_days": "in how many days",
    "session_minutes": "minutes of a visit",
    "permission": "whether the physician permits massage",
    "patient.phone": "the patient's phone",
    "patient.email": "the patient's e-mail",
    "patient.language": "the patient's language",
    "physician.phone": "the physician's phone",
    "physician.email": "the physician's e-mail",
    "physician.fax": "the physician's fax",
    "contraindications": "what speaks against it",
    "therapist_sex": "a female or a male therapist",
}
"""Where a field's label says too little away from its form."""
_LABELS = {one.path: one.label[:1].lower() + one.label[1:] for _, fields in SECTIONS["permission"] for one in fields}

ASKABLE = (
    "diagnoses",
    "visits",
    "frequency.visits",
    "session_minutes",
    "valid_until",
    "goals",
    "areas",
    "precautions",
    "contraindications",
    "pressure_ceiling",
    "permission",
    "medically_necessary",
    "payer.name",
    "payer.member_number",
    "patient.phone",
    "patient.email",
)
"""What the desk asks a physician's office for."""


def askable(form: IntakeForm, missing: Iterable[str]) -> list[str]:
    """What is neither known nor asked for already."""
    known = {*form.values, *(path.partition(".")[0] for path in form.values), *missing}
    return [path for path in ASKABLE if path not in known and not (path == "contraindications" and form.against)]


def label(path: str) -> str:
    return _BETTER.get(path) or _LABELS.get(path) or path.replace("_", " ").replace(".", ": ")


def listed(paths: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(label(path) for path in paths))
