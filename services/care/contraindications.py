"""The clinic's table of contraindications: data with its provenance, which the clinic can edit.

Sources disagree on some of it, so each entry says where it comes from and what is disputed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from services.care.icd import Span, covers
from services.care.table_reading import TableError, read

Kind = Literal["absolute", "local", "modify"]

PACKAGED = Path(__file__).with_name("contraindications.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contraindication:
    """`max_pressure` is 1 to 5 (Walton), `max_minutes` the longest session; None: no limit."""

    code: str
    kind: Kind
    scope: str
    says: str
    max_pressure: int | None = None
    position: str | None = None
    max_minutes: int | None = None
    certification: str | None = None
    diagnoses: tuple[Span, ...] = ()
    sources: tuple[str, ...] = ()
    disagree: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    version: int
    entries: tuple[Contraindication, ...]

    def get(self, code: str) -> Contraindication | None:
        return next((one for one in self.entries if one.code == code), None)

    def unknown(self, codes: Iterable[str]) -> list[str]:
        known = {one.code for one in self.entries}
        return [code for code in codes if code not in known]

    def implied_by(self, diagnoses: Iterable[str]) -> tuple[str, ...]:
        """Codes of what follows from ICD-10-CM codes, in the table's order."""
        found = tuple(diagnoses)
        return tuple(
            one.code for one in self.entries if any(covers(span, code) for span in one.diagnoses for code in found)
        )


@cache
def packaged() -> Table:
    return load(PACKAGED)


def load(path: str | Path) -> Table:
    """The table in a YAML file. Raises `TableError` (a `ValueError`) that names every mistake and its place."""
    try:
        document = yaml.safe_load(Path(path).read_text("utf-8"))
    except OSError as error:
        raise TableError([f"cannot be read: {error.strerror}"]) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise TableError(["is not YAML"]) from None
    version, entries = read(document)
    return Table(version, tuple(Contraindication(**entry) for entry in entries))
