"""The form of a referral: what was filled in as the JSON that referrals takes, and mistakes beside the fields. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from werkzeug.datastructures import MultiDict

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


@dataclass(frozen=True, slots=True)
class IntakeForm:
    kind: str = "referral"
    values: Mapping[str, str] = field(default_factory=dict)
    against: Sequence[str] = ()
    """Codes of contraindications."""
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def elsewhere(self) -> list[str]:
        """Mistakes that no field of the page shows."""
        shown = {one.path for _, inputs in SECTIONS[self.kind] for one in inputs}
        return [" ".join(said) for path, said in self.errors.items() if path not in shown]

    def refused(self, facts: Mapping[str, Any]) -> IntakeForm:
        """As it was filled in, with what is wrong."""
        return IntakeForm(self.kind, self.values, self.against, dict(_mistakes(facts)))


def of_form(form: MultiDict[str, str]) -> IntakeForm:
    kind = form.get("kind", "referral")
    kind = kind if kind in SECTIONS else "referral"
    inputs = [one for _, every in SECTIONS[kind] for one in every]
    values = {one.path: text for one in inputs if (text := form.get(one.path, "").strip())}
    return IntakeForm(kind, values, form.getlist("contraindications"))


def of_referral(document: Mapping[str, Any]) -> IntakeForm:
    """What is known, to be gone on with; of the pressure what the physician said, not what followed from it."""
    if "physician_pressure_ceiling" in document:
        document = {**document, "pressure_ceiling": document["physician_pressure_ceiling"]}
    kind = document.get("kind") or "referral"
    inputs = [one for _, every in SECTIONS[kind] for one in every]
    values = {one.path: _shown(found) for one in inputs if (found := _get(document, one.path)) not in (None, [])}
    return IntakeForm(kind, values, document.get("contraindications") or ())


def document_of(form: IntakeForm, sections: Sequence[Section]) -> dict[str, Any]:
    """The JSON, with only what is filled in."""
    document: dict[str, Any] = {}
    for one in (one for _, every in sections for one in every):
        if text := form.values.get(one.path):
            _put(document, one.path.split("."), _meant(one, text))
    if form.against:
        document["contraindications"] = list(form.against)
    return document


def _meant(one: Input, text: str) -> Any:
    if one.kind in ("tick", "answer"):
        return text in ("yes", "on")
    if one.kind == "lines":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if one.kind == "codes":
        return [code for part in text.replace("\n", ",").split(",") if (code := part.strip())]
    is_number = one.kind == "number" or (one.kind == "choice" and text.isdigit())
    return int(text) if is_number and text.isascii() and text.isdigit() and len(text) < 6 else text


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _put(document: dict[str, Any], steps: Sequence[str], value: Any) -> None:
    first, *rest = steps
    if not rest:
        document[first] = value
    elif rest[0].isdigit():
        _put(document.setdefault(first, [{}])[0], rest[1:], value)
    else:
        _put(document.setdefault(first, {}), rest, value)


def _get(document: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(document, list):
            document = document[int(step)] if step.isdigit() and int(step) < len(document) else None
        else:
            document = document.get(step) if isinstance(document, Mapping) else None
    return document


def _mistakes(facts: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    if not isinstance(facts, Mapping):
        yield path, [str(one) for one in facts] if isinstance(facts, list) else [str(facts)]
        return
    for name, inner in facts.items():
        is_item = str(name).isdigit() and not isinstance(inner, Mapping)
        yield from _mistakes(inner, path if is_item else f"{path}.{name}".strip("."))
