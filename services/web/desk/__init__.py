"""What the front desk and the therapists see and do: one blueprint for each kind of page."""

from __future__ import annotations

from services.web.desk import absences, doing, noting, pages, replanning, series, signing, visit, waitlist

BLUEPRINTS = [
    pages.desk,
    *(part.blueprint for part in (signing, visit, doing, noting, series, replanning, absences, waitlist)),
]
