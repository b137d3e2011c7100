"""The version that a caller has seen: `If-Match` on the way in, `ETag` on the way out."""

from __future__ import annotations

from flask import request

from services.chassis.refusals import Refusal

NO_VERSION = -1
"""What nothing has."""


class StaleVersion(Refusal):
    """Facts: version, the current one."""

    status = 412
    message = "This has changed since it was read. Read it again first."


def expected() -> int | None:
    """Of `If-Match: "3"`; None when any will do."""
    given = request.headers.get("If-Match", "*").strip()
    if given == "*":
        return None
    digits = given.removeprefix('"').removesuffix('"')
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else NO_VERSION


def heed(seen: int | None, version: int) -> None:
    """Raises `StaleVersion` when whoever acts has seen another version; None is any."""
    if seen is not None and seen != version:
        raise StaleVersion(version=version)


def tag(version: int) -> str:
    return f'"{version}"'
