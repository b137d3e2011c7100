"""A form on one page of US Letter, to be filled in on the screen or by hand. Lengths are in points.

Only Helvetica is used: a form's fields are written by whoever fills them, and every reader has that typeface.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import segno

from services.referrals.forms.fields import AGAINST, CODE, FORM, FORMS, Field, Section, printed
from services.referrals.paper.intake_codes import spoken

WIDTH, HEIGHT = 612.0, 792.0
MARGIN, GAP, LABEL, LINE, HEADING = 34.0, 7.0, 9.0, 17.0, 18.0
QR = 84.0
INK, QUIET, GRID, PAPER = "#22303c", "#5b6771", "#9aa5ad", "#f6f9fa"
SMALL_PRINT = (
    "Dates like 2026-11-25 or 11/25/2026. What is left open is asked for. Pressure: Walton scale, 1 light to 5 deep."
)
_ONE_AT_A_TIME = threading.Lock()
"""The library keeps caches that are not made for threads."""


def drawn(kind: str, code: str, values: Mapping[str, str], contraindications: Sequence[str]) -> bytes:
    """The PDF. `values` are put into the fields beforehand, by name; `code` is the one-time code."""
    with _ONE_AT_A_TIME:
        written = Page(kind, values).drawn(code, contraindications)
    beyond = {name: value for name, value in values.items() if value != _latin(value)}
    return _exact(written, beyond) if beyond else written


def _latin(value: str) -> str:
    """As Helvetica has it: `Łukasz` is drawn as `?ukasz`."""
    return value.encode("latin-1", "replace").decode("latin-1")


def _exact(written: bytes, values: Mapping[str, str]) -> bytes:
    """With what these fields really hold; the reader draws them anew, with a typeface of its own."""
    from pypdf import PdfWriter
    from pypdf.generic import NameObject, TextStringObject

    writer = PdfWriter(clone_from=io.BytesIO(written))
    for annotation in writer.pages[0]["/Annots"]:  # type: ignore[attr-defined]
        field = annotation.get_object()
        if (name := field.get("/T")) in values:
            field[NameObject("/V")] = TextStringObject(values[name])
    writer.set_need_appearances_writer(True)
    exact = io.BytesIO()
    writer.write(exact)
    return exact.getvalue()


class Page:
    def __init__(self, kind: str, values: Mapping[str, str]) -> None:
        # Here, because the library is large, and few processes draw.
        from reportlab.lib.colors import HexColor
        from reportlab.pdfgen.canvas import Canvas

        self._kind, self._values, self._color = kind, values, HexColor
        self._title, self._sections, self._last = FORMS[kind]
        self._written = io.BytesIO()
        self._canvas: Any = Canvas(self._written, pagesize=(WIDTH, HEIGHT), invariant=1, lang="en")
        self._canvas.setTitle(self._title)
        self._canvas.setCreator("Fascia")
        self._y = HEIGHT - MARGIN

    def drawn(self, code: str, contraindications: Sequence[str]) -> bytes:
        self._head(code)
        for section in self._sections:
            self._section(section)
        self._ticks("What speaks against it, or limits it", contraindications)
        self._signature()
        self._foot()
        self._canvas.save()
        return self._written.getvalue()

    def _head(self, code: str) -> None:
        top = HEIGHT - MARGIN
        self._text(MARGIN, top - 18, self._title, 18, bold=True)
        self._text(
            MARGIN, top - 34, "Fill it in on the screen and send it back as it is; or print it, sign it, and give", 8.5
        )
        self._text(MARGIN, top - 45, "it to the patient. The code stands for this one sheet: it is good once.", 8.5)
        self._code(code, top)
        self._hidden(FORM, f"{self._kind}/1")
        self._y = top - 58

    def _code(self, code: str, top: float) -> None:
        matrix = segno.make(code, error="m", boost_error=False).matrix
        size = (QR - 6) / len(matrix)
        left = WIDTH - MARGIN - QR + 6
        self._canvas.setFillColor(self._color("#000000"))
        for row, line in enumerate(matrix):
            for column, dark in enumerate(line):
                if dark:
                    self._canvas.rect(left + column * size, top + 8 - (row + 1) * size, size, size, stroke=0, fill=1)
        self._hidden(CODE, code)
        self._text(left - 8, top - 2, spoken(code)[:17], 7, right=True)
        self._text(left - 8, top - 11, spoken(code)[18:], 7, right=True)

    def _section(self, section: Section) -> None:
        self._heading(section.title)
        for row in section.rows:
            self._row(row)

    def _heading(self, title: str) -> None:
        self._y -= HEADING
        self._text(MARGIN, self._y + 4, title, 10, bold=True)
        self._canvas.setStrokeColor(self._color(GRID))
        self._canvas.setLineWidth(0.5)
        self._canvas.line(MARGIN, self._y, self._row_end(), self._y)
        self._y -= 2

    def _row_end(self) -> float:
        return WIDTH - MARGIN - (QR if self._y > HEIGHT - MARGIN - QR - 4 else 0)

    def _row(self, row: Sequence[Field], left: float = MARGIN, across: float | None = None) -> None:
        across = across if across is not None else self._row_end() - left
        column = (across + GAP) / 12
        height = LINE + (max(field.lines for field in row) - 1) * 12
        self._y -= LABEL + height
        for field in row:
            width = field.width * column - GAP
            if field.kind == "tick":
                self._tick(field.name, field.label, left, self._y + 2)
            else:
                self._text(left, self._y + height + 2, field.label, 7)
                self._field(field, left, width, height)
            left += field.width * column
        self._y -= 2.5

    def _field(self, field: Field, x: float, width: float, height: float) -> None:
        look = {
            "name": field.name, "tooltip": field.label, "x": x + 0.6, "y": self._y + 0.6, "width": width - 1.2,
            "height": height - 1.2,
            "fontName": "Helvetica", "fontSize": 9 if field.lines == 1 else 8, "borderWidth": 0,
            "fillColor": self._color(PAPER), "textColor": self._color(INK),
        }  # fmt: skip
        value = _latin(self._values.get(field.name, ""))
        self._box(x, self._y, width, height)
        if field.choices:
            texts = dict(field.choices)
            self._canvas.acroForm.choice(
                **look, value=texts.get(value, " "), options=[" ", *texts.values()], fieldFlags="combo"
            )
            return
        flags = "multiline" if field.lines > 1 or field.kind == "lines" else ""
        self._canvas.acroForm.textfield(**look, value=value, maxlen=field.longest, fieldFlags=flags)

    def _box(self, x: float, y: float, width: float, height: float) -> None:
        """The frame of a field: of the page, so that it is printed by every program."""
        self._canvas.setStrokeColor(self._color(GRID))
        self._canvas.setLineWidth(0.6)
        self._canvas.rect(x, y, width, height, stroke=1, fill=0)

    def _tick(self, name: str, label: str, x: float, y: float) -> None:
        self._box(x, y, 10, 10)
        self._canvas.acroForm.checkbox(
            name=name, tooltip=label, x=x, y=y, size=10, buttonStyle="check", borderWidth=0, fieldFlags="",
            fillColor=self._color(PAPER), textColor=self._color(INK), checked=bool(self._values.get(name)),
        )  # fmt: skip
        self._text(x + 14, y + 2, label, 8)

    def _ticks(self, title: str, codes: Sequence[str]) -> None:
        self._heading(title)
        columns = 5
        for place, code in enumerate(codes):
            row, column = divmod(place, columns)
            y = self._y - 15 * (row + 1)
            x = MARGIN + column * (WIDTH - 2 * MARGIN) / columns
            self._tick(AGAINST + code, printed(code), x, y)
        self._y -= 15 * -(-len(codes) // columns)

    def _signature(self) -> None:
        self._y -= 6
        self._row(self._last)
        x = MARGIN + sum(field.width for field in self._last) * (WIDTH - 2 * MARGIN + GAP) / 12
        self._canvas.setStrokeColor(self._color(INK))
        self._canvas.line(x, self._y + 4, WIDTH - MARGIN, self._y + 4)
        self._text(x, self._y - 4, "Physician's signature", 7)

    def _foot(self) -> None:
        self._text(MARGIN, 20, SMALL_PRINT, 7)

    def _hidden(self, name: str, value: str) -> None:
        self._canvas.acroForm.textfield(
            name=name, value=value, x=WIDTH - 20, y=6, width=10, height=8, fontName="Helvetica", fontSize=4,
            annotationFlags="hidden", fieldFlags="readOnly", maxlen=64,
        )  # fmt: skip

    def _text(self, x: float, y: float, words: str, size: float, *, bold: bool = False, right: bool = False) -> None:
        self._canvas.setFillColor(self._color(INK if bold or size > 8 else QUIET))
        self._canvas.setFont("Helvetica-Bold" if bold else "Helvetica", size)
        (self._canvas.drawRightString if right else self._canvas.drawString)(x, y, words)
