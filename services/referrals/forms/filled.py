"""What was filled into a form's PDF, with whatever program. Source: ISO 32000-1, 12.7 (AcroForm)."""

from __future__ import annotations

import io
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ByteStringObject, NameObject, TextStringObject

from services.referrals.forms.fields import FORM, FORMS
from services.referrals.paper.refusals import FileDamaged

LONGEST = 5000


def values_in(content: bytes) -> dict[str, str]:
    """By the fields' names; of a PDF that `pdf_checks.check` let through. Raises `FileDamaged`."""
    try:
        fields = PdfReader(io.BytesIO(content)).get_fields() or {}
        return {str(name): _text(field.get("/V")) for name, field in fields.items()}
    except Exception:
        # As in `pdf_checks`: a reader of hostile bytes fails in many ways.
        raise FileDamaged from None


def form_of(values: dict[str, str]) -> str | None:
    """Which of our forms it is; None for a scan, a flattened form, or somebody else's."""
    kind = values.get(FORM, "").partition("/")[0]
    return kind if kind in FORMS else None


def _text(value: Any) -> str:
    value = value.get_object() if value is not None else ""
    if isinstance(value, ByteStringObject):
        return bytes(value).decode("latin-1")[:LONGEST]
    if isinstance(value, NameObject):
        return "" if value == "/Off" else str(value).lstrip("/")[:LONGEST]
    return str(value)[:LONGEST] if isinstance(value, TextStringObject) else ""
