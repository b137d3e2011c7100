"""Why something was refused, in words, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_INSTEAD = {
    "stale_version": (
        "Somebody else changed this since you opened it, so nothing was done."
        " The page now shows it as it is: look, and do it again if it is still right."
    ),
    "forbidden": "Your sign-in does not allow this. Ask somebody who signs in for that role.",
    "not_found": "This does not exist any more. Go back to the day and open it again.",
}
_AND_THEN = {
    "slot_taken": "Look for other times, if none is shown.",
    "session_not_open": "The page shows how it stands.",
    "session_not_today": "A patient can only arrive on the day of the visit.",
    "session_not_begun": "Wait until it begins.",
    "no_visits_left": "Ask the physician to renew the order.",
    "hold_expired": "Look for other times.",
    "already_waiting": "The waitlist shows it.",
    "blocked_by_safety_gate": "The session sheet says why.",
}


def sentence(code: str, message: str, facts: Mapping[str, Any]) -> str:
    """What a page says of a refusal; a field's mistakes follow, where fields were wrong."""
    if code in _INSTEAD:
        return _INSTEAD[code]
    parts = [message or "This was refused.", *mistakes(facts), _AND_THEN.get(code, "")]
    return " ".join(part for part in parts if part)


def mistakes(facts: Mapping[str, Any]) -> Iterator[str]:
    """`From: Choose a time that is still to come.` for each field."""
    for field, said in facts.items():
        if isinstance(said, Mapping):
            yield from mistakes({f"{field} {inner}": why for inner, why in said.items()})
        elif isinstance(said, list) and said and all(isinstance(one, str) for one in said):
            name = field.strip("_").replace("_", " ").capitalize()
            yield " ".join(said) if field == "_schema" else f"{name}: {' '.join(said)}"
