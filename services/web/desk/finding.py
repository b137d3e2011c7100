"""Who is meant by what somebody typed: names without case, accents and order. Pure."""

from __future__ import annotations

import unicodedata


def is_meant(typed: str, *named: str) -> bool:
    """Whether each word that was typed begins a word of these names; nothing typed means nobody."""
    words, known = _words(typed), [word for name in named for word in _words(name)]
    return bool(words) and all(any(one.startswith(word) for one in known) for word in words)


def _words(text: str) -> list[str]:
    plain = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return "".join(one if one.isalnum() else " " for one in plain.casefold()).split()
