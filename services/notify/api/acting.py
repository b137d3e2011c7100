"""What the acts have in common over HTTP: a request sent twice under one key is done once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.chassis import idempotency
from services.chassis.api import runtime
from services.chassis.refusals import Invalid


def once(act: Callable[[Session], Any]) -> ResponseReturnValue:
    """Do it, and answer its JSON. With an `Idempotency-Key`, the same request is only answered again.

    The acts that this is for change nothing when they are done a second time, so the key may be left out.
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= 200:
        raise Invalid(**{"Idempotency-Key": ["Give 1 to 200 characters."]})
    with runtime().sessions.begin() as session:
        earlier = (
            idempotency.earlier_answer(session, key, [request.path, request.get_data(as_text=True)]) if key else None
        )
        if earlier:
            return jsonify(earlier[1]), earlier[0]
        answer = act(session) or {}
        if key:
            idempotency.remember(session, key, 200, answer)
        return jsonify(answer), 200
