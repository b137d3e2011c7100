"""Files that were made to do harm: small ones that want to be large, endless ones, and a hundred at once."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.referrals.paper import content
from tests.referrals.filling import send
from tests.referrals.house import Caller, House
from tests.referrals.test_uploads import counts, pdf, picture


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: bytes = bytes(1000), *between: bytes) -> bytes:
    """A picture that says how large it is, whatever is in it."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(between) + pixels + chunk(b"IEND", b"")


def packed(million: int) -> bytes:
    packing = zlib.compressobj(9)
    return b"".join(packing.compress(bytes(10**6)) for _ in range(million)) + packing.flush()


def jpeg_of(width: int, height: int) -> bytes:
    """Its header says so; the rest is of a small one."""
    made = bytearray(picture("JPEG"))
    at = made.index(b"\xff\xc0")
    made[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(made)


CATALOG = b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
PAGES = b"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
PAGE = b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\n"


def raw_pdf(*objects: bytes, trailer: bytes = b"<</Root 1 0 R>>", count: int | None = None) -> bytes:
    """Put together by hand; `count` is how many objects the table says that it has."""
    body, places = b"%PDF-1.7\n", []
    for one in objects:
        places.append(len(body))
        body += one
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (count or len(objects) + 1)
    entries = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + table + entries + b"trailer\n" + trailer + b"\nstartxref\n%d\n%%%%EOF\n" % len(body)


def with_object(written: bytes) -> bytes:
    return raw_pdf(CATALOG, PAGES, PAGE, b"4 0 obj\n" + written + b"\nendobj\n")


def with_pages(kids: bytes) -> bytes:
    return raw_pdf(CATALOG, b"2 0 obj\n<</Type/Pages/Kids[" + kids + b"]/Count 9>>\nendobj\n", PAGE)


def tree_of_pages() -> bytes:
    """Seven objects; sixty to the power of six pages."""
    levels = [
        b"%d 0 obj\n<</Type/Pages/Kids[%s]/Count 9>>\nendobj\n" % (n, b"%d 0 R " % (n + 1) * 60) for n in range(2, 8)
    ]
    return raw_pdf(CATALOG, *levels, b"8 0 obj\n<</Type/Page/Parent 7 0 R>>\nendobj\n")


def unpacking(filters: bytes, stream: bytes) -> bytes:
    return with_object(b"<</Filter" + filters + b"/Length %d>>stream\n" % len(stream) + stream + b"\nendstream")


REFUSED: dict[str, Callable[[], bytes]] = {
    "a picture of 60,000 by 60,000 points": lambda: png(60_000, 60_000),
    "a picture without a width": lambda: png(0, 10),
    "a picture of far more rows than it has": lambda: png(2**31 - 1, 1),
    "a photo of 65,000 by 65,000 points": lambda: jpeg_of(65_000, 65_000),
    "a picture whose rows unpack without end": lambda: png(10, 10, bytes(10))[:-12] + chunk(b"IEND", b"")[:4],
    "a picture with a text of 200 MB": lambda: png(4, 4, bytes(68), chunk(b"zTXt", b"a\0\0" + packed(200))),
    "a photo of a third": lambda: (one := picture("JPEG", (800, 800)))[: len(one) // 3],
    "a page that is its own page": lambda: with_pages(b"2 0 R 2 0 R"),
    "a tree of 46 billion pages": tree_of_pages,
    "a million times one page": lambda: with_pages(b"3 0 R " * 1_000_000),
    "lists within lists": lambda: with_object(b"[" * 1_000_000 + b"]" * 1_000_000),
    "a table of a billion objects": lambda: raw_pdf(CATALOG, PAGES, PAGE, count=10**9),
    "nothing but beginnings": lambda: b"%PDF-1.7\n" + b"(" * 5_000_000 + b"%%EOF\n",
    "a stream that unpacks to 200 MB": lambda: unpacking(b"/FlateDecode", packed(200)),
    "a stream that is packed twice": lambda: unpacking(b"[/FlateDecode/FlateDecode]", zlib.compress(packed(200), 9)),
    "a stream that is as long as itself": lambda: with_object(b"<</Length 4 0 R>>stream\nabc\nendstream"),
    "a picture before a PDF": lambda: picture("PNG") + pdf(),
    "a PDF before a picture": lambda: pdf() + picture("PNG"),
    "a photo before a PDF": lambda: picture("JPEG") + pdf(),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_was_made_to_do_harm_is_refused_in_words_and_leaves_nothing(house: House, desk: Caller, name: str) -> None:
    made, before = REFUSED[name](), counts(house)
    for path in ("/documents", "/intake-codes/open"):
        answer = send(desk, path, made, code="0" * 26)
        assert answer.status_code in (413, 415, 422), answer.text
        assert {"code", "message"} <= answer.json.keys()
    assert counts(house) == before


@pytest.mark.parametrize("claimed", ["text/html", "image/svg+xml", "application/x-msdownload", "", "a/b; charset=\xff"])
@pytest.mark.parametrize("name", ["../../etc/passwd", "a.html\0.png", "CON", "x" * 4000, ""])
def test_what_the_sender_says_that_it_is_counts_for_nothing(desk: Caller, claimed: str, name: str) -> None:
    data = {"file": (io.BytesIO(picture("PNG")), name, claimed)}
    answer = desk._send("POST", "/documents", data=data, content_type="multipart/form-data")
    assert (answer.status_code, answer.json["document"]["media_type"]) == (202, "image/png")
    kept = desk.get(f"/documents/{answer.json['document']['id']}")
    assert kept.headers["Content-Type"] == "image/png"
    assert kept.headers["Content-Disposition"].endswith('.png"')
    assert not name or name not in kept.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "body", [b"", b"--x", b"--x\r\n\r\n--x--", b"--x\r\nContent-Disposition: form-data; name=file"]
)
def test_a_form_that_is_none_is_refused(desk: Caller, body: bytes) -> None:
    answer = desk._send("POST", "/documents", data=body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code in (400, 422)


def test_a_hundred_at_once_are_each_kept_or_refused_and_nothing_is_left_of_the_refused(
    house: House, desk: Caller
) -> None:
    """Fifty sheets, one of them twenty-one times, and thirty that are none."""
    sheets = [picture("PNG") for _ in range(50)]
    sent = [*[sheets[0]] * 20, *sheets, *[png(60_000, 60_000), picture("JPEG")[:-40], b"MZ"] * 10]
    [(before,)] = house.rows("SELECT count(*) FROM documents")
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda sheet: send(desk, "/documents", sheet), sent))
    assert [one.status_code for one in answers[:70]] == [202] * 70
    assert {one.status_code for one in answers[70:]} == {415, 422}
    [(after,)] = house.rows("SELECT count(*) FROM documents")
    assert after - before == 50


def test_large_pictures_are_unpacked_one_after_the_other(monkeypatch: pytest.MonkeyPatch, desk: Caller) -> None:
    """Eight of 60 million points at once would take gigabytes."""
    at_work, most, decode = [0], [0], content._decode

    def counted(given: bytes) -> None:
        at_work[0] += 1
        most[0] = max(most[0], at_work[0])
        decode(given)
        at_work[0] -= 1

    monkeypatch.setattr(content, "_decode", counted)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(desk, "/documents", picture("PNG", (600, 600))), range(8)))
    assert {one.status_code for one in answers} == {202}
    assert most == [1]
