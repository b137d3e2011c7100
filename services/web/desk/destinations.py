"""Where a physician's updates go, and what another contact would change. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.web.wording import phone

Contact = Mapping[str, Any]

LABELS = {
    "name": "Name",
    "practice": "Practice",
    "licence": "Licence",
    "phone": "Phone",
    "fax": "Fax",
    "email": "E-mail",
    "delivery": "Wants to hear by",
}
_BY = {"email": "e-mail", "fax": "fax"}


def said(name: str, value: Any) -> str:
    if not value:
        return "–"
    if name == "delivery":
        return _BY.get(value, str(value))
    return phone(value) if name in ("phone", "fax") else str(value)


def rows(held: Contact, proposed: Contact) -> list[tuple[str, str, str]]:
    """Label, known, proposed: of what differs."""
    return [(LABELS[one], said(one, held.get(one)), said(one, proposed[one])) for one in LABELS if one in proposed]


def way(contact: Contact) -> str:
    """`by e-mail to frontdesk@office.test`"""
    by = "fax" if contact.get("delivery") == "fax" else "email"
    address = contact.get(by)
    return f"by {_BY[by]} to {said(by, address)}" if address else f"by {_BY[by]}, but there is no {_ADDRESS[by]}"


_ADDRESS = {"email": "address", "fax": "number"}


def consequence(held: Contact, proposed: Contact) -> str:
    """What confirming it changes for the updates."""
    before, after = way(held), way({**held, **proposed})
    if before == after:
        return f"Updates go on {after}."
    return f"Updates go {after} from now on. Until now: {before}."
