"""What the library that draws cannot say: the way of the tab key, and letters that its typeface does not have."""

from __future__ import annotations

import io
from collections.abc import Mapping

from pypdf import PdfWriter
from pypdf.generic import NameObject, TextStringObject

from services.referrals.forms.pen import latin


def finished(written: bytes, values: Mapping[str, str]) -> bytes:
    """Tab goes along the rows (ISO 32000-1, 12.5.1). A value with other letters is what it really is, and the reader
    draws it anew, with a typeface of its own.
    """
    writer = PdfWriter(clone_from=io.BytesIO(written))
    beyond = {name: value for name, value in values.items() if value != latin(value)}
    for page in writer.pages:
        page[NameObject("/Tabs")] = NameObject("/R")
        for annotation in page.get("/Annots", ()):
            field = annotation.get_object()
            if (name := field.get("/T")) in beyond:
                field[NameObject("/V")] = TextStringObject(beyond[name])
    if beyond:
        writer.set_need_appearances_writer(True)
    whole = io.BytesIO()
    writer.write(whole)
    return whole.getvalue()
