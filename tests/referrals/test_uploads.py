"""Whatever is uploaded is kept as it came, or refused in words: never a server error, never half of it."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import pikepdf
import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf.generic import DictionaryObject, NameObject, StreamObject, TextStringObject

from services.referrals.paper.content import MOST_BYTES
from tests.referrals.filling import DOCUMENT, a_form, fill, send
from tests.referrals.house import Caller, House, a_referral

TABLES = "patients", "physicians", "referrals", "documents", "outbox", "audit"


def counts(house: House) -> list[Any]:
    return house.rows(f"SELECT {', '.join(f'(SELECT count(*) FROM {table})' for table in TABLES)}")


def picture(kind: str, size: tuple[int, int] = (60, 80)) -> bytes:
    written = io.BytesIO()
    Image.effect_noise(size, 40).convert("RGB").save(written, kind)
    return written.getvalue()


def pdf(pages: int = 1, change: Callable[[pypdf.PdfWriter], object] | None = None) -> bytes:
    writer = pypdf.PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(612, 792)
    if change:
        change(writer)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def locked() -> bytes:
    written = io.BytesIO()
    pikepdf.open(io.BytesIO(pdf())).save(written, encryption=pikepdf.Encryption(owner="o", user="u"))
    return written.getvalue()


def bomb() -> bytes:
    """A stream that unpacks to 300 MB."""

    def put(writer: pypdf.PdfWriter) -> None:
        packing = zlib.compressobj(9)
        packed = b"".join(packing.compress(bytes(1024**2)) for _ in range(300)) + packing.flush()
        stream = StreamObject()
        stream._data = packed
        stream[NameObject("/Filter")] = NameObject("/FlateDecode")
        writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)

    return pdf(change=put)


def acting(kind: str, what: str) -> Callable[[pypdf.PdfWriter], object]:
    """Something is done when it is opened."""

    def put(writer: pypdf.PdfWriter) -> None:
        action = {NameObject("/S"): NameObject(kind), NameObject(what): TextStringObject("app.alert(1)")}
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(DictionaryObject(action))

    return put


def a_zip() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("a.html", "<html>")
    return written.getvalue()


def huge_picture() -> bytes:
    written = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(written, "PNG")
    return written.getvalue()


BAD: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "nothing": (lambda: b"", 422, "file_empty"),
    "a page": (lambda: b"<html><script>alert(1)</script>", 415, "unknown_file_type"),
    "an archive": (a_zip, 415, "unknown_file_type"),
    "a program": (lambda: b"MZ" + bytes(200), 415, "unknown_file_type"),
    "a drawing": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', 415, "unknown_file_type"),
    "a PDF with a page before it": (lambda: b"<html>" + pdf(), 415, "unknown_file_type"),
    "a PDF with an archive after it": (lambda: pdf() + a_zip(), 422, "more_than_one_file"),
    "a picture with an archive after it": (lambda: picture("PNG") + a_zip(), 422, "more_than_one_file"),
    "a photo with a page in it": (
        lambda: picture("JPEG")[:-2] + b"<script>1</script>\xff\xd9", 422, "more_than_one_file",
    ),
    "a cut PDF": (lambda: pdf()[:-40], 422, "file_damaged"),
    "only a PDF's head": (lambda: b"%PDF-1.7\n", 422, "file_damaged"),
    "a PDF of nothing": (lambda: b"%PDF-1.7\n%%EOF", 422, "file_damaged"),
    "a cut picture": (lambda: picture("PNG")[:-40], 422, "file_damaged"),
    "a cut photo": (lambda: picture("JPEG")[:-40], 422, "file_damaged"),
    "a picture with a hole": (
        lambda: (one := picture("PNG"))[:200] + bytes(400) + one[600:], 422, "file_damaged",
    ),
    "a locked PDF": (locked, 422, "file_encrypted"),
    "a PDF with a program": (lambda: pdf(change=acting("/JavaScript", "/JS")), 422, "active_content"),
    "a PDF with a file in it": (
        lambda: pdf(change=lambda w: w.add_attachment("a.exe", b"MZ")), 422, "active_content",
    ),
    "a PDF that starts a program": (lambda: pdf(change=acting("/Launch", "/F")), 422, "active_content"),
    "a book": (lambda: pdf(21), 422, "too_many_pages"),
    "a bomb": (bomb, 422, "file_too_complex"),
    "a picture of 400 million points": (huge_picture, 422, "file_too_complex"),
    "too many bytes": (lambda: picture("PNG") + bytes(MOST_BYTES), 413, "file_too_large"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_not_taken_is_refused_in_words_and_leaves_nothing(house: House, desk: Caller, name: str) -> None:
    make, status, code = BAD[name]
    before = counts(house)
    answer = send(desk, "/documents", make(), "scan.pdf")
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert answer.json["message"].endswith(".")
    assert counts(house) == before


def test_far_too_many_bytes_are_not_even_read(desk: Caller) -> None:
    assert send(desk, "/documents", bytes(MOST_BYTES + 200_000)).status_code == 413


def test_without_a_file_it_is_asked_for(desk: Caller) -> None:
    answer = desk._send("POST", "/documents", data={"file": "text"}, content_type="multipart/form-data")
    assert (answer.status_code, answer.json["code"]) == (422, "file_missing")
    assert desk.post("/documents", {}).json["code"] == "file_missing"


@pytest.fixture
def referral_id(desk: Caller) -> str:
    found: str = desk.post("", a_referral()).json["id"]
    return found


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
def test_a_picture_comes_back_as_it_went_in_and_never_as_a_page(
    desk: Caller, referral_id: str, kind: str, media_type: str
) -> None:
    scan = picture(kind)
    kept = send(desk, f"/{referral_id}/documents", scan, "Grace Hopper's scan.html")
    assert (kept.status_code, kept.json["sha256"]) == (201, hashlib.sha256(scan).hexdigest())
    answer = desk.get(f"/documents/{kept.json['id']}")
    assert (answer.data, answer.headers["Content-Type"]) == (scan, media_type)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert "Grace" not in disposition


def test_one_file_with_one_referral_is_one_document(desk: Caller, referral_id: str) -> None:
    scan = picture("PNG")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: send(desk, f"/{referral_id}/documents", scan), range(4)))
    assert sorted(one.status_code for one in answers) == [200, 200, 200, 201]
    assert len({one.json["id"] for one in answers}) == 1
    other = desk.post("", a_referral()).json["id"]
    assert send(desk, f"/{other}/documents", scan).status_code == 201


def test_a_document_is_sealed_and_each_reading_of_it_noted(house: House, desk: Caller, referral_id: str) -> None:
    scan = pdf()
    document_id = send(desk, f"/{referral_id}/documents", scan).json["id"]
    [(content,)] = house.rows("SELECT content FROM documents WHERE id = CAST(:id AS uuid)", id=document_id)
    assert "PDF" not in content
    assert house.vault.seal.open_bytes(content) == scan
    desk.get(f"/documents/{document_id}")
    acts = house.rows("SELECT act FROM audit WHERE object_id = :id ORDER BY id", id=document_id)
    assert [act for (act,) in acts] == ["document_received", "document_read"]


def test_an_office_adds_to_its_own_referral_only_and_reads_no_document(
    house: House, desk: Caller, physician: Caller
) -> None:
    mine, theirs = physician.post("", a_referral()).json["id"], desk.post("", a_referral()).json["id"]
    kept = send(physician, f"/{mine}/documents", pdf())
    assert kept.status_code == 201
    assert [one["id"] for one in physician.get(f"/{mine}/documents").json] == [kept.json["id"]]
    assert send(physician, f"/{theirs}/documents", pdf()).status_code == 404
    assert physician.get(f"/{theirs}/documents").status_code == 404
    assert physician.get(f"/documents/{kept.json['id']}").status_code == 403
    assert physician.get("/documents").status_code == 403


def test_an_office_attaches_what_it_sent_itself_and_nothing_that_another_one_sent(
    house: House, desk: Caller, physician: Caller
) -> None:
    theirs = send(desk, "/documents", picture("PNG")).json["document"]["id"]
    assert physician.post("/typed", {"referral": a_referral(), "documents": [theirs]}).status_code == 404
    mine = send(physician, "/documents", picture("PNG")).json["document"]["id"]
    typed = physician.post("/typed", {"referral": a_referral(), "documents": [mine]})
    assert typed.status_code == 201, typed.text
    assert [one["id"] for one in physician.get(f"/{typed.json['id']}/documents").json] == [mine]


def test_a_scan_that_is_no_referrals_can_be_thrown_away_one_that_is_cannot(desk: Caller, referral_id: str) -> None:
    scan = send(desk, "/documents", picture("PNG")).json["document"]["id"]
    kept = send(desk, f"/{referral_id}/documents", picture("PNG")).json["id"]
    assert desk.delete(f"/documents/{scan}").status_code == 204
    assert desk.delete(f"/documents/{scan}").status_code == 404
    assert desk.delete(f"/documents/{kept}").status_code == 404


def test_a_scan_cannot_be_attached_twice(house: House, desk: Caller) -> None:
    scan = send(desk, "/documents", picture("PNG")).json["document"]["id"]
    assert desk.post("/typed", {"referral": a_referral(), "documents": [scan]}).status_code == 201
    before = counts(house)
    assert desk.post("/typed", {"referral": a_referral(), "documents": [scan]}).status_code == 404
    assert counts(house) == before


@cache
def a_filled_form(house: House) -> bytes:
    given = {"patient_name": "Ada Quist", "patient_born_on": "1990-01-02", "physician_name": "Dr. Ibe Castellano",
             "physician_npi": DOCUMENT["physician"]["npi"]}  # fmt: skip
    return fill(a_form(house.caller("desk")), **given)


def damage(whole: bytes, cuts: list[tuple[float, float]], noise: bytes, places: list[float]) -> bytes:
    """Bytes taken out between shares of its length, and others put in."""
    made = bytearray(whole)
    for start, length in cuts:
        first = int(start * len(made))
        del made[first : first + int(length * 400)]
    for place in places:
        at = int(place * len(made))
        made[at : at + len(noise)] = noise
    return bytes(made)


share = st.floats(0, 1, exclude_max=True)
NOISE = st.one_of(
    st.binary(min_size=1, max_size=12),
    st.sampled_from(
        [b"/Kids [", b"<<<<", b"99999999999", b"-1", b"/Length 0", b"endobj", b"/V (", b"stream\n", b"0 R"]
    ),
)


def some_pdf(house: House) -> st.SearchStrategy[bytes]:
    whole = a_filled_form(house)
    damaged = st.builds(damage, st.just(whole), st.lists(st.tuples(share, share), max_size=2), NOISE,
                        st.lists(share, max_size=6))  # fmt: skip
    ended = damaged.map(lambda made: made.rstrip() + b"\n%%EOF\n")
    invented = st.binary(max_size=300).map(lambda made: b"%PDF-1.7\n" + made + b"\n%%EOF")
    return st.one_of(ended, ended, damaged, invented)


@pytest.mark.parametrize("examples", [300, pytest.param(5000, marks=pytest.mark.long)])
def test_damaged_forms_never_break_the_service_nor_leave_half_a_referral(house: House, examples: int) -> None:
    """Each is taken, or refused in words; what is refused leaves nothing."""
    desk = house.caller("desk")

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(some_pdf(house))
    def judge(made: bytes) -> None:
        before = counts(house)
        answer = send(desk, "/documents", made)
        assert answer.status_code in (200, 201, 202, 404, 409, 415, 422), answer.text
        if answer.status_code >= 400:
            assert {"code", "message"} <= answer.json.keys()
            assert counts(house) == before

    judge()


def test_damaged_pictures_never_break_the_service(house: House) -> None:
    desk, wholes = house.caller("desk"), [picture("PNG"), picture("JPEG")]

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.sampled_from(wholes), st.lists(st.tuples(share, share), max_size=1), NOISE, st.lists(share, max_size=3))
    def judge(whole: bytes, cuts: list[tuple[float, float]], noise: bytes, places: list[float]) -> None:
        answer = send(desk, "/documents", damage(whole, cuts, noise, places))
        assert answer.status_code in (202, 415, 422), answer.text

    judge()
