"""The report as one page of PDF."""

from __future__ import annotations

import io
from typing import Any

from services.booking.reports import wording
from services.booking.reports.chart import chart
from services.booking.reports.drawing import ONE_AT_A_TIME, register_fonts
from services.booking.reports.parts import Report

LETTER = (612.0, 792.0)
A4 = (595.28, 841.89)
LETTER_COUNTRIES = frozenset({"BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"})
"""Which countries write on US Letter; all others on A4. Source: Unicode CLDR (TR 35, measurementData, paperSize)."""

MARGIN, FOOT = 42.0, 30.0


def page(report: Report) -> bytes:
    """One page, however many visits: the same report always gives the same bytes."""
    with ONE_AT_A_TIME:
        return _written(report)


def _written(report: Report) -> bytes:
    # Here, as in `chart`: the libraries are large, and few processes write pages.
    from reportlab.platypus import Frame, KeepInFrame, PageTemplate
    from reportlab.platypus.doctemplate import BaseDocTemplate

    from services.booking.reports.blocks import Blocks, foot

    register_fonts()
    size = LETTER if report.place.country in LETTER_COUNTRIES else A4
    width, height = size[0] - 2 * MARGIN, size[1] - 2 * MARGIN
    written = io.BytesIO()
    document = BaseDocTemplate(
        written,
        pagesize=size,
        invariant=1,
        lang="en",
        title=f"{wording.title(report)} {report.reference}",
        author=report.place.name,
        creator="Fascia",
    )
    frame = Frame(MARGIN, MARGIN, width, height, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=FOOT)
    draw_foot: Any = lambda canvas, _: foot(canvas, report, width)  # noqa: E731
    document.addPageTemplates(PageTemplate(frames=[frame], onPage=draw_foot))
    story = Blocks(report, width).all(chart(report, width=width / 72))
    document.build([KeepInFrame(width, height - FOOT, story, mode="shrink", fakeWidth=False)])
    return written.getvalue()
