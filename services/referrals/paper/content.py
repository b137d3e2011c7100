"""Whether a file is what it may be: a PDF, PNG or JPEG, whole, of a sensible size, that does nothing by itself."""

from __future__ import annotations

import io
import re
import threading
import warnings
from typing import Literal

import puremagic
from PIL import Image

from services.chassis.refusals import Refusal
from services.referrals.paper import pdf_checks
from services.referrals.paper.refusals import (
    FileDamaged,
    FileEmpty,
    FileTooComplex,
    FileTooLarge,
    MoreThanOneFile,
    UnknownFileType,
)

MediaType = Literal["application/pdf", "image/png", "image/jpeg"]

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 60_000_000
"""A sheet of paper at 600 dots an inch has 35 million."""

_ONE_AT_A_TIME = threading.Lock()
"""The largest picture takes 400 MB while it is looked at."""

_BEGINS: dict[MediaType, bytes] = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
}
_ENDS: dict[MediaType, re.Pattern[bytes]] = {
    "application/pdf": re.compile(rb"%%EOF\s*\Z"),
    "image/png": re.compile(rb"IEND\xaeB`\x82\s*\Z"),
    "image/jpeg": re.compile(rb"\xff\xd9[\s\0]*\Z"),
}
_OTHERS = (b"PK\x05\x06", b"PK\x03\x04", b"<script", b"<html", b"<!doctype")
"""Archives and pages that could hide in a picture."""

EXTENSIONS: dict[str, str] = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}


def judged(content: bytes) -> MediaType:
    """What it is, by its content alone. Raises one of `content_refusals`."""
    if not content:
        raise FileEmpty
    if len(content) > MOST_BYTES:
        raise FileTooLarge(most_megabytes=MOST_BYTES // 1024**2)
    kind = _kind(content)
    _is_one_file(content, kind)
    if kind == "application/pdf":
        pdf_checks.check(content)
    else:
        _check_picture(content)
    return kind


def _kind(content: bytes) -> MediaType:
    """Where the first bytes and the library disagree, it is more than one thing."""
    kind = next((kind for kind, begins in _BEGINS.items() if content.startswith(begins)), None)
    if kind is None:
        raise UnknownFileType(takes=["PDF", "PNG", "JPEG"])
    try:
        seems = puremagic.from_string(content[:4096], mime=True)
    except (puremagic.PureError, ValueError):
        seems = kind
    if seems and seems != kind:
        raise MoreThanOneFile
    return kind


def _is_one_file(content: bytes, kind: MediaType) -> None:
    if not _ENDS[kind].search(content[-1024:]):
        whole = _ENDS[kind].pattern.removesuffix(rb"\s*\Z").removesuffix(rb"[\s\0]*\Z")
        raise MoreThanOneFile if re.search(whole, content) else FileDamaged
    if kind != "application/pdf" and any(mark in content.lower() for mark in map(bytes.lower, _OTHERS[2:])):
        raise MoreThanOneFile
    if any(mark in content[-65_600:] for mark in _OTHERS[:1]):
        raise MoreThanOneFile


def _check_picture(content: bytes) -> None:
    try:
        with _ONE_AT_A_TIME:
            _decode(content)
    except Refusal:
        raise
    except Image.DecompressionBombError:
        raise FileTooComplex from None
    except Exception:
        # Whatever a decoder stumbles over is damage to us.
        raise FileDamaged from None


def _decode(content: bytes) -> None:
    """The size as it says, before anything is unpacked; then all of it. The library warns once for the process of
    pictures that are large, which `FileTooComplex` says better.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(content)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise FileTooComplex
            image.verify()
        with Image.open(io.BytesIO(content)) as image:
            image.load()
