"""What a form is drawn with: words, boxes, and the fields of a PDF. Lengths are in points, places from below left.

Everything is black on nothing: grey and shades come out of a fax as dots. Only Helvetica is used: a form's fields are
written by whoever fills them, and every reader has that typeface.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import segno

from services.referrals.forms.field import Field

WIDTH, HEIGHT = 612.0, 792.0
BOX, AFTER = 9.0, 4.0
"""A box to tick, and the room behind it."""
SMALL, PLAIN = 7.5, 8.5


class Pen:
    """Draws on one page after the other; `values` are put into the fields beforehand, by name."""

    def __init__(self, title: str, values: Mapping[str, str]) -> None:
        # Here, because the library is large, and few processes draw.
        from reportlab.lib.colors import black
        from reportlab.pdfgen.canvas import Canvas

        self._values, self._black = values, black
        self._written = io.BytesIO()
        self._canvas: Any = Canvas(self._written, pagesize=(WIDTH, HEIGHT), invariant=1, lang="en")
        self._canvas.setTitle(title)
        self._canvas.setCreator("Fascia")

    def next_page(self) -> None:
        self._canvas.showPage()

    def done(self) -> bytes:
        self._canvas.save()
        return self._written.getvalue()

    def words(
        self, x: float, y: float, said: str, size: float = PLAIN, *, bold: bool = False, room: float = 0
    ) -> float:
        """Smaller where there is not the room. Where they end."""
        face = "Helvetica-Bold" if bold else "Helvetica"
        width = float(self._canvas.stringWidth(said, face, size))
        shrunk = room / width if 0 < room < width else 1.0
        self._canvas.setFillColor(self._black)
        self._canvas.setFont(face, size * shrunk)
        self._canvas.drawString(x, y, said)
        return x + width * shrunk

    def words_up_to(self, x: float, y: float, said: str, size: float) -> None:
        self._canvas.setFillColor(self._black)
        self._canvas.setFont("Helvetica", size)
        self._canvas.drawRightString(x, y, said)

    def line(self, x: float, y: float, to: float) -> None:
        self._canvas.setLineWidth(0.6)
        self._canvas.line(x, y, to, y)

    def label(self, field: Field, x: float, y: float, size: float = SMALL) -> float:
        """With its mark where it is needed, and its hint, smaller. Where it ends."""
        end = self.words(x, y, field.label, size)
        if field.needed:
            end = self.words(end + 1.5, y, "*", size + 1, bold=True)
        return self.words(end + 3, y, f"({field.hint})", SMALL - 1) if field.hint else end

    def field(self, field: Field, x: float, y: float, width: float, height: float) -> None:
        """To be written into, or with a list to choose from."""
        look = {
            "name": field.name, "tooltip": _told(field), "x": x + 0.6, "y": y + 0.6, "width": width - 1.2,
            "height": height - 1.2, "fontName": "Helvetica", "fontSize": 9 if field.lines == 1 else 8,
            "borderWidth": 1, "fillColor": None, "borderColor": None, "textColor": self._black,
        }  # fmt: skip
        self._box(x, y, width, height)
        flags = ["required"] if field.needed else []
        value = latin(self._values.get(field.name, ""))
        if field.choices:
            texts = dict(field.choices)
            choices = {"value": texts.get(value, " "), "options": [" ", *texts.values()]}
            self._canvas.acroForm.choice(**look, **choices, fieldFlags=" ".join(["combo", *flags]))
            return
        if field.lines > 1 or field.kind == "lines":
            flags.append("multiline")
        self._canvas.acroForm.textfield(**look, value=value, maxlen=field.longest, fieldFlags=" ".join(flags))

    def tick(self, name: str, label: str, x: float, y: float, width: float) -> None:
        """A box with its label behind it."""
        self._box(x, y, BOX, BOX)
        self._canvas.acroForm.checkbox(
            name=name, tooltip=label, checked=bool(self._values.get(name)), fieldFlags="", buttonStyle="check",
            **self._to_tick(x, y),
        )  # fmt: skip
        self.words(x + BOX + AFTER, y + 1.5, label, room=width - BOX - AFTER)

    def one_of(self, field: Field, x: float, y: float) -> None:
        """A box for each choice, of which one is ticked; a second click takes the tick away."""
        end = self.label(field, x, y + 1.5, PLAIN) + 7
        for code, text in field.choices:
            self._box(end, y, BOX, BOX)
            self._canvas.acroForm.radio(
                name=field.name, tooltip=_told(field), value=code, selected=self._values.get(field.name) == code,
                fieldFlags="radio required" if field.needed else "radio", buttonStyle="check", shape="square",
                **self._to_tick(end, y),
            )  # fmt: skip
            end = self.words(end + BOX + AFTER, y + 1.5, text) + 7

    def hidden(self, name: str, value: str) -> None:
        self._canvas.acroForm.textfield(
            name=name, value=value, x=WIDTH - 20, y=6, width=10, height=8, fontName="Helvetica", fontSize=4,
            annotationFlags="hidden", fieldFlags="readOnly", maxlen=64,
        )  # fmt: skip

    def square(self, code: str, left: float, top: float, size: float) -> None:
        """A QR code without its quiet zone: four of its dots have to stay free around it (ISO/IEC 18004, 9.1)."""
        matrix = segno.make(code, error="m", boost_error=False).matrix
        dot = size / len(matrix)
        # In one stroke: dot by dot, some programs leave hair-thin gaps between them.
        path = self._canvas.beginPath()
        for row, line in enumerate(matrix):
            for column, dark in enumerate(line):
                if dark:
                    path.rect(left + column * dot, top - (row + 1) * dot, dot, dot)
        self._canvas.setFillColor(self._black)
        self._canvas.drawPath(path, stroke=0, fill=1)

    def _to_tick(self, x: float, y: float) -> dict[str, Any]:
        look = {"x": x, "y": y, "size": BOX, "borderWidth": 0, "textColor": self._black}
        return {**look, "fillColor": None, "borderColor": None}

    def _box(self, x: float, y: float, width: float, height: float) -> None:
        """The frame of a field: of the page, so that it is printed by every program."""
        self._canvas.setStrokeColor(self._black)
        self._canvas.setLineWidth(0.6)
        self._canvas.rect(x, y, width, height, stroke=1, fill=0)


def latin(value: str) -> str:
    """As Helvetica has it: `Łukasz` is drawn as `?ukasz`."""
    return value.encode("latin-1", "replace").decode("latin-1")


def _told(field: Field) -> str:
    """For whoever has the form read aloud, or points at the field."""
    hint = f" ({field.hint})" if field.hint else ""
    return f"{field.label}{hint}{', needed' if field.needed else ''}"
