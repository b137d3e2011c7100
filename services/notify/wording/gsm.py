"""The alphabet of a text message: one character outside it makes every text cost and weigh double.

Source: 3GPP TS 23.038, GSM 7 bit default alphabet and its extension table.
"""

from __future__ import annotations

import unicodedata

SEGMENT = 160
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
_ALPHABET = BASIC | EXTENSION
_PLAIN = str.maketrans({
    "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "–": "-", "—": "-", "‑": "-", "…": "...", "·": "-", "•": "-", "`": "'", "\t": " ",
    "\xa0": " ", "\u202f": " ", "\u2009": " ",
})  # fmt: skip
_WITHOUT_A_SOUND = frozenset({"So", "Sk", "Mn", "Me", "Cf", "Cc", "Co", "Cn", "Cs"})
"""Categories of emoji and their joints, marks, and what cannot be seen: nothing is missed without them."""


def septets(text: str) -> int:
    """How much of a segment's 160 septets a text of the alphabet takes."""
    return len(text) + sum(map(text.count, EXTENSION))


def downgrade(text: str) -> str:
    """The same text in the alphabet: typographic signs and unknown accents made plain, emoji left out, what
    cannot be said otherwise a `?`."""
    if _ALPHABET.issuperset(text):
        return text
    return "".join(map(_plain, unicodedata.normalize("NFC", text).translate(_PLAIN)))


def _plain(character: str) -> str:
    if character in _ALPHABET:
        return character
    if unicodedata.category(character) in _WITHOUT_A_SOUND:
        return ""
    return "".join(one for one in unicodedata.normalize("NFKD", character) if one in _ALPHABET) or "?"
