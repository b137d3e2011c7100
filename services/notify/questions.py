"""Which of our questions a patient's word answers: the newest that it can be an answer to.

Where two that were put at once could both be meant, none is: a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.notify.understanding import Word

Kind = Literal["reminder", "offer", "cancel_check"]

AT_ONCE = timedelta(minutes=1)
FITS: dict[Word, tuple[Kind, ...]] = {
    "confirm": ("reminder", "cancel_check"),
    "yes": ("reminder", "offer", "cancel_check"),
    "no": ("reminder", "offer", "cancel_check"),
    "cannot": ("reminder", "cancel_check"),
    "first": ("offer",),
    "second": ("offer",),
}


@dataclass(frozen=True, slots=True)
class Question:
    """`subject_id` is the visit's or the offer's."""

    kind: Kind
    subject_id: UUID
    patient_id: UUID
    starts_at: datetime
    asked_at: datetime
    confirmed: bool = False
    """They said already that they come."""


class Ambiguous(Exception):
    """More than one question may be meant."""


def answered(word: Word, asked: Iterable[Question]) -> Question | None:
    """The question that is answered; None when nothing was asked. Raises `Ambiguous`."""
    fitting = [question for question in asked if _fits(word, question)]
    if not fitting:
        return None
    newest = max(question.asked_at for question in fitting)
    near = [question for question in fitting if newest - question.asked_at < AT_ONCE]
    kinds = {question.kind for question in near}
    # "Reply N again to cancel": a yes to that is no answer.
    if len(kinds) > 1 or (kinds != {"reminder"} and len(near) > 1) or (word == "yes" and "cancel_check" in kinds):
        raise Ambiguous
    return min(near, key=lambda question: question.starts_at)


def _fits(word: Word, question: Question) -> bool:
    if question.kind == "reminder" and question.confirmed and word in ("confirm", "yes"):
        return False
    return question.kind in FITS[word]
