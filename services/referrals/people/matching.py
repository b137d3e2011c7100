"""Whether two records are of one person: a score of four comparisons, each with its points.

A same person has the same name and the same date of birth, and something by which they are reached besides; likeness
alone never decides, because twins share a birthday, a phone and half a name. What comes near goes to the desk.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from rapidfuzz import fuzz

from services.referrals.people.sound import sounds

Outcome = Literal["same", "maybe", "new"]

POINTS: dict[str, dict[str, int]] = {
    "name": {"same": 40, "alike": 25, "partly": 0, "different": -40},
    "born_on": {"same": 35, "near": 10, "different": -40},
    "phone": {"same": 20, "unknown": 0, "different": -5},
    "email": {"same": 20, "unknown": 0, "different": -5},
}
SAME = 90
MAYBE = 50
ALIKE = 88
"""Of 100: how like two names are written, whatever the order of their words."""


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    born_on: str
    """ISO date."""
    phone: str | None
    """E.164."""
    email: str | None

    @classmethod
    def of(cls, contact: Mapping[str, Any]) -> Person:
        return cls(contact["name"], contact["born_on"], contact["phone"], contact["email"])


@dataclass(frozen=True, slots=True)
class Score:
    findings: dict[str, str]
    """What was compared → how it came out; see `POINTS`."""

    @property
    def total(self) -> int:
        return sum(POINTS[what][how] for what, how in self.findings.items())

    @property
    def reasons(self) -> dict[str, dict[str, Any]]:
        return {what: {"how": how, "points": POINTS[what][how]} for what, how in self.findings.items()}

    @property
    def outcome(self) -> Outcome:
        certain = self.findings["name"] == self.findings["born_on"] == "same"
        if certain and self.total >= SAME:
            return "same"
        return "maybe" if self.total >= MAYBE else "new"


def score(one: Person, other: Person) -> Score:
    return Score(
        {
            "name": names(one.name, other.name),
            "born_on": birthdays(one.born_on, other.born_on),
            "phone": _contacts(one.phone, other.phone),
            "email": _contacts(_folded(one.email), _folded(other.email)),
        }
    )


def plain(name: str) -> str:
    """A name without accents, case, punctuation and order: `Núñez, Ana` and `Ana Nunez` are alike written.

    The marks that are letters of their script (vowels of Hindi and Thai, the voicing of Japanese) stay. A name of signs
    alone is those signs.
    """
    letters = unicodedata.normalize("NFKD", name).casefold()
    seen = "".join(letter for letter in letters if not _is_accent(letter))
    words = "".join(letter if _is_letter(letter) else " " for letter in seen).split()
    return " ".join(sorted(words or seen.split()))


def _is_accent(letter: str) -> bool:
    """Also the points of Hebrew and Arabic, which are written or not, and what nobody sees."""
    order = unicodedata.combining(letter)
    return 10 <= order <= 36 or order >= 200 or unicodedata.category(letter) == "Cf" or letter in _SELECTORS


def _is_letter(letter: str) -> bool:
    return letter.isalnum() or unicodedata.category(letter).startswith("M")


_SELECTORS = frozenset(map(chr, (0x34F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""They choose among the shapes of one letter."""


def names(one: str, other: str) -> str:
    first, second = plain(one), plain(other)
    if first == second:
        return "same"
    words, others = set(first.split()), set(second.split())
    one_in_other = len(words & others) >= 2 and (words <= others or others <= words)
    if one_in_other or fuzz.ratio(first, second) >= ALIKE or sounds(first) == sounds(second):
        return "alike"
    return "partly" if words & others else "different"


def birthdays(one: str, other: str) -> str:
    """`near`: one digit differs, or day and month changed places."""
    if one == other:
        return "same"
    slips = sum(digit != another for digit, another in zip(one, other, strict=True))
    first, second = date.fromisoformat(one), date.fromisoformat(other)
    swapped = (first.year, first.day, first.month) == (second.year, second.month, second.day)
    return "near" if slips == 1 or swapped else "different"


def _contacts(one: str | None, other: str | None) -> str:
    if not one or not other:
        return "unknown"
    return "same" if one == other else "different"


def _folded(email: str | None) -> str | None:
    return email.casefold() if email else None
