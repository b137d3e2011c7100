"""The form of a contact: what is known, what was filled in, and what differs. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.web.desk.intake_form import IntakeForm
from services.web.desk.intake_inputs import Input

BY = (("email", "e-mail"), ("fax", "fax"))
PATIENT = (
    Input("name", "Name", wide=8, needed=True),
    Input("born_on", "Date of birth", "date", 4, needed=True),
    Input("phone", "Phone", "tel", 6),
    Input("email", "E-mail", "email", 6),
    Input("language", "Language", wide=3, hint="Two letters, like en"),
    Input("timezone", "Time zone", wide=5, hint="Only where it is not the practice's"),
    Input("text_consent", "Texts", "answer", 2),
    Input("email_consent", "E-mails", "answer", 2),
)
PHYSICIAN = (
    Input("name", "Name", wide=6, needed=True),
    Input("practice", "Practice", wide=6),
    Input("phone", "Phone", "tel", 6),
    Input("fax", "Fax", "tel", 6),
    Input("email", "E-mail", "email", 6),
    Input("delivery", "Wants to hear by", "choice", 3, BY),
    Input("licence", "Licence", wide=3),
)
_STAYS = frozenset({"name", "born_on", "text_consent", "email_consent", "delivery"})
"""What can be said otherwise, not taken away."""


def known(inputs: Sequence[Input], contact: Mapping[str, Any]) -> IntakeForm:
    return IntakeForm(values={one.path: text for one in inputs if (text := _shown(contact.get(one.path)))})


def filled(inputs: Sequence[Input], form: Mapping[str, str]) -> IntakeForm:
    return IntakeForm(values={one.path: text for one in inputs if (text := form.get(one.path, "").strip())})


def changes(inputs: Sequence[Input], contact: Mapping[str, Any], form: IntakeForm) -> dict[str, Any]:
    """What differs from what is known; null takes it away."""
    before = known(inputs, contact).values
    different = [one for one in inputs if form.values.get(one.path) != before.get(one.path)]
    told = {one.path: _meant(one, form.values.get(one.path)) for one in different}
    return {path: value for path, value in told.items() if value is not None or path not in _STAYS}


def _shown(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value or "")


def _meant(one: Input, text: str | None) -> Any:
    return text == "yes" if one.kind == "answer" and text else text
