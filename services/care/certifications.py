"""Which conditions need a therapist with a further certification; the table says which, and why."""

from __future__ import annotations

from collections.abc import Collection

from services.care.contraindications import Table, packaged
from services.care.icd import covers


def certifications_needed(
    conditions: Collection[str], contraindications: Collection[str], table: Table | None = None
) -> frozenset[str]:
    """Codes of certifications such as `lymphedema`, all of which a therapist must hold.

    `conditions` are ICD-10-CM codes or categories, `contraindications` codes of the table.
    """
    return frozenset(
        one.certification
        for one in (table or packaged()).entries
        if one.certification
        and (one.code in contraindications or any(covers(span, code) for span in one.diagnoses for code in conditions))
    )
