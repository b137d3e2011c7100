"""What an e-mail says and carries: the rules of ``content`` and ``attachments``."""

import base64
import binascii
import re
from typing import Any

from .mail_shapes import Mistakes, filled, kind_of

ATTACHED_BYTES = 30 * 1024 * 1024
KINDS = ("text/plain", "text/html")
CALENDAR = re.compile(r"text/calendar(; method=[A-Z]+)?")
"""The only type that may have a parameter."""


class TooLarge(Exception):
    """The attachments are over 30 MB: a 413, not a 400."""


def content(mail: dict[str, Any]) -> Mistakes:
    blocks = mail.get("content")
    if blocks is None and mail.get("template_id"):
        return
    if not isinstance(blocks, list) or not blocks:
        yield "content", "At least one content block is required."
        return
    for place, block in enumerate(blocks):
        yield from _block(f"content.{place}", block)
    ranks = [_rank(block) for block in blocks]
    if ranks != sorted(ranks):
        yield "content", "text/plain needs to be first, then text/html, then any other, text/calendar last."


def _block(field: str, block: Any) -> Mistakes:
    if not isinstance(block, dict):
        yield field, f"Invalid type. Expected: object, given: {kind_of(block)}."
        return
    if not filled(block.get("type")):
        yield f"{field}.type", "Your content type must be a string with length of at least one character."
    elif re.search(r"[;,\r\n]", block["type"]) and not CALENDAR.fullmatch(block["type"]):
        yield f"{field}.type", "Cannot contain ';', or CRLF characters."
    if not filled(block.get("value")):
        yield f"{field}.value", "The content value must be a string at least one character in length."


def _rank(block: Any) -> int:
    kind = block.get("type") if isinstance(block, dict) else None
    return KINDS.index(kind) if kind in KINDS else 3 if CALENDAR.fullmatch(str(kind)) else 2


def attachments(given: Any) -> Mistakes:
    if not isinstance(given, list):
        yield "attachments", f"Invalid type. Expected: array, given: {kind_of(given)}."
        return
    total = 0
    for place, one in enumerate(given):
        field = f"attachments.{place}"
        if not isinstance(one, dict):
            yield field, f"Invalid type. Expected: object, given: {kind_of(one)}."
            continue
        yield from _attachment(field, one)
        total += size(one)
    if total > ATTACHED_BYTES:
        raise TooLarge


def _attachment(field: str, one: dict[str, Any]) -> Mistakes:
    if not filled(one.get("content")):
        yield f"{field}.content", "The attachment content must be a string at least one character in length."
    elif not _is_base64(one["content"]):
        yield f"{field}.content", "The attachment content must be base64 encoded."
    if not filled(one.get("filename")):
        yield f"{field}.filename", "The attachment filename is required."
    elif re.search(r"[\r\n]", one["filename"]):
        yield f"{field}.filename", "The filename of your attachment cannot contain CRLF characters."
    if "type" in one and (not filled(one["type"]) or re.search(r"[;\r\n]", one["type"])):
        yield f"{field}.type", "The attachment type must be a string without ';' or CRLF characters."
    if one.get("disposition", "attachment") not in ("attachment", "inline"):
        yield f"{field}.disposition", "The disposition can be either inline or attachment."


def size(attachment: dict[str, Any]) -> int:
    """Bytes of an attachment once decoded."""
    content = attachment.get("content")
    return len(content) * 3 // 4 - content.count("=", -2) if isinstance(content, str) else 0


def _is_base64(content: str) -> bool:
    try:
        base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
