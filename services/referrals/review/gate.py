"""The safety gate at the review: what the referral, its diagnoses and the therapist say against a treatment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.care.contraindications import Table
from services.care.gate import Findings, Source, judge


def findings(table: Table, clinical: Mapping[str, Any], review: Mapping[str, Any]) -> Findings:
    """What the gate says; what was resolved with the physician counts no more. Both documents are opened."""
    resolved = set(review.get("resolved") or ())
    return judge(
        table,
        [(code, source) for code, source in _said(table, clinical, review) if code not in resolved],
        ceilings=[physicians_ceiling(clinical), review.get("pressure_ceiling")],
        conditions=clinical["diagnoses"],
    )


def physicians_ceiling(clinical: Mapping[str, Any]) -> int | None:
    """The strictest of what the physician ordered, and of what they permitted."""
    said = clinical["pressure_ceiling"], (clinical.get("permission") or {}).get("pressure_ceiling")
    return min((level for level in said if level is not None), default=None)


def _said(table: Table, clinical: Mapping[str, Any], review: Mapping[str, Any]) -> Iterator[tuple[str, Source]]:
    for code in clinical.get("contraindications") or ():
        yield code, "order"
    for code in table.implied_by(clinical["diagnoses"]):
        yield code, "diagnosis"
    for code in review.get("contraindications") or ():
        yield code, "review"
