"""Whether a PDF can be kept: readable, not locked, nothing in it that acts by itself, nothing that explodes.

Source of the names: ISO 32000-1, 7.5 (structure), 7.11 (files), 12.6 (actions).
"""

from __future__ import annotations

import io
import time
import zlib
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from services.chassis.refusals import Refusal
from services.referrals.paper.refusals import (
    ActiveContent,
    FileDamaged,
    FileEncrypted,
    FileTooComplex,
    TooManyPages,
)

MOST_PAGES, MOST_OBJECTS, MOST_SECONDS = 20, 20_000, 10.0
"""Seconds of work, not of waiting for a turn."""
MOST_IN_ONE, MOST_IN_ALL = 128 * 1024**2, 256 * 1024**2
"""Bytes, unpacked. A page in colour at 600 dots an inch has 100 million."""

_ACTS = frozenset({"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/RichMediaContent", "/XFA"})
_ACTIONS = frozenset({"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/RichMediaExecute"})
_TYPES = frozenset({"/EmbeddedFile", "/FileAttachment", "/RichMedia", "/Screen", "/Movie"})


def check(content: bytes) -> PdfReader:
    """Raises one of `content_refusals`."""
    try:
        return _checked(content)
    except Refusal:
        raise
    except MemoryError:
        raise FileTooComplex from None
    except Exception:
        # A reader of hostile bytes fails in many ways; to whoever sent them it is one.
        raise FileDamaged from None


def _checked(content: bytes) -> PdfReader:
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted:
        raise FileEncrypted
    budget = Budget()
    found: set[str] = set()
    for value in _objects(reader, budget):
        found |= _active(value, budget)
    if found:
        raise ActiveContent(found=sorted(name.lstrip("/") for name in found))
    if not len(reader.pages) >= 1:
        raise FileDamaged
    if len(reader.pages) > MOST_PAGES:
        raise TooManyPages(most_pages=MOST_PAGES)
    return reader


class Budget:
    """What reading one file may take. Raises `FileTooComplex`."""

    def __init__(self) -> None:
        self._objects, self._bytes, self._ends = MOST_OBJECTS, MOST_IN_ALL, time.thread_time() + MOST_SECONDS

    def one_more(self) -> None:
        self._objects -= 1
        if self._objects < 0 or time.thread_time() > self._ends:
            raise FileTooComplex

    def unpacked(self, packed: bytes) -> None:
        """Unpack it bit by bit, and keep nothing."""
        unpacking, room, rest = zlib.decompressobj(), MOST_IN_ONE, packed
        while rest and not unpacking.eof:
            try:
                size = len(unpacking.decompress(rest, 1024**2))
            except zlib.error:
                return
            room, self._bytes, rest = room - size, self._bytes - size, unpacking.unconsumed_tail
            if min(room, self._bytes) < 0 or time.thread_time() > self._ends:
                raise FileTooComplex


def _objects(reader: PdfReader, budget: Budget) -> Iterator[Any]:
    """Each object that the file lists, its streams before what is inside them, and what it says of itself."""
    yield reader.trailer
    for generation, places in list(reader.xref.items()):
        for number in list(places):
            budget.one_more()
            if number:
                yield reader.get_object(IndirectObject(number, generation, reader))
    for number in list(reader.xref_objStm):
        budget.one_more()
        yield reader.get_object(IndirectObject(number, 0, reader))


def _active(value: Any, budget: Budget) -> set[str]:
    found: set[str] = set()
    waiting = [value]
    while waiting:
        budget.one_more()
        one = waiting.pop()
        if isinstance(one, StreamObject):
            _unpack(one, budget)
        if isinstance(one, DictionaryObject):
            found |= _ACTS & one.keys()
            found |= {str(one.raw_get(key)) for key in ("/S", "/Type", "/Subtype") if key in one} & (_ACTIONS | _TYPES)
            waiting += [one.raw_get(key) for key in one]
        elif isinstance(one, ArrayObject):
            waiting += list.__iter__(one)
    return found


def _unpack(stream: StreamObject, budget: Budget) -> None:
    filters = stream.get("/Filter")
    named = [str(one) for one in filters] if isinstance(filters, ArrayObject) else [str(filters)]
    flate = [name for name in named if name in ("/FlateDecode", "/Fl", "/LZWDecode", "/LZW", "/RunLengthDecode", "/RL")]
    if len(flate) > 1:
        raise FileTooComplex
    if named and named[0] in ("/FlateDecode", "/Fl"):
        budget.unpacked(stream._data)
