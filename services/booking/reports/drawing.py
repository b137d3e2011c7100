"""What chart and page share: colours, the typeface, and that one is drawn at a time.

The typeface is DejaVu Sans, which comes with matplotlib: it has the letters of every European name.
"""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path

PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"

INK, QUIET, GRID = "#22303c", "#66727d", "#dde2e6"
LINE, BEFORE, GOOD = "#1c6e8c", "#b3622a", "#d9ecdf"

ONE_AT_A_TIME = threading.RLock()
"""Both libraries keep caches that are not made for threads."""


@cache
def register_fonts() -> None:
    """Make the typeface known to the page's writer, once in a process."""
    import matplotlib
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)
