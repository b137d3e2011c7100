"""ICD-10-CM codes as the table names them: a prefix such as `I97.2`, or a range of categories such as `C00-D09`."""

from __future__ import annotations

import re

Span = tuple[str, str]
"""First and last; the same twice for a prefix."""

_CODE = re.compile(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?", re.ASCII)
_CATEGORY = re.compile(r"[A-Z]\d[0-9A-Z]", re.ASCII)


def span(text: str) -> Span | None:
    """None when it is neither a code nor a range of categories."""
    first, dash, last = text.partition("-")
    if not dash:
        return (first, first) if _CODE.fullmatch(first) else None
    sound = _CATEGORY.fullmatch(first) and _CATEGORY.fullmatch(last) and first <= last
    return (first, last) if sound else None


def covers(span: Span, code: str) -> bool:
    """Whether a code lies inside: a prefix covers what begins with it, a range whole categories."""
    first, last = span
    return code.startswith(first) if first == last else first <= code[:3] <= last
