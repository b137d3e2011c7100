"""Messages, over HTTP: what becomes of each and why, and what the desk decides about those nobody can tell of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.chassis import identity
from services.chassis.api import runtime
from services.notify.api.acting import once
from services.notify.models import Message
from services.notify.planning import previewing
from services.notify.schemas.messages import MessageDetail, MessageFilter, MessageOut, PreviewAsked, PreviewOut
from services.notify.sending import by_hand
from services.notify.why import message as why

blueprint = Blueprint("messages", __name__, description="Messages")


@blueprint.get("/messages")
@identity.requires("desk", "therapist")
@blueprint.arguments(MessageFilter, location="query")
@blueprint.response(200, MessageOut(many=True))
def list_messages(asked: dict[str, Any]) -> Any:
    limit, newest = asked.pop("limit"), asked.pop("newest")
    order = [column.desc() if newest else column.asc() for column in (Message.due_at, Message.id)]
    query = select(Message).filter_by(**asked).order_by(*order).limit(limit)
    with runtime().sessions.begin() as session:
        return session.scalars(query).all()


@blueprint.get("/messages/<uuid:message_id>")
@identity.requires("desk", "therapist")
@blueprint.response(200, MessageDetail)
def get_message(message_id: UUID) -> Any:
    """With everything that was decided, tried, reported, answered and asked of the desk, and why, in sentences."""
    with runtime().sessions.begin() as session:
        return why.of(session, message_id).shown()


@blueprint.post("/messages/<uuid:message_id>/resend")
@identity.requires("desk")
def resend(message_id: UUID) -> Any:
    """Only what failed, or what nobody can tell about any more."""
    return once(_shown(by_hand.resend, message_id))


@blueprint.post("/messages/<uuid:message_id>/mark-sent")
@identity.requires("desk")
def mark_sent(message_id: UUID) -> Any:
    """The desk knows that it arrived, or has told the person itself."""
    return once(_shown(by_hand.mark_sent, message_id))


@blueprint.post("/messages/preview")
@identity.requires("desk")
@blueprint.arguments(PreviewAsked)
@blueprint.response(200, PreviewOut(many=True))
def preview(asked: dict[str, UUID]) -> Any:
    """What would be sent when, from what is known now. Nothing is written."""
    with runtime().sessions.begin() as session:
        return previewing.preview(session, **asked)


def _shown(act: Callable[[Session, UUID], Message], message_id: UUID) -> Callable[[Session], Any]:
    return lambda session: MessageOut().dump(act(session, message_id))
