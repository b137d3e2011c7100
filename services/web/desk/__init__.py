"""What the front desk and the therapists see and do: one blueprint for each kind of page."""

from __future__ import annotations

from services.web.desk import (
    absences,
    contacts,
    doing,
    loop,
    matches,
    messages,
    noting,
    pages,
    people,
    proposals,
    referrals,
    referrals_acts,
    referrals_in,
    referrals_paper,
    replanning,
    series,
    signing,
    tasks,
    visit,
    waitlist,
)

BLUEPRINTS = [
    pages.desk,
    *(
        part.blueprint
        for part in (
            signing,
            visit,
            doing,
            noting,
            series,
            replanning,
            absences,
            waitlist,
            messages,
            tasks,
            people,
            referrals,
            referrals_acts,
            referrals_in,
            referrals_paper,
            matches,
            proposals,
            contacts,
            loop,
        )
    ),
]
