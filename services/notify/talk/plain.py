"""A text as it is compared: without accents, marks and case, and with the slips of the thumb put right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from rapidfuzz import process
from rapidfuzz.distance import OSA

SHORTEST, LONG = 5, 8
"""Letters of a word from which on one slip, and two, are put right."""
REAL = frozenset(
    ("CANCER", "CANCERS", "CHANCE", "CHANCES", "CHARGE", "CHARGED", "CHARGES", "CHANGED", "MOVED", "LATER", "PARTE",
     "CARTA", "CANCELLED", "CANCELED", "CANCELADA", "CANCELADO")
)  # fmt: skip
"""Words of their own, however close to one of ours."""

THUMB = "\N{THUMBS UP SIGN}"
_SIGNS = {THUMB: " THUMBSUP ", "\N{OK HAND SIGN}": " THUMBSUP ", "\N{WHITE HEAVY CHECK MARK}": " THUMBSUP "}


def letters(body: str) -> str:
    """In capitals, apostrophes and the hyphens within words left out; what ends a sentence stays."""
    for sign, word in _SIGNS.items():
        body = body.replace(sign, word)
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", body) if not unicodedata.combining(sign))
    upper = re.sub(r"['\u2018\u2019\u02bc`\u00b4]|(?<=\w)[-\u2010\u2011](?=\w)", "", bare).upper()
    return re.sub(r"_+|[^\w\s.,;:!?\n()]+", " ", upper)


def clauses(text: str) -> list[str]:
    """What stands between marks and conjunctions, as words with one blank in between."""
    parts = re.split(r"[.,:](?!\d)|[;!?()\n]|(?<=\w) (?:AND|BUT|SO(?! MUCH)|THEN|Y|PERO)(?= \w)", text)
    return [" ".join(found) for part in parts if (found := re.findall(r"\w+", part))]


def put_right(clause: str, vocabulary: Collection[str]) -> str:
    """Each longer word that is none of ours, but surely meant to be one."""
    return " ".join(_put_right(word, vocabulary) for word in clause.split())


def _put_right(word: str, vocabulary: Collection[str]) -> str:
    if len(word) < SHORTEST or word in vocabulary or word in REAL or not word.isalpha():
        return word
    slips = 2 if len(word) >= LONG else 1
    found = process.extractOne(word, vocabulary, scorer=OSA.distance, score_cutoff=slips)
    return found[0] if found else word
