"""The chart of a report: each measure over the visits, with the change that matters."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from services.booking.reports import wording
from services.booking.reports.drawing import BEFORE, GOOD, GRID, INK, LINE, ONE_AT_A_TIME, QUIET
from services.booking.reports.parts import Report
from services.booking.treatment.outcome import Course

MOST_PANELS = 4
_LETTERS = {1: 60, 2: 34, 3: 22, 4: 13}
"""How long a panel's title may be, by how many panels there are."""

_BEFORE = {"label": "before", "linestyle": (0, (3, 2))}
_SHORT = {"nprs": "Pain", "vas": "VAS", "phq9": "PHQ-9", "gad7": "GAD-7"}


def chart(report: Report, *, width: float = 7.0, height: float = 2.1, dpi: int = 200) -> bytes | None:
    """A PNG; `width` and `height` in inches. None when there is nothing to draw."""
    courses = _drawn(report)
    if not courses:
        return None
    # Here, because a process that never draws does without its 40 MB.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with ONE_AT_A_TIME:
        figure = Figure(figsize=(width, height), dpi=dpi, layout="constrained")
        shares = [1.7 if len(courses) > 1 else 1.0, *[1.0] * (len(courses) - 1)]
        axes = figure.subplots(1, len(courses), squeeze=False, gridspec_kw={"width_ratios": shares})[0]
        for panel, course in zip(axes, courses, strict=True):
            _panel(panel, course, report, letters=_LETTERS[len(courses)])
        written = io.BytesIO()
        canvas: Any = FigureCanvasAgg(figure)
        canvas.print_png(written, metadata={"Software": None})
    return written.getvalue()


def _drawn(report: Report) -> Sequence[Course]:
    """Pain, and of the others those that were taken most often."""
    others = sorted(report.measures, key=lambda course: -len(course.taken))[: MOST_PANELS - 1]
    return [course for course in report.courses if course is report.pain or course in others]


def _panel(axes: Any, course: Course, report: Report, letters: int) -> None:
    _frame(axes, course, report)
    axes.set_title(_title(course, letters), loc="left", fontsize=7.5, color=INK, fontweight="bold")
    _shade(axes, course)
    if course is report.pain:
        numbers = [visit.number for visit in report.visits]
        _line(axes, numbers, [visit.pain_before for visit in report.visits], BEFORE, **_BEFORE)
        _line(axes, numbers, [visit.pain_after for visit in report.visits], LINE, label="after")
        above = {"loc": "lower right", "bbox_to_anchor": (1.0, 0.985), "borderaxespad": 0.0}
        axes.legend(fontsize=6, frameon=False, ncols=2, labelcolor=QUIET, handlelength=1.8, columnspacing=1.2, **above)
    else:
        _line(axes, [one.number for one in course.taken], [float(one.value) for one in course.taken], LINE)


def _frame(axes: Any, course: Course, report: Report) -> None:
    axes.tick_params(labelsize=6, colors=QUIET, length=2, width=0.5)
    axes.grid(axis="y", color=GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set(color=GRID, linewidth=0.6)
    numbers = [visit.number for visit in report.visits]
    first, last = min(numbers), max(numbers)
    axes.set_xlim(first - 0.5, last + 0.5)
    axes.xaxis.get_major_locator().set_params(integer=True, nbins=12 if course is report.pain else 6, min_n_ticks=1)
    axes.set_xlabel("visit", fontsize=6, color=QUIET, labelpad=1)
    axes.set_ylim(*_bounds(course))


def _title(course: Course, letters: int) -> str:
    measure = course.measure
    unit = {"points": f"{measure.least}–{measure.most}", "degrees": "°"}.get(measure.unit, measure.unit)
    whole = f"{_SHORT.get(measure.code, measure.code.upper())} {wording.code(course.detail)}".strip()
    return f"{whole[: letters - 1]}… {unit}" if len(whole) > letters else f"{whole} {unit}"


def _bounds(course: Course) -> tuple[float, float]:
    """Pain over its whole range; others as far as they and the change that matters go."""
    measure = course.measure
    if measure.most - measure.least <= 10:
        return measure.least - 0.4, measure.most + 0.4
    values = [float(one.value) for one in course.taken]
    reach = float(measure.matters) * 1.5
    low, high = max(min(values) - reach, measure.least), min(max(values) + reach, measure.most)
    return low - (high - low) * 0.03, high + (high - low) * 0.03


def _shade(axes: Any, course: Course) -> None:
    """Where a value is better than the first by the change that matters."""
    measure, first = course.measure, float(course.trend.first)
    matters = float(measure.matters)
    if measure.better == "lower":
        axes.axhspan(measure.least - 100, first - matters, color=GOOD, linewidth=0)
    else:
        axes.axhspan(first + matters, measure.most + 100, color=GOOD, linewidth=0)


def _line(axes: Any, numbers: Sequence[int], values: Sequence[float], color: str, **more: Any) -> None:
    axes.plot(numbers, values, color=color, linewidth=1.1, marker="o", markersize=2.6, **more)
