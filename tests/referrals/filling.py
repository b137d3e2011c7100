"""Forms as physicians' offices fill them in, with a library that did not make them."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pikepdf
import pypdfium2
import zxingcpp
from pikepdf.form import DefaultAppearanceStreamGenerator, Form, RadioButtonGroup
from PIL import Image, ImageChops

from tests.referrals.house import Caller, today


def a_form(who: Caller, kind: str = "referral", practice: str = "") -> bytes:
    answer = who.get(f"/forms/{kind}.pdf{f'?practice={practice}' if practice else ''}")
    assert answer.status_code == 200, answer.text
    given: bytes = answer.data
    return given


def fill(form: bytes, **values: Any) -> bytes:
    """By the fields' names; True ticks, and so does the code of one of the boxes that belong together."""
    pdf = pikepdf.open(io.BytesIO(form))
    fields = Form(pdf, DefaultAppearanceStreamGenerator)
    for name, value in values.items():
        field = fields[name]
        if isinstance(value, bool):
            field.checked = value
        elif isinstance(field, RadioButtonGroup):
            [field.selected] = [one for one in field.options if str(one.on_value) == f"/{value}"]
        else:
            field.value = value
    written = io.BytesIO()
    pdf.save(written)
    return written.getvalue()


def page_of(form: bytes, scale: float = 2) -> Image.Image:
    """As it comes out of a printer."""
    with pypdfium2.PdfDocument(form) as document:
        document.init_forms()
        return document[0].render(scale=scale, may_draw_forms=True).to_pil()


def photographed(form: bytes, kind: str, *, dpi: int = 150, turned: float = 2, noise: float = 40) -> bytes:
    """Printed, and put askew onto an old scanner. `turned` in degrees, `noise` the deviation of 255 greys."""
    sheet = page_of(form, dpi / 72).convert("L").rotate(turned, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    grain = Image.effect_noise(sheet.size, noise)
    seen = ImageChops.add(sheet.point(lambda grey: 40 + grey * 0.7), grain, offset=-128)
    written = io.BytesIO()
    more = {"quality": 45} if kind == "JPEG" else {"resolution": dpi} if kind == "PDF" else {}
    seen.convert("L").save(written, kind, **more)
    return written.getvalue()


def code_in(scan: bytes) -> str:
    """What is read from a scan, be it a picture or a PDF of one."""
    if scan.startswith(b"%PDF"):
        return code_on(scan)
    with Image.open(io.BytesIO(scan)) as picture:
        return _read(picture)


def _read(picture: Image.Image) -> str:
    """As a scanner for QR codes: other bars are seen in any noise."""
    [found] = zxingcpp.read_barcodes(picture.convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)
    text: str = found.text
    return text


def scanned(form: bytes, kind: str = "PNG") -> bytes:
    written = io.BytesIO()
    page_of(form, 1).convert("RGB").save(written, kind)
    return written.getvalue()


def code_on(form: bytes) -> str:
    """What a scanner at the desk types."""
    return _read(page_of(form))


def send(who: Caller, path: str, content: bytes, name: str = "form.pdf", **more: str) -> Any:
    data = {"file": (io.BytesIO(content), name), **more}
    return who._send("POST", path, data=data, content_type="multipart/form-data")


SPOKEN = {
    "patient_name": "Noor Vandersteen",
    "patient_born_on": "10/05/1979",
    "patient_phone": "(415) 555-0126",
    "patient_email": "noor@mail.example",
    "patient_language": "Spanish",
    "patient_text_consent": True,
    "patient_email_consent": True,
    "physician_name": "Dr. Ibe Castellano",
    "physician_npi": "1234567893",
    "physician_practice": "Riverside Family Practice",
    "physician_licence": "NY 123456",
    "physician_phone": "+1 212 555 0190",
    "physician_fax": "+1 212 555 0191",
    "physician_email": "castellano@clinic.example",
    "physician_delivery": "fax",
    "updates": "midpoint_and_end",
    "placer_number": "RC-1",
    "diagnoses": "m5450, M54.2",
    "reasons": "Stiff since the winter",
    "visits": "8",
    "frequency_visits": "2",
    "frequency_per_days": "7",
    "duration_weeks": "5",
    "session_minutes": "45",
    "pressure_ceiling": "3 medium, muscles move",
    "goals": "Sleep through the night\nTurn the head freely",
    "areas": "neck; shoulders",
    "techniques": "Myofascial release, deep tissue",
    "instructions": "Prone only",
    "precautions": "Scar on the left knee",
    "patient_instruction": "Drink enough",
    "payer_name": "Harbor Mutual",
    "payer_member_number": "HM-9",
    "payer_claim_type": "workers_compensation",
    "medically_necessary": "yes",
    "therapist_sex": "female",
    "home_visit": True,
    "copy_to_0_physician_name": "Dr. Ana Brandt",
    "copy_to_0_physician_npi": "1932104098",
    "copy_to_0_physician_email": "brandt@clinic.example",
    "copy_to_0_updates": "at the end",
    "contraindication_osteoporosis": True,
    "contraindication_recent_sprain": True,
    "start_by": (today() + timedelta(days=20)).strftime("%m/%d/%Y"),
    "valid_until": (today() + timedelta(days=70)).isoformat(),
    "issued_on": today().strftime("%m/%d/%Y"),
    "signed_on": today().isoformat(),
}
"""Everything that a form has room for, as an office writes it."""

DOCUMENT: dict[str, Any] = {
    "placer": {"number": "RC-1"},
    "patient": {
        "name": "Noor Vandersteen",
        "born_on": "1979-10-05",
        "phone": "+14155550126",
        "email": "noor@mail.example",
        "language": "es",
        "text_consent": True,
        "email_consent": True,
    },
    "physician": {
        "name": "Dr. Ibe Castellano",
        "npi": "1234567893",
        "practice": "Riverside Family Practice",
        "licence": "NY 123456",
        "phone": "+12125550190",
        "fax": "+12125550191",
        "email": "castellano@clinic.example",
        "delivery": "fax",
    },
    "updates": "midpoint_and_end",
    "diagnoses": ["M54.50", "M54.2"],
    "reasons": ["Stiff since the winter"],
    "visits": 8,
    "frequency": {"visits": 2, "per_days": 7},
    "duration_weeks": 5,
    "session_minutes": 45,
    "pressure_ceiling": 3,
    "goals": ["Sleep through the night", "Turn the head freely"],
    "areas": ["neck", "shoulders"],
    "techniques": ["myofascial_release", "deep_tissue"],
    "instructions": ["Prone only"],
    "precautions": ["Scar on the left knee"],
    "patient_instruction": "Drink enough",
    "payer": {"name": "Harbor Mutual", "member_number": "HM-9", "claim_type": "workers_compensation"},
    "medically_necessary": True,
    "therapist_sex": "female",
    "home_visit": True,
    "copy_to": [
        {
            "physician": {"name": "Dr. Ana Brandt", "npi": "1932104098", "email": "brandt@clinic.example"},
            "updates": "end",
        }
    ],
    "contraindications": ["recent_sprain", "osteoporosis"],
    "start_by": (today() + timedelta(days=20)).isoformat(),
    "valid_until": (today() + timedelta(days=70)).isoformat(),
    "issued_on": today().isoformat(),
    "signed_on": today().isoformat(),
}
"""The same through the JSON door."""
