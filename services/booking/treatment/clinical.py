"""What was felt and measured in a session, as one sealed document: a copy of the database tells nothing of it."""

from __future__ import annotations

import json
from dataclasses import astuple
from decimal import Decimal
from typing import Any

from services.booking.treatment.note import Note, Score
from services.chassis.seal import Seal

FELT = ("pain_before", "pain_after", "pressure", "techniques", "areas")


def closed(seal: Seal, note: Note) -> str:
    scores = [[str(part) for part in astuple(score)] for score in note.measures]
    return seal.close(json.dumps({**{name: getattr(note, name) for name in FELT}, "measures": scores}))


def opened(seal: Seal, kept: str) -> dict[str, Any]:
    """By the names of a note's fields; `measures` are scores. A document in the clear is from before it was sealed."""
    told: dict[str, Any] = json.loads(kept if kept.startswith("{") else seal.open(kept))
    scores = (Score(measure, detail, Decimal(value)) for measure, detail, value in told["measures"])
    return {**told, "measures": tuple(sorted(scores))}
