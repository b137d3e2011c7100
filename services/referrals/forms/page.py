"""A form on US Letter that prints on A4 too, to be filled in on the screen or by hand. Lengths are in points."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from services.referrals.forms.field import Field, Section
from services.referrals.forms.fields import AGAINST, CODE, FORM, FORMS, printed
from services.referrals.forms.finish import finished
from services.referrals.forms.letterhead import AL_PACIENTE, TO_THE_PATIENT, Letterhead
from services.referrals.forms.pen import HEIGHT, SMALL, WIDTH, Pen
from services.referrals.paper.intake_codes import spoken

MARGIN = 36.0
"""Half an inch, which every printer can do; the right one is left on A4, which is 17 points narrower."""
LEFT, RIGHT = MARGIN, WIDTH - MARGIN
GAP, LABEL, LINE, MORE, BETWEEN, TICKED, HEADING = 7.0, 9.0, 17.0, 12.0, 2.5, 14.5, 17.0
SQUARE, QUIET = 75.0, 12.0
FOOT = 48.0
"""Below it nothing is filled in."""
COLUMNS, IN_A_ROW = 12, 5
_ONE_AT_A_TIME = threading.Lock()
"""The library keeps caches that are not made for threads."""


def drawn(
    kind: str, code: str, values: Mapping[str, str], contraindications: Sequence[str], letterhead: Letterhead
) -> bytes:
    """The PDF. `values` are put into the fields beforehand, by name; `code` is the one-time code."""
    with _ONE_AT_A_TIME:
        return finished(Page(kind, values, letterhead).drawn(code, contraindications), values)


class Page:
    def __init__(self, kind: str, values: Mapping[str, str], letterhead: Letterhead) -> None:
        self._kind, self._letterhead = kind, letterhead
        self._title, self._sections, self._last = FORMS[kind]
        self._pen = Pen(self._title, values)
        self._y, self._number, self._code = HEIGHT - MARGIN, 1, ""

    def drawn(self, code: str, contraindications: Sequence[str]) -> bytes:
        self._code = spoken(code)
        self._head(code)
        for section in self._sections:
            self._section(section)
        self._ticks("What speaks against it, or limits it", contraindications)
        self._signature()
        self._foot()
        return self._pen.done()

    def _head(self, code: str) -> None:
        """The practice above the title, and what to do with the form; the square with its code on the right."""
        room = RIGHT - SQUARE - QUIET - LEFT
        self._pen.words(LEFT, self._y - 8, self._letterhead.name, 10, bold=True, room=room)
        self._pen.words(LEFT, self._y - 18, self._letterhead.reached, SMALL, room=room)
        self._pen.words(LEFT, self._y - 40, self._title, 17, bold=True)
        for place, said in enumerate(self._letterhead.how_to()):
            self._pen.words(LEFT, self._y - 55 - 10 * place, said, 8, room=room)
        self._pen.hidden(FORM, f"{self._kind}/1")
        self._pen.hidden(CODE, code)
        self._pen.square(code, RIGHT - SQUARE, self._y, SQUARE)
        for place, part in enumerate((self._code[:17], self._code[18:])):
            self._pen.words_up_to(RIGHT, self._y - SQUARE - QUIET - 7 - 8 * place, part, SMALL - 0.5)
        self._y -= SQUARE + QUIET + 10

    def _section(self, section: Section) -> None:
        self._heading(section.title)
        for row in section.rows:
            self._row(row)

    def _heading(self, title: str) -> None:
        self._y -= HEADING
        self._pen.words(LEFT, self._y + 4, title, 10, bold=True)
        self._pen.line(LEFT, self._y, RIGHT)
        self._y -= 2

    def _row(self, row: Sequence[Field]) -> None:
        left, column = LEFT, (RIGHT - LEFT + GAP) / COLUMNS
        height = LINE + (max(field.lines for field in row) - 1) * MORE
        are_ticked = all(field.is_ticked for field in row)
        self._y -= TICKED if are_ticked else LABEL + height
        for field in row:
            self._one(field, left, field.width * column - GAP, height, 1.5 if are_ticked else 3.5)
            left += field.width * column
        self._y -= BETWEEN

    def _one(self, field: Field, left: float, width: float, height: float, raised: float) -> None:
        if field.kind == "tick":
            self._pen.tick(field.name, field.label, left, self._y + raised, width)
        elif field.is_ticked:
            self._pen.one_of(field, left, self._y + raised)
        else:
            self._pen.label(field, left, self._y + height + 2)
            self._pen.field(field, left, self._y, width, height)

    def _ticks(self, title: str, codes: Sequence[str]) -> None:
        """The clinic's own table may be a long one: then it goes on overleaf, with the signature."""
        if self._y - HEADING - TICKED * -(-len(codes) // IN_A_ROW) - LABEL - LINE < FOOT:
            self._overleaf()
        self._heading(title)
        width = (RIGHT - LEFT + GAP) / IN_A_ROW
        for place, code in enumerate(codes):
            row, column = divmod(place, IN_A_ROW)
            y = self._y - TICKED * (row + 1) + 1.5
            self._pen.tick(AGAINST + code, printed(code), LEFT + column * width, y, width - GAP)
        self._y -= TICKED * -(-len(codes) // IN_A_ROW)

    def _signature(self) -> None:
        self._y -= BETWEEN
        self._row(self._last)
        x = LEFT + sum(field.width for field in self._last) * (RIGHT - LEFT + GAP) / COLUMNS
        self._pen.line(x, self._y + 4, RIGHT)
        self._pen.words(x, self._y - 4, "Physician's signature", SMALL)

    def _overleaf(self) -> None:
        """With the code, so that two sheets of paper find together again."""
        self._foot(", continued")
        self._pen.next_page()
        self._y, self._number = HEIGHT - MARGIN, self._number + 1
        self._pen.words(LEFT, self._y - 12, self._title, 12, bold=True)
        self._pen.words_up_to(RIGHT, self._y - 12, self._code, SMALL - 0.5)
        self._y -= 20

    def _foot(self, more: str = "") -> None:
        self._pen.words(LEFT, MARGIN - 2, f"{TO_THE_PATIENT}   {AL_PACIENTE}", SMALL)
        self._pen.words_up_to(RIGHT, MARGIN - 2, f"Page {self._number}{more}", SMALL)
