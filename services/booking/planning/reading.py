"""Reading JSON with the name of each field at hand, so that a mistake can be shown where it is."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NoReturn

from services.booking.planning.errors import ProblemError
from services.booking.planning.spans import Spans
from services.booking.planning.wallclock import DAY


@dataclass(frozen=True, slots=True)
class Field:
    """A value out of JSON and the path that leads to it. Readers raise `ProblemError` on a wrong type."""

    path: str
    value: Any

    def refuse(self, hint: str) -> NoReturn:
        raise ProblemError(self.path, hint)

    def optional(self, name: str) -> "Field | None":
        """The member of that name, None where it is absent or null."""
        self.members()
        value = self.value.get(name)
        return None if value is None else Field(self._below(name), value)

    def __getitem__(self, name: str) -> "Field":
        return self.optional(name) or Field(self._below(name), None).refuse("is missing; give a value")

    def members(self) -> list[str]:
        return list(self.value) if isinstance(self.value, dict) else self.refuse("give an object {…}")

    def items(self) -> list["Field"]:
        return [Field(f"{self.path}[{index}]", value) for index, value in enumerate(self._list())]

    def whole(self) -> int:
        return self.value if type(self.value) is int else self.refuse("give a whole number")

    def text(self) -> str:
        return self.value if isinstance(self.value, str) else self.refuse("give a text")

    def day(self) -> date:
        try:
            return date.fromisoformat(self.text() if re.fullmatch(r"[\d-]{10}", self.text(), re.ASCII) else "")
        except ValueError:
            self.refuse("write a date such as 2027-03-08")

    def minute_of_day(self) -> int:
        """0 for 00:00 up to 1440 for 24:00."""
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d|24:00", self.text(), re.ASCII):
            self.refuse("write a time of day such as 09:00")
        return int(self.value[:2]) * 60 + int(self.value[3:])

    def start(self) -> time:
        minute = self.minute_of_day()
        return time(*divmod(minute, 60)) if minute < DAY else self.refuse("write 00:00 of the next date")

    def instant(self) -> datetime:
        try:
            at = datetime.fromisoformat(self.text())
        except ValueError:
            self.refuse("write an instant such as 2027-03-08T14:00:00Z")
        return at if at.tzinfo else self.refuse("add the offset from UTC, such as Z")

    def spans(self) -> Spans:
        return Spans.read(self._list(), self.path)

    def _list(self) -> list[Any] | tuple[Any, ...]:
        return self.value if isinstance(self.value, list | tuple) else self.refuse("give a list […]")

    def _below(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name
