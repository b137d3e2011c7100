"""What the words of a text mean, by themselves: `questions` finds what they answer.

Words: Twilio's opt-out keywords for long codes. Twilio itself answers STOP, START and HELP. A YES from a number
that had opted out means START, for Twilio as for us. Of what is no keyword every clause must be understood, and all
of them alike: "yes but at 4" is for a person.
"""

from __future__ import annotations

import re
from typing import Literal

from services.notify.talk.phrases import VOCABULARY, Aside, Word, phrase, without_manners
from services.notify.talk.plain import clauses, letters, put_right
from services.notify.talk.revocation import revoked

Meaning = Literal["stop", "revoke", "start", "help", "aside", "unclear"] | Word
"""`revoke`: no more texts, in words that Twilio does not know. `aside`: nothing has to be done about it."""

STOP = {"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"}
START = {"START", "UNSTOP"}
HELP = {"HELP", "INFO"}
LONGEST = 300
"""Characters of what is still an answer and not a letter."""

TOGETHER: dict[frozenset[Word], Word] = {
    frozenset({"yes", "confirm"}): "confirm",
    frozenset({"okay", "confirm"}): "confirm",
    frozenset({"yes", "okay", "confirm"}): "confirm",
    frozenset({"yes", "okay"}): "yes",
    frozenset({"no", "cannot"}): "cannot",
    frozenset({"yes", "cannot"}): "cannot",
    frozenset({"no", "another"}): "another",
    frozenset({"yes", "another"}): "another",
    frozenset({"cannot", "another"}): "another",
    frozenset({"no", "cannot", "another"}): "another",
}
ASKED_BACK: set[Word] = {"confirm", "yes", "okay", "no", "first", "second", "third"}
"""With a question mark behind them they are no answer."""
LEADING: set[Word | Aside | None] = {"yes", "okay", "confirm", "cannot"}
"""What may be followed by more without a mark in between. Not "no": "no cancele mi cita" wants to keep it."""
_LEADS_ON = re.compile(
    r".*\b(?:X|CANT|CANNOT|NOT|T|WONT|COULDNT|PUEDO|PODRE|PODREMOS|PODEMOS|PODER|CANCEL\w*|MISS|SKIP)"
)
"""What "I can't" leaves open is not said by what follows: "I can't cancel"."""

# What telephones send when a text of ours is tapped; it has our own words in it.
_TAPPED = re.compile(r"\s*(?:Liked|Loved|Emphasized|Laughed at|Le gust\u00f3|Le encant\u00f3)\s+[\u201c\"\u00ab]")


def meaning_of(body: str, opted_out: bool, opt_out_type: str = "") -> Meaning:
    """`opt_out_type` is what Twilio itself took it for: STOP, START, HELP, or nothing."""
    word = alone(body)
    if word in STOP or opt_out_type == "STOP":
        return "stop"
    if word in START or (opted_out if word == "YES" else opt_out_type == "START"):
        return "start"
    if _TAPPED.match(body):
        return "aside"
    if revoked(body):
        return "revoke"
    if meant := _answer(body):
        return meant
    return "help" if word in HELP or opt_out_type == "HELP" else "unclear"


def alone(body: str) -> str:
    """A text's only word, as Twilio compares it."""
    return body.strip(" \t\r\n.,!?'\"").upper()


def _answer(body: str) -> Word | Literal["aside"] | None:
    """1. Each clause without its manners. 2. What it means, as it is or its spelling put right. 3. All together."""
    if len(body) > LONGEST:
        return None
    text = letters(body)
    rests = [without_manners(clause) for clause in clauses(text)]
    meant = [one for rest, _ in rests if rest for one in _meanings(rest)]
    words = frozenset(one for one in meant if one and one not in ("thanks", "reason", "greeting"))
    if None in meant:
        return None
    if not words:
        thanked = any(thanks for _, thanks in rests) or "thanks" in meant
        return "aside" if thanked and "reason" not in meant else None
    return _together(words, "reason" in meant, "?" in text)  # type: ignore[arg-type]


def _meanings(clause: str) -> list[Word | Aside | None]:
    right = put_right(clause, VOCABULARY)
    if found := phrase(clause) or phrase(right):
        return [found]
    words = right.split()
    for at in range(1, len(words)):
        first, second = phrase(" ".join(words[:at])), phrase(" ".join(words[at:]))
        if first in LEADING and second and not _LEADS_ON.fullmatch(" ".join(words[:at])):
            return [first, second]
    return [None]


def _together(words: frozenset[Word], has_reason: bool, is_question: bool) -> Word | None:
    meant = next(iter(words)) if len(words) == 1 else TOGETHER.get(words)
    if meant in ASKED_BACK and (is_question or has_reason):
        return None
    return meant
