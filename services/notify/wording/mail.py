"""An e-mail as it is written in a template, and as it is read: plain text, and parts for the HTML.

A template gives `Subject:` and `Preview:` (what an inbox shows beside the subject), paragraphs, and after `---`
the footer. A paragraph is one of

    Words.                          [Label] https://link       a button
    > The day                       * one                      a list
    > and the time, made big        * two
    | Measure | First | a table     ![What it shows] cid:name  a picture, in the HTML only
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from markupsafe import Markup, escape

Kind = Literal["words", "big", "list", "table", "button", "picture"]

_MARKS: dict[str, Kind] = {">": "big", "*": "list", "|": "table"}
_KEPT = re.compile(r"(?P<phone>\+\d{7,15}|\b\d{3}-\d{3}-\d{4})\b|\b[A-Z]-\d{4}-\d+|\b\d{1,2}:\d\d [AaPp]\.?[Mm]\b")
_LINKED = re.compile(r"(!?)\[([^\]]*)\] (\S+)")


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Block:
    kind: Kind
    lines: tuple[str, ...] = ()
    link: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Mail:
    subject: str
    preview: str
    body: tuple[Block, ...]
    footer: tuple[Block, ...] = field(default=())


def read(source: str) -> Mail:
    """The mail that a rendered template is."""
    head, _, rest = source.partition("\n\n")
    body, _, footer = rest.partition("\n---\n")
    named = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    return Mail(tidy(named["Subject"]), tidy(named["Preview"]), _blocks(body), _blocks(footer))


def plain(mail: Mail) -> str:
    """The same, to be read as it is."""
    body, footer = ("\n\n".join(filter(None, map(_plain, part))) for part in (mail.body, mail.footer))
    return f"{body}\n\n-- \n{footer}\n"


def tidy(text: str) -> str:
    """Without blanks that stand together, and without the second dot of a sentence that ends with `p.m.`"""
    return " ".join(text.split()).replace(".m..", ".m.")


def unbroken(text: str) -> Markup:
    """As HTML in which no line ends within a number, a reference or a time; a tap on a phone number calls it."""
    return Markup(_KEPT.sub(_keep, str(escape(text))))  # noqa: S704 - escaped on the line itself


def _keep(found: re.Match[str]) -> str:
    said = found[0]
    if found["phone"]:
        return f'<a class="tel" href="tel:{said}" style="color:inherit;white-space:nowrap">{said}</a>'
    return f'<span style="white-space:nowrap">{said}</span>'


def _blocks(text: str) -> tuple[Block, ...]:
    return tuple(_block(part.strip()) for part in re.split(r"\n\s*\n", text) if part.strip())


def _block(text: str) -> Block:
    if linked := _LINKED.fullmatch(text):
        picture, label, link = linked.groups()
        return Block("picture" if picture else "button", (tidy(label),), link)
    lines = [line.strip() for line in text.splitlines()]
    kind = _MARKS.get(text[0])
    if kind is None or not all(line.startswith(f"{text[0]} ") for line in lines):
        return Block("words", (tidy(text),))
    said = tuple(tidy(line[2:]) for line in lines)
    if kind == "table":
        return Block(kind, rows=tuple(tuple(cell.strip() for cell in line.split("|")) for line in said))
    return Block(kind, said)


def _plain(block: Block) -> str:
    match block.kind:
        case "button":
            return f"{block.lines[0]}:\n{block.link}"
        case "big":
            return "\n".join(f"    {line}" for line in block.lines)
        case "list":
            return "\n".join(f"* {line}" for line in block.lines)
        case "table":
            return _columns(block.rows)
        case "picture":
            return ""
        case _:
            return block.lines[0]


def _columns(rows: tuple[tuple[str, ...], ...]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
