"""Shapes that several parts of a mail/send body share. Every check yields (field, message)."""

import re
import time
from collections.abc import Iterator
from typing import Any

RESERVED_HEADERS = {
    "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type",
    "content-transfer-encoding", "to", "from", "subject", "reply-to", "cc", "bcc",
}  # fmt: skip
ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)

Mistakes = Iterator[tuple[str, str]]


def is_address(value: Any) -> bool:
    return isinstance(value, str) and ADDRESS.fullmatch(value) is not None


def custom_args(field: str, args: Any, shared: dict[str, Any]) -> Mistakes:
    if args is None and not shared:
        return
    if args is not None and not isinstance(args, dict):
        yield field, f"Invalid type. Expected: object, given: {kind_of(args)}."
        return
    for name, value in (args or {}).items():
        if not isinstance(value, str):
            yield f"{field}.{name}", f"Invalid type. Expected: string, given: {kind_of(value)}."
    merged = shared | (args or {})
    if sum(len(str(name).encode()) + len(str(value).encode()) for name, value in merged.items()) > 10_000:
        yield field, "Custom arguments, global and personal together, may not exceed 10,000 bytes."


def headers(field: str, given: Any) -> Mistakes:
    if given is None:
        return
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        yield field, "All values of the headers object must be strings."
        return
    for name in given:
        if name.lower() in RESERVED_HEADERS:
            yield f"{field}.{name}", "Header cannot be one of the reserved keys."
        elif not re.fullmatch(r"[!-9;-~]+", name):
            yield field, "Header keys cannot contain non-ASCII characters or empty spaces."


def send_at(field: str, at: Any) -> Mistakes:
    if at is None:
        return
    if not isinstance(at, int) or isinstance(at, bool):
        yield field, "The send_at parameter is expecting a Unix timestamp as an integer."
    elif at > time.time() + 72 * 3600:
        yield field, "Scheduling more than 72 hours in advance is forbidden."


def listed(one: Any, kind: str) -> list[Any]:
    value = one.get(kind) if isinstance(one, dict) else None
    return value if isinstance(value, list) else []


def filled(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def named(expected: type) -> str:
    return "boolean" if expected is bool else "string"


def kind_of(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "null")
