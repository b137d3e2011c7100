"""ICD-10-CM codes, checked against the release that the package simple-icd-10-cm bundles.

Importing that package builds the whole classification as a tree (175 MB, two seconds). To know
whether a code exists its code list is enough: one text of 0.8 MB, searched as it is.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_SHAPE = re.compile(r"([A-Z][0-9][0-9A-Z])\.?([0-9A-Z]{0,4})", re.ASCII)


def diagnosis_code(text: str) -> str | None:
    """The code as it is printed, `M54.50`, from any usual spelling; None when there is no such code."""
    shape = _SHAPE.fullmatch(text.strip().upper())
    if shape is None or f"\n{shape[1]}{shape[2]}\n" not in _code_list():
        return None
    return f"{shape[1]}.{shape[2]}" if shape[2] else shape[1]


@cache
def _code_list() -> str:
    """Every code without its dot, each on a line of its own."""
    package = find_spec("simple_icd_10_cm")
    assert package is not None
    assert package.submodule_search_locations
    data = Path(package.submodule_search_locations[0]) / "data"
    newest = max(data.glob("code-list-*.txt"))
    return "\n" + "\n".join(newest.read_text("ascii").split()) + "\n"
