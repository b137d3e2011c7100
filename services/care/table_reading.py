"""Reads an edited table strictly: whatever is not understood is named, with its place, and nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from services.care.icd import span

_KINDS = ("absolute", "local", "modify")
_CODE = re.compile(r"[a-z][a-z0-9_]{1,39}", re.ASCII)
_NEEDED = {"code", "class", "scope", "action", "says", "sources"}
_KNOWN = _NEEDED | {"diagnoses", "disagree"}


class TableError(ValueError):
    """`mistakes` are sentences, each with its place in the file."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("the table of contraindications " + "; ".join(mistakes))
        self.mistakes = mistakes


def _is_code(value: Any) -> bool:
    return isinstance(value, str) and _CODE.fullmatch(value) is not None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value.strip()) <= 500


def _whole(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value <= most


_ACTIONS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "stop": (lambda value: value is True, "is true, or left out"),
    "avoid_site": (lambda value: value is True, "is true, or left out"),
    "max_pressure": (_whole(1, 5), "is a level of the Walton scale, 1 to 5"),
    "position": (_is_code, "is a code such as side_lying"),
    "max_minutes": (_whole(5, 240), "is a number of minutes from 5 to 240"),
    "certification": (_is_code, "is a code such as lymphedema"),
}


def read(document: Any) -> tuple[int, list[dict[str, Any]]]:
    """The version, and each entry as the arguments of a `Contraindication`. Raises `TableError`."""
    if not isinstance(document, dict) or not isinstance(document.get("contraindications"), list):
        raise TableError(["needs a list named contraindications"])
    mistakes = [f"does not know {name!r}" for name in document.keys() - {"version", "sources", "contraindications"}]
    if not _whole(1, 1_000_000)(document.get("version")):
        mistakes.append("needs a version, a whole number from 1")
    entries, sources = document["contraindications"], document.get("sources")
    if not isinstance(sources, dict):
        mistakes.append("needs a mapping named sources")
        sources = {}
    for place, entry in enumerate(entries, 1):
        mistakes += [f"entry {place}: {mistake}" for mistake in _mistakes(entry, sources)]
    mistakes += _listed_twice(entries)
    if mistakes:
        raise TableError(mistakes)
    return document["version"], [_entry(entry) for entry in entries]


def _mistakes(entry: Any, sources: dict[Any, Any]) -> list[str]:
    if not isinstance(entry, dict):
        return ["is not a mapping"]
    found = [f"{name} is missing" for name in sorted(_NEEDED - entry.keys())]
    found += [f"does not know {name!r}" for name in entry.keys() - _KNOWN]
    if found:
        return found
    found += [f"{name} is a code such as open_wound" for name in ("code", "scope") if not _is_code(entry[name])]
    found += [f"{name} is a short text" for name in ("says", "disagree") if not _is_text(entry.get(name, "-"))]
    found += _mistakes_of_list(entry["sources"], "sources", lambda name: isinstance(name, str) and name in sources)
    found += _mistakes_of_list(
        entry.get("diagnoses", []), "diagnoses", lambda code: isinstance(code, str) and span(code) is not None
    )
    return found + _mistakes_of_action(entry["class"], entry["action"])


def _mistakes_of_list(values: Any, name: str, sound: Callable[[Any], bool]) -> list[str]:
    hints = {"sources": "names of sources listed above", "diagnoses": "ICD-10-CM codes, or ranges of categories"}
    if isinstance(values, list) and all(map(sound, values)) and (values or name != "sources"):
        return []
    return [f"{name} are {hints[name]}"]


def _mistakes_of_action(kind: Any, action: Any) -> list[str]:
    if kind not in _KINDS:
        return [f"class is one of {', '.join(_KINDS)}"]
    if not isinstance(action, dict) or not action:
        return ["action is a mapping such as {max_pressure: 2}"]
    found = [f"action does not know {name!r}" for name in action.keys() - _ACTIONS.keys()]
    found += [
        f"{name} {_ACTIONS[name][1]}" for name in _ACTIONS.keys() & action.keys() if not _ACTIONS[name][0](action[name])
    ]
    if (kind == "absolute") != ("stop" in action):
        found.append("class absolute and the action stop go together")
    if (kind == "local") != ("avoid_site" in action):
        found.append("class local and the action avoid_site go together")
    return found


def _listed_twice(entries: list[Any]) -> list[str]:
    codes = [entry.get("code") for entry in entries if isinstance(entry, dict)]
    return [f"lists {code!r} twice" for code in dict.fromkeys(map(str, codes)) if list(map(str, codes)).count(code) > 1]


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    limits = {name: value for name, value in entry["action"].items() if name not in ("stop", "avoid_site")}
    return {
        "code": entry["code"],
        "kind": entry["class"],
        "scope": entry["scope"],
        "says": " ".join(entry["says"].split()),
        "diagnoses": tuple(span(code) for code in entry.get("diagnoses", [])),
        "sources": tuple(entry["sources"]),
        "disagree": " ".join(entry["disagree"].split()) if "disagree" in entry else None,
        **limits,
    }
