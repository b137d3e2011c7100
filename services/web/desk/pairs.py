"""Two records that may be of one person, side by side; and what follows when they are one. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.web.wording import day, phone

Contact = Mapping[str, Any]

LABELS = {
    "name": "Name",
    "born_on": "Date of birth",
    "phone": "Phone",
    "email": "E-mail",
    "language": "Language",
    "timezone": "Time zone",
    "text_consent": "Agrees to texts",
    "email_consent": "Agrees to e-mails",
}
_HOW = {
    "name": {"same": "the same", "alike": "written alike", "partly": "a part is the same", "different": "different"},
    "born_on": {"same": "the same", "near": "one slip apart", "different": "different"},
    "phone": {"same": "the same", "unknown": "one has none", "different": "different"},
    "email": {"same": "the same", "unknown": "one has none", "different": "different"},
}
_FILLED = {"phone": "phone", "email": "e-mail", "language": "language", "timezone": "time zone"}
_CONSENTS = {"text_consent": "texts", "email_consent": "e-mails"}


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    known: str
    newer: str
    is_same: bool
    how: str = ""
    """How the score came to it; empty for what is not scored."""
    points: int = 0


def rows(known: Contact, newer: Contact, reasons: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """What either of them tells."""
    told = [name for name in LABELS if known.get(name) is not None or newer.get(name) is not None]
    return [_row(name, known.get(name), newer.get(name), reasons.get(name)) for name in told]


def _row(name: str, known: Any, newer: Any, reason: Mapping[str, Any] | None) -> Row:
    shown = (LABELS[name], said(name, known), said(name, newer), known == newer)
    if reason is None:
        return Row(*shown)
    return Row(*shown, _HOW.get(name, {}).get(reason["how"], reason["how"]), reason["points"])


def said(name: str, value: Any) -> str:
    """As people write it; a dash for nothing."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return {"born_on": day, "phone": phone}.get(name, str)(value)


def outcome(kept: Contact, other: Contact) -> list[str]:
    """What changes when `kept` counts for both: its contact, its gaps filled from the other; one no is a no."""
    named = f"Their name is {kept['name']}, born {said('born_on', kept['born_on'])}."
    return [named, *_reached(kept, other), *_agreed(kept, other)]


def _reached(kept: Contact, other: Contact) -> Iterator[str]:
    for name, label in _FILLED.items():
        ours, theirs = kept.get(name), other.get(name)
        if ours is None and theirs is not None:
            yield f"The {label} {said(name, theirs)} is taken over from the other record."
        elif ours is not None and theirs is not None and ours != theirs:
            yield f"The {label} is {said(name, ours)}; {said(name, theirs)} is not used any more."


def _agreed(kept: Contact, other: Contact) -> Iterator[str]:
    for name, label in _CONSENTS.items():
        answers = {kept.get(name), other.get(name)}
        if answers == {True, False}:
            yield f"No {label} are sent: one of the records says no."
        elif answers == {True, None}:
            yield f"They get {label}: one of the records says yes."
