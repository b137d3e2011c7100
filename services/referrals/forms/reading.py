"""From what stands in a form's fields to the intake document that the JSON door takes, and back to the form. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from babel import Locale

from services.referrals.forms.field import Field
from services.referrals.forms.fields import AGAINST, fields_of, printed

Values = Mapping[str, str]
"""A field's name in the PDF → what was put there."""


def document_of(kind: str, values: Values, contraindications: Iterable[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The intake document, and what does not read well, by the label as printed."""
    document, wrong = read(fields_of(kind), {field.path: values.get(field.name, "") for field in fields_of(kind)})
    ticked = [code for code in contraindications if is_ticked(values.get(AGAINST + code, ""))]
    if ticked:
        document["contraindications"] = ticked
    return _completed(kind, {"kind": kind, **document}), {field.label: said for field, said in wrong.items()}


def read(fields: Iterable[Field], texts: Values) -> tuple[dict[str, Any], dict[Field, list[str]]]:
    """`texts` is what was written, by path. The document, and what does not read well."""
    document: dict[str, Any] = {}
    wrong: dict[Field, list[str]] = {}
    for field in fields:
        given = (texts.get(field.path) or "").strip()
        if not given:
            continue
        try:
            value = _READ[field.kind](field, given)
        except ValueError as error:
            wrong[field] = [str(error)]
        else:
            _put(document, field.path, value)
    return document, wrong


def by_label(kind: str, errors: Any) -> dict[str, Any]:
    """Errors by path, as the JSON door tells them, by the label as printed."""
    labels = {field.path: field.label for field in fields_of(kind)}
    found: dict[str, list[str]] = {}
    for path, said in flat(errors):
        steps = path.split(".")
        whole = (".".join(steps[:end]) for end in range(len(steps), 0, -1))
        label = next((labels[one] for one in whole if one in labels), None)
        label = label or next((text for key, text in labels.items() if key.startswith(f"{path}.")), printed(steps[0]))
        found.setdefault(label, []).extend(text for text in said if text not in found.get(label, ()))
    return found


def labels_of(kind: str, paths: Iterable[str]) -> list[str]:
    known = {field.path: field.label for field in fields_of(kind)}
    return [known.get(path, path) for path in paths]


def values_of(kind: str, document: Mapping[str, Any]) -> dict[str, str]:
    """What to put into a form's fields beforehand, by their names."""
    found = {field.name: _get(document, field.path) for field in fields_of(kind)}
    return {name: _shown(value) for name, value in found.items() if value not in (None, [], "")}


def is_ticked(value: str) -> bool:
    return value.strip("/").lower() not in ("", "off", "no", "false", "0")


def _date(field: Field, given: str) -> str:
    for pattern in ("%Y-%m-%d", "%m/%d/%Y", "%b %d, %Y", "%B %d, %Y"):
        try:
            return datetime.strptime(given, pattern).date().isoformat()  # noqa: DTZ007 - only the date of it
        except ValueError:
            pass
    raise ValueError("Write the date like 2026-11-25 or 11/25/2026.")


def _number(field: Field, given: str) -> int:
    if re.fullmatch(r"[0-9]{1,4}", given, re.ASCII):
        return int(given)
    raise ValueError("Write a whole number.")


def _choice(field: Field, given: str) -> Any:
    for code, text in field.choices:
        if given.lower() in (code, text.lower()):
            return int(code) if code.isdigit() else code
    raise ValueError(f"Choose one of: {', '.join(text for _, text in field.choices)}.")


def _answer(field: Field, given: str) -> bool:
    return bool(_choice(field, given) == "yes")


def _language(field: Field, given: str) -> str:
    names = {name.lower(): code for code, name in Locale("en").languages.items() if len(code) == 2}
    found = given.lower() if len(given) == 2 else names.get(given.lower())
    if found is None:
        raise ValueError("Write the language in English, or its two letters.")
    return found


def _lines(field: Field, given: str) -> list[str]:
    return [" ".join(part.split()) for part in re.split(r"[\r\n;]+", given) if part.strip()]


def _codes(field: Field, given: str) -> list[str]:
    parts = [part.strip() for part in re.split(r"[\r\n;,]+", given) if part.strip()]
    if field.path == "techniques":
        return [re.sub(r"[\s-]+", "_", part.lower()) for part in parts]
    return parts


_READ: dict[str, Callable[[Field, str], Any]] = {
    "text": lambda field, given: " ".join(given.split()),
    "date": _date,
    "number": _number,
    "tick": lambda field, given: is_ticked(given) or None,
    "lines": _lines,
    "codes": _codes,
    "language": _language,
    "choice": _choice,
    "answer": _answer,
}


def _completed(kind: str, document: dict[str, Any]) -> dict[str, Any]:
    """What follows from the form itself."""
    if kind == "permission" and (answered := document.get("permission", {}).get("decided_on")):
        document["issued_on"] = answered
    return document


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    if value is None:
        return
    *outer, last = path.split(".")
    inner: Any = document
    for step, following in zip(outer, path.split(".")[1:], strict=True):
        if isinstance(inner, list):
            if not inner:
                inner.append({})
            inner = inner[0]
        else:
            inner = inner.setdefault(step, [] if following.isdigit() else {})
    inner[last] = value


def _get(document: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(document, list):
            document = document[int(step)] if int(step) < len(document) else None
        else:
            document = document.get(step) if isinstance(document, Mapping) else None
    return document


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else ""
    return value.isoformat() if isinstance(value, date) else str(value)


def flat(errors: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """(path with dots, sentences)"""
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            yield from flat(inner, f"{path}.{name}".strip("."))
    else:
        yield path, [str(one) for one in errors] if isinstance(errors, list) else [str(errors)]
