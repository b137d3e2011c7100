"""How many SMS segments a text takes: GSM-7 160/153 septets, UCS-2 70/67 code units (3GPP TS 23.038)."""

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")


def segments(body: str) -> int:
    """The number of segments ``body`` is sent in, at least 1."""
    if all(char in BASIC or char in EXTENSION for char in body):
        return _parts([2 if char in EXTENSION else 1 for char in body], whole=160, part=153)
    return _parts([2 if ord(char) > 0xFFFF else 1 for char in body], whole=70, part=67)


def _parts(widths: list[int], whole: int, part: int) -> int:
    if sum(widths) <= whole:
        return 1
    count, room = 1, part
    for width in widths:
        # An escaped character or a surrogate pair is never split over two segments.
        if width > room:
            count, room = count + 1, part
        room -= width
    return count
