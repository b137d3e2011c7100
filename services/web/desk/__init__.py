"""What the front desk and the therapists see and do: one blueprint for each kind of page."""

from __future__ import annotations

from services.web.desk import (
    absences,
    calendars,
    contacts,
    doing,
    free,
    loop,
    matches,
    messages,
    noting,
    orders,
    pages,
    people,
    permission,
    planning,
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
            orders,
            planning,
            free,
            calendars,
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
            permission,
            matches,
            proposals,
            contacts,
            loop,
        )
    ),
]
