"""A small file of referrals over HTTP; a large one is imported by the command."""

from __future__ import annotations

import io
from typing import Any

from flask import jsonify, request
from flask_smorest import Blueprint

from services.chassis import identity
from services.chassis.api import runtime
from services.chassis.refusals import Refusal
from services.referrals import office
from services.referrals.batch.files import FileError, Row, rows
from services.referrals.batch.take import Importer
from services.referrals.paper.refusals import FileMissing

MOST_ROWS = 500
ROOM = 10 * 1024**2 + 64 * 1024

blueprint = Blueprint("imports", __name__, description="Many referrals at once")


class TooManyRows(Refusal):
    """Facts: most_rows."""

    status = 413
    message = "This file is long. Import it with: fascia referrals import FILE."


class NotATable(Refusal):
    status = 422
    message = "This file cannot be read."


@blueprint.post("/imports")
@identity.requires("desk")
@blueprint.doc(
    requestBody={
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary"}, "dry_run": {"type": "string"}},
                    "required": ["file"],
                }
            }
        },
    }
)
@blueprint.response(200, description="rows, new, known, and each refused row with its field and why")
def import_file() -> Any:
    """CSV, JSON Lines or a JSON array; with `dry_run` only what would become of each row."""
    request.max_content_length = ROOM
    file = request.files.get("file")
    if file is None:
        raise FileMissing
    text = file.read().decode("utf-8", errors="surrogateescape")
    try:
        read = _few(text)
    except FileError as error:
        raise NotATable(file=[f"{error}."]) from None
    chosen, dry = office.settings(), request.form.get("dry_run", "") in ("true", "on", "1")
    importer = Importer(
        runtime().sessions, runtime().outbox, office.vault(), chosen.contraindications, office.calendar, dry
    )
    counts = list(importer.take(read))
    return jsonify(
        rows=sum(one.rows for one in counts),
        new=sum(one.new for one in counts),
        known=sum(one.known for one in counts),
        refused=[refused._asdict() for one in counts for refused in one.refused],
    )


def _few(text: str) -> list[Row]:
    found: list[Row] = []
    for row in rows(io.StringIO(text, newline="")):
        found.append(row)
        if len(found) > MOST_ROWS:
            raise TooManyRows(most_rows=MOST_ROWS)
    return found
