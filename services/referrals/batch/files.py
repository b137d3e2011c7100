"""A file of referrals, row by row, however large it is: a JSON array, JSON Lines, or CSV.

Nothing larger than one row is in memory.
"""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TextIO

from services.referrals.batch import columns

LONGEST = 1_000_000
"""Characters of a row."""
_CHUNK = 65_536


class FileError(Exception):
    """The file as a whole cannot be read."""


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    """As a person counts, from 1: lines of JSON Lines, elements of an array, rows of CSV below the header."""
    document: Any = None
    wrong: dict[str, Any] = field(default_factory=dict)
    """What does not read well, by field."""


def rows(file: TextIO) -> Iterator[Row]:
    """By what stands at its beginning. Raises `FileError`."""
    begins = _first(file)
    if begins == "[":
        return _array(file)
    return _lines(file) if begins == "{" else _table(file)


def _first(file: TextIO) -> str:
    """The first character that is not blank; the file is read from it on."""
    while blank := file.read(1):
        if not blank.isspace() and blank != "\ufeff":
            file.seek(0)
            return blank
    raise FileError("this file is empty")


def _lines(file: TextIO) -> Iterator[Row]:
    for number in itertools.count(1):
        line = file.readline(LONGEST)
        if not line:
            return
        if line.strip():
            yield _read(number, line.lstrip("\ufeff"))


def _read(number: int, text: str) -> Row:
    try:
        return Row(number, json.loads(text, parse_constant=_no_number))
    except (ValueError, RecursionError):
        return Row(number, wrong={"": ["This is not JSON."]})


def _array(file: TextIO) -> Iterator[Row]:
    decoder = json.JSONDecoder(parse_constant=_no_number)
    held = file.read(_CHUNK).lstrip("\ufeff \t\r\n")[1:]
    for number in itertools.count(1):
        held, row = _element(decoder, file, held, number)
        if row is None:
            return
        yield row


def _element(decoder: json.JSONDecoder, file: TextIO, held: str, number: int) -> tuple[str, Row | None]:
    """What is left after the next element, and it; None at the end. Raises `FileError`: behind what is not JSON
    nothing can be told apart."""
    while True:
        held = held.lstrip(" \t\r\n").removeprefix(",").lstrip(" \t\r\n") if number > 1 else held.lstrip(" \t\r\n")
        if held.startswith("]"):
            return "", None
        try:
            document, end = decoder.raw_decode(held)
            # A number might go on in what is not read yet.
            if end < len(held):
                return held[end:], Row(number, document)
        except (ValueError, RecursionError):
            if len(held) > LONGEST:
                raise FileError(f"element {number} is not JSON, or too long") from None
        more = file.read(_CHUNK)
        if not more:
            raise FileError(f"element {number} is not JSON, or the array does not end")
        held += more


def _table(file: TextIO) -> Iterator[Row]:
    reader = csv.DictReader(file, restkey="")
    try:
        columns.check([name.strip().lstrip("\ufeff") for name in reader.fieldnames or ()])
    except (columns.HeaderError, csv.Error) as error:
        raise FileError(f"{error}; see: fascia referrals template") from None
    reader.fieldnames = [name.strip().lstrip("\ufeff") for name in reader.fieldnames or ()]
    for number in itertools.count(1):
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Row(number, wrong={"": ["This row cannot be told apart into cells."]})
            continue
        if "" in cells:
            yield Row(number, wrong={"": ["This row has more cells than the header."]})
            continue
        yield Row(number, *columns.document_of({name: text or "" for name, text in cells.items()}))


def _no_number(text: str) -> Any:
    raise ValueError("not a number of JSON")
