"""The report as a FHIR R4 DiagnosticReport, with its Observations inside and the page attached.

Sources: HL7 FHIR R4 (DiagnosticReport, Observation), UCUM (units), LOINC (codes of documents and of scores).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from services.booking.reports import wording
from services.booking.reports.parts import Report
from services.booking.treatment.outcome import Course
from services.care.measures import Measure

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
REFERENCE = "https://fascia.example/fhir/referral"
"""Identifier system of the practice's own reference numbers, as referrals names it too."""

PROGRESS, CLOSING = ("11506-3", "Progress note"), ("18842-5", "Discharge summary")

_UNITS = {"points": ("points", "{score}"), "%": ("%", "%"), "degrees": ("degrees", "deg")}


def diagnostic_report(report: Report, pdf: bytes) -> dict[str, Any]:
    """Final once it is closed and signed; preliminary while only the signature is missing; partial before."""
    observations = [*_observations(report)]
    return {
        "resourceType": "DiagnosticReport",
        "id": str(report.series_id),
        **({"contained": observations} if observations else {}),
        "identifier": [{"system": REFERENCE, "value": report.reference}],
        "basedOn": [_order(report)],
        "status": _status(report),
        "code": _code(*(CLOSING if report.closed else PROGRESS)),
        "subject": _patient(report),
        **_period(report),
        "issued": _instant(report.as_of, report),
        **({"result": [{"reference": f"#{each['id']}"} for each in observations]} if observations else {}),
        "conclusion": wording.conclusion(report),
        "presentedForm": [_attachment(report, pdf)],
    }


def _status(report: Report) -> str:
    if not report.closed:
        return "partial"
    return "final" if report.recommendation and report.recommendation.signed else "preliminary"


def _order(report: Report) -> dict[str, Any]:
    return {
        "reference": f"ServiceRequest/{report.referral_id}",
        "identifier": {"system": REFERENCE, "value": report.reference},
    }


def _patient(report: Report) -> dict[str, str]:
    return {"reference": f"Patient/{report.patient_id}"}


def _period(report: Report) -> dict[str, Any]:
    if not report.visits:
        return {}
    first, last = report.visits[0].starts_at, report.visits[-1].ends_at
    return {"effectivePeriod": {"start": _instant(first, report), "end": _instant(last, report)}}


def _attachment(report: Report, pdf: bytes) -> dict[str, str]:
    return {
        "contentType": "application/pdf",
        "language": "en",
        "data": base64.b64encode(pdf).decode(),
        "title": f"{wording.title(report)} {report.reference}",
        "creation": _instant(report.as_of, report),
    }


def _observations(report: Report) -> Iterator[dict[str, Any]]:
    """Pain before and after each visit, then every other score."""
    if report.pain:
        pain = report.pain.measure
        for visit in report.visits:
            before, after = Decimal(visit.pain_before), Decimal(visit.pain_after)
            place = f"pain-{visit.number}"
            yield _observation(f"{place}-before", pain, "before the visit", before, visit.starts_at, report)
            yield _observation(f"{place}-after", pain, "after the visit", after, visit.ends_at, report)
    for index, course in enumerate(report.measures, 1):
        yield from _course(f"measure-{index}", course, report)


def _course(place: str, course: Course, report: Report) -> Iterator[dict[str, Any]]:
    for taken in course.taken:
        words = wording.code(course.detail)
        yield _observation(f"{place}-{taken.number}", course.measure, words, taken.value, taken.at, report)


def _observation(
    id_: str, measure: Measure, detail: str, value: Decimal, at: datetime, report: Report
) -> dict[str, Any]:
    unit, code = _UNITS[measure.unit]
    text = f"{measure.name}, {detail}" if detail else measure.name
    return {
        "resourceType": "Observation",
        "id": id_,
        "basedOn": [_order(report)],
        "status": "final",
        "code": {"text": text, **({"coding": [{"system": LOINC, "code": measure.loinc}]} if measure.loinc else {})},
        "subject": _patient(report),
        "effectiveDateTime": _instant(at, report),
        "valueQuantity": {"value": _number(value), "unit": unit, "system": UCUM, "code": code},
    }


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _code(loinc: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": LOINC, "code": loinc, "display": display}], "text": display}


def _instant(at: datetime, report: Report) -> str:
    return at.astimezone(ZoneInfo(report.place.zone)).isoformat(timespec="seconds")
