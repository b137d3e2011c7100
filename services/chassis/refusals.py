"""Errors that carry a code and facts; `api` turns them into HTTP in one place."""

from __future__ import annotations

import re
from typing import Any, ClassVar


class Refusal(Exception):
    """A rule said no. Subclasses read as facts: `SlotTaken`, `NoVisitsLeft`; the code is the snake_case."""

    status: ClassVar[int] = 409
    message: ClassVar[str] = "This is not possible."

    def __init__(self, /, **facts: Any) -> None:
        super().__init__(self.code)
        self.facts = facts

    @property
    def code(self) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


class NotFound(Refusal):
    status = 404
    message = "There is nothing under this id."


class Invalid(Refusal):
    """Input that is well-formed but wrong; facts map a field to what to do about it."""

    status = 422
    message = "Some fields need correction."
