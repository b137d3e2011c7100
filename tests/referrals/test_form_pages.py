"""Printed forms as they lie on a desk: nothing is cut off, covered or too close to the edge, on Letter and on A4."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import pikepdf
import pypdf
import pypdfium2
import pytest
from PIL import ImageChops

from services.care.contraindications import packaged
from services.contracts.booking import ClinicChanged
from services.referrals.forms.fields import FORMS, fields_of
from services.referrals.forms.letterhead import AL_PACIENTE, TO_THE_PATIENT, Letterhead
from services.referrals.forms.page import drawn
from services.referrals.forms.practice import clinic_changed
from services.referrals.paper.intake_codes import spoken
from tests.referrals.filling import SPOKEN, a_form, code_on, fill, page_of
from tests.referrals.house import Caller, House

HEAD = Letterhead(
    "https://referrals.a-rather-long-name-of-a-practice.example/paper", "Riverbend Medical Massage",
    "48 Riverbend Lane, Suite 3, Beacon, NY 12508", "(212) 555-0134", "desk@riverbend.example",
)  # fmt: skip
CODE = "0123456789ABCDEFGHJKMNPQRS"
TABLE = [entry.code for entry in packaged().entries]
A4_WIDTH = 595
SAFE = 18
"""Points that any printer can do: a quarter of an inch."""
HIDDEN = 2
Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""


def a_page(kind: str = "referral", table: Sequence[str] = TABLE, **values: str) -> bytes:
    return drawn(kind, CODE, values, table, HEAD)


def widgets(form: bytes, page: int = 0) -> dict[str, list[Box]]:
    """By name; the ticks of one choice together."""
    found: dict[str, list[Box]] = {}
    with pikepdf.open(io.BytesIO(form)) as document:
        for annotation in document.pages[page].Annots:
            name = str(annotation.get("/T") or annotation.Parent.T)
            left, bottom, right, top = (float(one) for one in annotation.Rect)
            if not int(annotation.F) & HIDDEN:
                found.setdefault(name, []).append((left, bottom, right, top))
    return found


def words(form: bytes, page: int = 0) -> Iterator[Box]:
    with pypdfium2.PdfDocument(form) as document:
        text = document[page].get_textpage()
        for place in range(text.count_rects()):
            yield text.get_rect(place)


def every_box(form: bytes) -> list[Box]:
    return [box for boxes in widgets(form).values() for box in boxes]


def meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("kind", FORMS)
def test_nothing_lies_over_anything_else(kind: str) -> None:
    form = a_page(kind)
    boxes, said = every_box(form), list(words(form))
    pairs = [(one, other) for place, one in enumerate(boxes) for other in boxes[place + 1 :]]
    assert [pair for pair in pairs if meet(*pair)] == []
    assert [(box, word) for box in boxes for word in said if meet(box, word)] == []
    both = [(one, other) for place, one in enumerate(said) for other in said[place + 1 :]]
    assert [pair for pair in both if meet(*pair)] == []


@pytest.mark.parametrize("kind", FORMS)
def test_all_of_it_is_inside_what_every_printer_can_do_on_both_sizes_of_paper(kind: str) -> None:
    form = a_page(kind)
    for left, bottom, right, top in [*every_box(form), *words(form)]:
        assert left >= SAFE
        assert bottom >= SAFE
        assert right <= A4_WIDTH - SAFE
        assert top <= 792 - SAFE


@pytest.mark.parametrize("kind", FORMS)
def test_each_field_says_what_it_is_for_and_the_needed_ones_that_they_are(kind: str) -> None:
    fields = pypdf.PdfReader(io.BytesIO(a_page(kind))).get_fields() or {}
    for field in fields_of(kind):
        told = fields[field.name]["/TU"]
        assert told.startswith(field.label)
        assert told.endswith(", needed") == field.needed
        assert bool(int(fields[field.name].get("/Ff", 0)) & 2) == field.needed


@pytest.mark.parametrize("kind", FORMS)
def test_the_tab_key_goes_along_the_rows(kind: str) -> None:
    assert all(page["/Tabs"] == "/R" for page in pypdf.PdfReader(io.BytesIO(a_page(kind))).pages)


def test_a_choice_of_few_is_on_paper_too() -> None:
    text = pypdf.PdfReader(io.BytesIO(a_page())).pages[0].extract_text()
    ticked = [field for field in fields_of("referral") if field.choices and not field.is_listed]
    assert len(ticked) == 6
    assert all(printed in text for field in ticked for _, printed in field.choices)


def test_it_says_whose_it_is_how_to_send_it_back_and_what_the_patient_does_in_two_languages(
    house: House, desk: Caller
) -> None:
    told = ClinicChanged(
        version=1, clinic_id=UUID(int=7), name="Riverbend Medical Massage", timezone="America/New_York",
        phone="+12125550134", email="desk@riverbend.example", address="48 Riverbend Lane, Beacon",
    )  # fmt: skip
    with house.running.sessions.begin() as session:
        clinic_changed(session, told)
    text = pypdf.PdfReader(io.BytesIO(a_form(desk))).pages[0].extract_text()
    for said in (told.name, told.address, "(212) 555-0134", told.email, "http://127.0.0.1:8080/paper", "Page 1"):
        assert said in text
    assert TO_THE_PATIENT in text
    assert AL_PACIENTE in text


def test_an_older_word_of_the_clinic_does_not_overtake_a_newer_one(house: House) -> None:
    told: dict[str, Any] = {
        "clinic_id": UUID(int=8), "timezone": "America/New_York", "phone": "+12125550134", "email": "a@b.example",
        "address": "here",
    }  # fmt: skip
    with house.running.sessions.begin() as session:
        clinic_changed(session, ClinicChanged(version=2, name="New", **told))
        clinic_changed(session, ClinicChanged(version=1, name="Old", **told))
    assert house.rows("SELECT name FROM clinic WHERE id = CAST(:id AS uuid)", id=str(UUID(int=8))) == [("New",)]


def test_a_clinic_with_a_long_table_gets_a_second_page_with_the_signature() -> None:
    form = a_page(table=[f"condition_number_{place}_with_a_name_that_is_long" for place in range(60)])
    with pypdfium2.PdfDocument(form) as document:
        assert len(document) == 2
        texts = [document[page].get_textpage().get_text_bounded() for page in (0, 1)]
    assert ["Physician's signature" in text for text in texts] == [False, True]
    assert [f"Page {page}" in text for page, text in zip((1, 2), texts, strict=True)] == [True, True]
    assert all(spoken(CODE).rsplit("-", 1)[1] in text for text in texts)
    assert "issued_on" in widgets(form, 1)
    assert all(bottom >= SAFE for _, bottom, _, _ in words(form, 1))
    assert code_on(form) == CODE


def test_the_square_has_its_quiet_zone() -> None:
    """Four dots on each side, as ISO/IEC 18004 asks for."""
    page = page_of(a_page(), 4).convert("L")
    left, top, right, bottom = (4 * one for one in (501, 36, 576, 111))
    dot = (right - left) / 25
    around = (left - 4 * dot, top - 4 * dot, right + 4 * dot, bottom + 4 * dot)
    inside = page.crop(tuple(round(one) for one in around))  # type: ignore[arg-type]
    ink = ImageChops.invert(inside).getbbox()
    assert ink is not None
    assert min(ink[0], ink[1], inside.width - ink[2], inside.height - ink[3]) >= round(4 * dot) - 2


def test_what_another_program_filled_in_is_seen_when_it_is_printed(desk: Caller) -> None:
    """The page with each value and the page without it look different where the field is, and nowhere else."""
    blank = a_form(desk)
    filled = fill(blank, **SPOKEN)
    scale = 2
    before, after = page_of(blank, scale).convert("L"), page_of(filled, scale).convert("L")
    places = widgets(blank)
    for name in SPOKEN:
        changed = [ImageChops.difference(before, after).crop(_on_page(box, scale)).getbbox() for box in places[name]]
        assert sum(one is not None for one in changed) == 1, name
    for name in ("replaces_number", "contraindication_fever"):
        [box] = places[name]
        assert ImageChops.difference(before, after).crop(_on_page(box, scale)).getbbox() is None


def _on_page(box: Box, scale: float) -> tuple[int, int, int, int]:
    left, bottom, right, top = box
    return round(left * scale), round((792 - top) * scale), round(right * scale), round((792 - bottom) * scale)


def test_it_is_black_on_white_and_readable_when_it_is_faxed() -> None:
    """A fax has 204 by 98 dots an inch and no grey: what is printed has no shade that could become dots."""
    with pikepdf.open(io.BytesIO(a_page())) as document:
        drawing = document.pages[0].Contents.read_bytes().split()
    colours = {tuple(drawing[at - 3 : at]) for at, word in enumerate(drawing) if word in (b"rg", b"RG")}
    assert colours <= {(b"0", b"0", b"0")}
    assert b"g" not in drawing
