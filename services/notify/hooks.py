"""What the providers tell us: status of texts, texts that came in, events of e-mails. Signed, not logged in."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

import structlog
from flask import Blueprint, Response, request
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import context
from services.chassis.api import runtime
from services.chassis.refusals import Refusal
from services.notify import replies, settle, signatures
from services.notify.addresses import AddressBook, book_of
from services.notify.models import Callback
from services.notify.settings import settings_of
from services.notify.transports import sendgrid, twilio
from services.notify.transports.answer import Answer, Meaning

log = structlog.get_logger()

NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


class SignatureInvalid(Refusal):
    status = 403
    message = "This request is not signed as it should be."


def hooks() -> Blueprint:
    blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")
    blueprint.add_url_rule("/twilio/status/<attempt_id>", view_func=text_status, methods=["POST"])
    blueprint.add_url_rule("/twilio/inbound", view_func=text_came_in, methods=["POST"])
    blueprint.add_url_rule("/sendgrid/events", view_func=email_events, methods=["POST"])
    return blueprint


def text_status(attempt_id: str) -> Any:
    _signed_by_twilio()
    form = {name: _kept(value) for name, value in request.form.items()}
    code = form.get("ErrorCode", "")
    sid, status = form.get("MessageSid"), form.get("MessageStatus", "")
    answer = twilio.reported(status, int(code) if re.fullmatch("[0-9]{1,9}", code) else None, sid)
    _hear("twilio", f"{attempt_id}|{sid}|{status}", attempt_id, status, form, answer)
    return "", 204


def text_came_in() -> Any:
    _signed_by_twilio()
    form = {name: _kept(value) for name, value in request.form.items()}
    running = runtime()
    inbound = replies.Inbound(
        form.get("MessageSid", ""), form.get("From", ""), form.get("Body", ""), form.get("OptOutType", "")
    )
    if inbound.provider_id and inbound.sender:
        with running.sessions.begin() as session:
            replies.take(session, running.outbox, book_of(running), inbound)
    return Response(NO_ANSWER, mimetype="text/xml")


def email_events() -> Any:
    keys = settings_of(runtime()).sendgrid_public_keys
    if not signatures.is_from_sendgrid(keys, request.get_data(), request.headers):
        raise SignatureInvalid
    context.actor.set(context.Actor("sendgrid", frozenset({"service"})))
    for event in _told():
        if isinstance(event, dict):
            _email_event(event)
    return "", 204


def _told() -> list[Any]:
    """What is no list of events is acknowledged all the same: sent again, it would be none either."""
    try:
        told = json.loads(request.get_data())
    except (ValueError, RecursionError):
        return []
    return told if isinstance(told, list) else []


def _email_event(event: dict[str, Any]) -> None:
    kind = str(event.get("event"))
    meaning = sendgrid.EVENTS.get(kind)
    if meaning is None:
        return
    # Its own event id changes when it is told again.
    key = "|".join(_kept(str(event.get(name))) for name in ("sg_message_id", "event", "timestamp", "email"))
    message_id = _kept(str(event.get("sg_message_id", ""))).split(".", 1)[0] or None
    code = None if meaning in (Meaning.SENT, Meaning.DELIVERED) else kind
    _hear("sendgrid", key, str(event.get("attempt_id")), kind, event, Answer(meaning, message_id, code))


def _signed_by_twilio() -> None:
    settings = settings_of(runtime())
    url = settings.public_url.rstrip("/") + request.full_path.removesuffix("?")
    if not signatures.is_from_twilio(settings.twilio_auth_token, url, request.form, request.headers):
        raise SignatureInvalid
    context.actor.set(context.Actor("twilio", frozenset({"service"})))


def _hear(provider: str, key: str, attempt_id: str, event: str, content: dict[str, Any], answer: Answer) -> None:
    """Keep what was received, once, and let it count. What is about no attempt of ours is kept all the same."""
    running = runtime()
    book = book_of(running)
    attempt = _uuid(attempt_id)
    with running.sessions.begin() as session:
        if _keep(session, book, provider, key, attempt, event, content) and attempt:
            settle.heard(session, book, attempt, answer)


def _keep(
    session: Session, book: AddressBook, provider: str, key: str, attempt: UUID | None, event: str, content: Any
) -> bool:
    row = insert(Callback).values(
        provider=provider, key=book.hash(f"{provider}|{key}"), attempt_id=attempt, event=event,
        content=book.close(json.dumps(content, default=str)),
    )  # fmt: skip
    return session.scalar(row.on_conflict_do_nothing().returning(Callback.id)) is not None


def _kept(text: str) -> str:
    """Without what PostgreSQL does not keep: NUL, and halves of characters."""
    return re.sub(r"[\x00\ud800-\udfff]", "", text)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
