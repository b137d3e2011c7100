"""The blocks of the page, from its head to its table of visits. Lengths are in points."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

import phonenumbers
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable, Image, Paragraph, Spacer, Table, TableStyle

from services.booking.reports import wording
from services.booking.reports.drawing import BOLD, GOOD, GRID, INK, PLAIN, QUIET
from services.booking.reports.parts import Kept, NotKept, Report
from services.booking.treatment.outcome import Course

MOST_COURSES, MOST_VISITS, MOST_ROOMY = 8, 26, 14
PALE = "#f3f6f8"
_UNDER = ("LINEBELOW", (0, 0), (-1, -1), 0.8, HexColor(INK))

_HOW_TO_READ = (
    "A change matters when it is at least as large as patients commonly notice; what is shaded in the chart is better"
    " than the first value by that much. Pain is told from 0 to 10, pressure on the Walton scale from 1 to 5."
)


def _style(size: float, color: str = INK, font: str = PLAIN, **more: Any) -> ParagraphStyle:
    more = {"leading": size * 1.28, **more}
    return ParagraphStyle("_", fontName=font, fontSize=size, textColor=HexColor(color), **more)


def fit(text: str, width: float, size: float, font: str = PLAIN) -> str:
    """As much of a text as one line has room for."""
    if stringWidth(text, font, size) <= width:
        return text
    while text and stringWidth(f"{text}…", font, size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


class Blocks:
    def __init__(self, report: Report, width: float) -> None:
        self.report = report
        self.width = width

    def all(self, drawn: bytes | None) -> list[Flowable]:
        story = [self.head(), Spacer(0, 8)]
        if drawn is None:
            story += [self.figures(), Spacer(0, 10), self.nothing()]
            return [*story, Spacer(0, 10), self.visits()] if self.report.not_kept else story
        story += [self.figures(), Spacer(0, 7), self.advice(), Spacer(0, 7), self.picture(drawn), Spacer(0, 5)]
        return [*story, self.courses(), Spacer(0, 7), self.visits()]

    def head(self) -> Flowable:
        place, room = self.report.place, self.width - 190
        contact = " · ".join(part for part in (_phone(place.phone), place.email) if part)
        left = [
            Paragraph(_lines(place.name, room, 11, BOLD), _style(11, font=BOLD)),
            Paragraph(_lines(place.address, room, 7.5), _style(7.5, QUIET)),
            Paragraph(escape(fit(contact, room, 7.5)), _style(7.5, QUIET)),
        ]
        right = [
            Paragraph(wording.title(self.report), _style(16, font=BOLD, alignment=TA_RIGHT)),
            Paragraph(escape(f"Referral {self.report.reference}"), _style(9, alignment=TA_RIGHT)),
        ]
        made = Table([[left, right]], [room + 10, 180])
        made.setStyle(_plain([*_padded(0, 0), ("BOTTOMPADDING", (0, 0), (-1, -1), 6), _UNDER]))
        return made

    def figures(self) -> Flowable:
        report = self.report
        told = [
            (f"{report.kept} of {report.planned}", "visits kept"),
            (str(report.missed), "missed"),
            (str(report.cancelled_late), "cancelled late"),
            (str(report.to_come), "to come"),
            (wording.period(report), f"treated by {', '.join(report.therapists)}" if report.visits else "treated"),
        ]
        widths = [self.width * share for share in (0.16, 0.1, 0.15, 0.1, 0.49)]
        cells = [
            [Paragraph(figure, _style(12, font=BOLD)), Paragraph(escape(fit(label, room - 8, 7)), _style(7, QUIET))]
            for (figure, label), room in zip(told, widths, strict=True)
        ]
        made = Table([cells], widths)
        made.setStyle(_plain([]))
        return made

    def advice(self) -> Flowable:
        advised = self.report.recommendation
        assert advised is not None
        said = [
            Paragraph(
                f"Recommendation: <b>{wording.FOLLOW_UP[advised.follow_up]}</b>"
                f' <font size="7.5" color="{QUIET}"> {escape(wording.signature(advised))}</font>',
                _style(9.5),
            )
        ]
        if advised.reasons:
            said.append(Paragraph(escape(advised.reasons[-1]), _style(7.5, QUIET)))
        made = Table([[said]], [self.width])
        color = GOOD if advised.signed else PALE
        made.setStyle(_plain([("BACKGROUND", (0, 0), (-1, -1), HexColor(color)), *_padded(5, 8)]))
        return made

    def nothing(self) -> Flowable:
        made = Table([[Paragraph(wording.nothing(self.report), _style(9.5))]], [self.width])
        made.setStyle(_plain([("BACKGROUND", (0, 0), (-1, -1), HexColor(PALE)), *_padded(10, 10)]))
        return made

    def picture(self, drawn: bytes) -> Flowable:
        image = Image(io.BytesIO(drawn))
        scale = self.width / image.imageWidth
        image.drawWidth, image.drawHeight = self.width, image.imageHeight * scale
        return image

    def courses(self) -> Flowable:
        shown = self.report.courses[:MOST_COURSES]
        rows = [["Measure", "first", "last", "change", "matters from", ""], *map(_course, shown)]
        widths = [self.width * share for share in (0.39, 0.09, 0.09, 0.1, 0.13, 0.2)]
        left_out = len(self.report.courses) - len(shown)
        if left_out:
            rows.append([f"and {left_out} more", "", "", "", "", ""])
        return self._table(rows, widths, numbers=(1, 4))

    def visits(self) -> Flowable:
        every: list[Kept | NotKept] = sorted(
            [*self.report.visits, *self.report.not_kept], key=lambda one: (one.on, one.number)
        )
        shown = every[-MOST_VISITS:]
        rows = [["", "date", "therapist", "pain", "pressure", "techniques and areas"], *map(_visit, shown)]
        if len(every) > len(shown):
            rows.append(["", f"and {len(every) - len(shown)} earlier", "", "", "", ""])
        widths = [self.width * share for share in (0.05, 0.13, 0.22, 0.09, 0.09, 0.42)]
        if len(rows) <= MOST_ROOMY:
            return self._table(rows, widths, numbers=(0, 0), lines=2)
        return self._table(rows, widths, size=6.8, height=10.4, numbers=(0, 0))

    def _table(
        self,
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        *,
        size: float = 7.5,
        height: float = 12.5,
        numbers: tuple[int, int],
        lines: int = 1,
    ) -> Flowable:
        """Cells of so many lines at most; the columns `numbers`, first to last, aligned to the right."""
        cells = [[_cell(text, room - 7, size, lines) for text, room in zip(row, widths, strict=True)] for row in rows]
        heights = [height + 1.2 * size * max(cell.count("\n") for cell in row) for row in cells]
        made = Table(cells, widths, heights)
        made.setStyle(
            _plain(
                [
                    ("FONT", (0, 0), (-1, -1), PLAIN, size, size * 1.2),
                    ("TEXTCOLOR", (0, 0), (-1, -1), HexColor(INK)),
                    ("TEXTCOLOR", (0, 0), (-1, 0), HexColor(QUIET)),
                    ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor(GRID)),
                    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                    ("ALIGN", (numbers[0], 0), (numbers[1], -1), "RIGHT"),
                    ("RIGHTPADDING", (0, 0), (-1, -1), 7),
                ]
            )
        )
        return made


def _broken(text: str, width: float, size: float, most: int, font: str = PLAIN) -> list[str]:
    lines: list[str] = simpleSplit(text, font, size, width)
    if len(lines) > most:
        lines[most - 1 :] = [" ".join(lines[most - 1 :])]
    return [fit(line, width, size, font) for line in lines]


def _cell(text: str, width: float, size: float, most: int) -> str:
    return "\n".join(_broken(text, width, size, most))


def _lines(text: str, width: float, size: float, font: str = PLAIN) -> str:
    """A paragraph's text, broken to two lines."""
    return "<br/>".join(map(escape, _broken(text, width, size, 2, font)))


def _plain(more: list[tuple[Any, ...]]) -> TableStyle:
    return TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *_padded(0, 0), *more])


def _padded(upright: float, sideways: float) -> list[tuple[Any, ...]]:
    sides = {"TOP": upright, "BOTTOM": upright, "LEFT": sideways, "RIGHT": sideways}
    return [(f"{side}PADDING", (0, 0), (-1, -1), room) for side, room in sides.items()]


def _course(course: Course) -> list[str]:
    measure, judged = course.measure, course.trend
    unit = {"points": f"{measure.least} to {measure.most}", "degrees": "degrees"}.get(measure.unit, measure.unit)
    change = wording.number(judged.change)
    return [
        f"{wording.name(course)} ({unit})",
        wording.number(judged.first),
        wording.number(judged.last),
        f"+{change}" if judged.change > 0 else change,
        f"{'−' if measure.better == 'lower' else '+'}{wording.number(measure.matters)}",
        wording.TREND[judged.status],
    ]


def _visit(visit: Kept | NotKept) -> list[str]:
    if isinstance(visit, NotKept):
        return [str(visit.number), wording.day(visit.on), visit.therapist, "", "", wording.code(visit.how)]
    done = ", ".join(map(wording.code, visit.techniques))
    where = ", ".join(map(wording.code, visit.areas))
    return [
        str(visit.number),
        wording.day(visit.on),
        visit.therapist,
        f"{visit.pain_before} → {visit.pain_after}",
        str(visit.pressure),
        ": ".join(part for part in (where, done) if part) or "–",
    ]


def _phone(e164: str) -> str:
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def foot(canvas: Any, report: Report, width: float) -> None:
    """At the lower edge: how to read the numbers, and as of when."""
    left = (canvas._pagesize[0] - width) / 2
    canvas.setFont(PLAIN, 6.2)
    canvas.setFillColor(HexColor(QUIET))
    lines = simpleSplit(_HOW_TO_READ, PLAIN, 6.2, width) if report.visits else []
    for step, line in enumerate(lines):
        canvas.drawString(left, 46 - 8 * step, line)
    canvas.drawString(left, 46 - 8 * len(lines) - 2, f"{report.reference} · as of {wording.as_of(report)}")
