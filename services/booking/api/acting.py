"""What the acts have in common over HTTP: versions, requests sent twice, and times that are taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.booking.refusals import IdempotencyKeyRequired, SlotTaken
from services.chassis import context, idempotency, versions
from services.chassis.api import runtime

Answer = TypeVar("Answer")

expected_version = versions.expected


def by_a_service() -> bool:
    """Nobody at the desk does it: a patient, behind a link or by text."""
    return not context.actor.get().roles & {"desk", "therapist", "admin"}


def tagged(answer: Any, version: int) -> tuple[Any, int, dict[str, str]]:
    return answer, 200, {"ETag": versions.tag(version)}


def once(status: int, act: Callable[[Session], Any]) -> ResponseReturnValue:
    """Do it, and answer its JSON; the same request under the same key is only answered again.

    Raises `IdempotencyKeyRequired`.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not 1 <= len(key) <= 200:
        raise IdempotencyKeyRequired
    with runtime().sessions.begin() as session:
        earlier = idempotency.earlier_answer(session, key, [request.path, request.get_json()])
        if earlier:
            return jsonify(earlier[1]), earlier[0]
        answer = act(session)
        idempotency.remember(session, key, status, answer)
        return jsonify(answer), status


def or_alternatives(
    act: Callable[[], Answer], instead: Callable[[Session], SlotTaken], *, wanted: bool = True
) -> Answer:
    """Where a time is taken, say what could be had instead: looked for anew, once the act is undone."""
    try:
        return act()
    except SlotTaken:
        if not wanted:
            raise
    with runtime().sessions.begin() as session:
        raise instead(session)
