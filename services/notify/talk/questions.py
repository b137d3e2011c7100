"""Which of our questions a patient's word answers: the newest that it can be an answer to.

Where two that were put at once could both be meant, none is: a person decides. Only a C counts for all the visits
that one reminder told of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.notify.talk.phrases import Word

Kind = Literal["reminder", "news", "offer", "cancel_check", "times"]
"""`news`: a text that told the time of a visit and asked nothing. `times`: other times to choose from."""

AT_ONCE = timedelta(minutes=1)
FITS: dict[Word, tuple[Kind, ...]] = {
    "confirm": ("reminder", "cancel_check"),
    "yes": ("reminder", "offer", "cancel_check", "times"),
    "okay": ("reminder", "offer", "cancel_check", "times"),
    "no": ("reminder", "offer", "cancel_check", "times"),
    "cannot": ("reminder", "cancel_check"),
    "another": ("reminder", "news", "cancel_check", "times"),
    "first": ("offer", "times"),
    "second": ("offer", "times"),
    "third": ("times",),
}
DIGITS: tuple[Word, ...] = ("first", "second", "third")
AGREES: tuple[Word, ...] = ("confirm", "yes", "okay")


@dataclass(frozen=True, slots=True)
class Question:
    """`subject_id` is the visit's or the offer's, `message_id` of the text that put it."""

    kind: Kind
    subject_id: UUID
    patient_id: UUID
    starts_at: datetime
    asked_at: datetime
    confirmed: bool = False
    """They said already that they come."""
    message_id: UUID | None = None
    times: tuple[datetime, ...] = ()
    """By digit, from 1."""
    over: bool = False
    """Of an offer: it can be had no more."""


class Ambiguous(Exception):
    """More than one question may be meant, or the answer is none: `about`."""

    def __init__(self, about: Question | None = None) -> None:
        self.about = about


def answered(word: Word, asked: Iterable[Question]) -> list[Question]:
    """The question that is answered, or those that one reminder put; none where nothing was asked.

    Raises `Ambiguous`.
    """
    fitting = [question for question in asked if _fits(word, question)]
    if not fitting:
        return []
    newest = max(question.asked_at for question in fitting)
    near = [question for question in fitting if newest - question.asked_at < AT_ONCE]
    if near[0].kind == "offer":
        near += [one for one in fitting if one.kind == "offer" and not one.over and one not in near]
    kinds = {question.kind for question in near}
    if len(kinds) > 1 or (kinds.isdisjoint({"reminder", "news"}) and len(near) > 1) or not _answers(word, near[0]):
        raise Ambiguous(min(near, key=lambda question: question.starts_at))
    return _of_one_text(word, near)


def _fits(word: Word, question: Question) -> bool:
    if question.kind == "reminder" and question.confirmed and word in AGREES:
        return False
    return question.kind in FITS[word]


def _answers(word: Word, question: Question) -> bool:
    """ "Reply N again to cancel": a yes to that is no answer; nor is it to a choice of times."""
    match question.kind:
        case "cancel_check":
            return word not in ("yes", "okay")
        case "times":
            return word == "another" or (word in DIGITS and DIGITS.index(word) < len(question.times))
        case _:
            return True


def _of_one_text(word: Word, near: list[Question]) -> list[Question]:
    first = min(near, key=lambda question: question.starts_at)
    together = [one for one in near if one.message_id is not None and one.message_id == first.message_id]
    if len(together) < 2:
        return [first]
    if word not in AGREES:
        raise Ambiguous(first)
    return sorted(together, key=lambda question: question.starts_at)
