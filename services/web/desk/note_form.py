"""The form of a note: what was filled in as the JSON that booking takes, and its mistakes beside the fields. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import MultiDict

NUMBERS = ("pain_before", "pain_after", "pressure", "minutes")
TEXTS = ("cpt", "note", "follow_up", "recommendation")
LISTS = ("techniques", "areas")
ROW = ("measure", "detail", "value", "item_9")
ROWS = 4


@dataclass(frozen=True)
class NoteForm:
    values: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rows: Sequence[Mapping[str, str]] = ()
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    row_errors: Mapping[int, Mapping[str, Sequence[str]]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        numbers = {name: _number(self.values[name]) for name in NUMBERS if self.values.get(name)}
        texts = {name: self.values[name] for name in TEXTS if self.values.get(name)}
        scores = [_score(row) for row in self.rows if row.get("value")]
        return {**numbers, **texts, **{name: list(self.lists.get(name, ())) for name in LISTS}, "measures": scores}

    def refused(self, code: str, facts: Mapping[str, Any]) -> NoteForm:
        """As it was filled in, with what is wrong."""
        if code == "pressure_above_ceiling":
            return replace(self, errors={"pressure": [f"At most {facts.get('ceiling')} for this patient."]})
        errors = {name: said for name, said in facts.items() if isinstance(said, list)}
        sent = [place for place, row in enumerate(self.rows) if row.get("value")]
        wrong = facts.get("measures")
        rows = {sent[int(place)]: said for place, said in wrong.items()} if isinstance(wrong, dict) else {}
        return replace(self, errors=errors, row_errors=rows)

    def row(self, place: int, earlier: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
        """What was filled in; else, without a value, what was measured the last times."""
        if place < len(self.rows):
            return self.rows[place]
        asked = [one for one in earlier if one["measure"] != "nprs"] if not self.values else []
        return {name: asked[place][name] for name in ("measure", "detail")} if place < len(asked) else {}


EMPTY = NoteForm()


def of_form(form: MultiDict[str, str]) -> NoteForm:
    return NoteForm(
        values={name: form.get(name, "").strip() for name in (*NUMBERS, *TEXTS)},
        lists={name: [*form.getlist(name), *_several(form.get(f"other_{name}", ""))] for name in LISTS},
        rows=[{name: form.get(f"{name}-{place}", "").strip() for name in ROW} for place in range(ROWS)],
    )


def of_note(note: Mapping[str, Any]) -> NoteForm:
    """A written note, to be corrected."""
    scores = [{name: str(score[name]) for name in ROW[:3]} for score in note["measures"]]
    for score in scores:
        if score["measure"] == "phq9" and note.get("item_9") is not None:
            score["item_9"] = str(note["item_9"])
    return NoteForm(
        values={name: "" if note.get(name) is None else str(note[name]) for name in (*NUMBERS, *TEXTS)},
        lists={name: note[name] for name in LISTS},
        rows=scores,
    )


def _several(text: str) -> list[str]:
    return [one for part in text.split(",") if (one := part.strip())]


def _score(row: Mapping[str, str]) -> dict[str, Any]:
    item_9 = {"item_9": _number(row["item_9"])} if row.get("item_9") else {}
    named = {"measure": row.get("measure", ""), "detail": row.get("detail", "")}
    return {**named, "value": _number(row["value"]), **item_9}


def _number(given: str) -> int | float | str:
    """What is no number goes on as it is: booking says so, and beside which field."""
    for kind in (int, float):
        try:
            return kind(given)
        except ValueError:
            continue
    return given
