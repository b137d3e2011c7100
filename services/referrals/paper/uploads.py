"""Files over HTTP: taken from a form's part, and given back to be saved."""

from __future__ import annotations

from flask import Response, request
from sqlalchemy.orm import Session

from services.chassis import clock
from services.chassis.api import runtime
from services.referrals import office
from services.referrals.paper import content
from services.referrals.paper.referral import Office
from services.referrals.paper.refusals import FileMissing

ROOM = content.MOST_BYTES + 64 * 1024
"""What an upload may have in all: the file, and what a form wraps around it."""
UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary"}},
                    "required": ["file"],
                }
            }
        },
    }
}
"""For the description of the interface."""


def uploaded() -> bytes:
    """The part named file. Raises `FileMissing`."""
    request.max_content_length = ROOM
    file = request.files.get("file")
    if file is None:
        raise FileMissing
    given: bytes = file.read()
    return given


def to_be_saved(given: bytes, media_type: str, name: str) -> Response:
    """Never shown as a page of ours."""
    response = Response(given, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def office_of(session: Session) -> Office:
    now = clock.now(session)
    return Office(session, runtime().outbox, office.vault(), office.table(), office.calendar(now), now)
