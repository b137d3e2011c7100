"""One field of a form, and the sections that fields stand in. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from services.referrals.forms.choices import Choices

Kind = Literal["text", "date", "number", "tick", "lines", "codes", "language", "choice", "answer"]
"""`lines`: one item a line, or with semicolons between; `codes`: with commas too; `answer`: yes, no, or not said."""


@dataclass(frozen=True, slots=True)
class Field:
    path: str
    label: str
    """As printed."""
    width: int = 12
    """Of 12 columns."""
    kind: Kind = "text"
    lines: int = 1
    choices: Choices = ()
    longest: int = 200
    hint: str = ""
    """Printed behind the label, for whoever fills it in by hand."""
    needed: bool = False
    is_listed: bool = False
    """Its choices are in a list, which paper does not show; else each has a box of its own."""

    @property
    def name(self) -> str:
        return self.path.replace(".", "_")

    @property
    def is_ticked(self) -> bool:
        """Filled in by a tick, so that its label stands beside it."""
        return self.kind == "tick" or bool(self.choices and not self.is_listed)


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    rows: tuple[tuple[Field, ...], ...]
