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
_PLAIN = str.maketrans({
    "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "–": "-", "—": "-", "‑": "-", "…": "...", "·": "-", "•": "-", "`": "'", "\t": " ",
    "\xa0": " ", "\u202f": " ", "\u2009": " ", "\u200b": None,
})  # fmt: skip


def septets(text: str) -> int:
    """How much of a segment's 160 septets a text of the alphabet takes."""
    return sum(2 if character in EXTENSION else 1 for character in text)


def downgrade(text: str) -> str:
    """The same text in the alphabet: typographic signs and unknown accents made plain, the rest a `?`."""
    return "".join(_plain(character) for character in unicodedata.normalize("NFC", text).translate(_PLAIN))


def _plain(character: str) -> str:
    if character in BASIC or character in EXTENSION:
        return character
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base in BASIC else "?"
