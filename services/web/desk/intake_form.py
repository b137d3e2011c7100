"""The form of a referral: what was filled in as the JSON that referrals takes, and mistakes beside the fields. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from services.web.desk.intake_inputs import SECTIONS, Input, Section


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
