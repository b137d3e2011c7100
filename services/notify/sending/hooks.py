"""What the providers tell us: status of texts, texts that came in, events of e-mails. Signed, not logged in."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from flask import Blueprint, Response, request

from services.chassis import clock, context
from services.chassis.api import runtime
from services.chassis.refusals import Refusal
from services.notify.people.addresses import book_of
from services.notify.sending import signatures
from services.notify.sending.hearing import hear
from services.notify.sending.told import Event, of_a_text
from services.notify.settings import settings_of
from services.notify.talk import replies
from services.notify.transports import sendgrid, twilio
from services.notify.transports.answer import Answer, Meaning, Status

log = structlog.get_logger()

RESUBSCRIBED = "group_resubscribe"
TOLD_WITHIN = 24 * 3600
NO_WORDS = "[picture]"
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
    _hear([of_a_text(_uuid(attempt_id), Status(status, answer), form)])
    return "", 204


def text_came_in() -> Any:
    _signed_by_twilio()
    form = {name: _kept(value) for name, value in request.form.items()}
    running = runtime()
    body = form.get("Body", "") or (NO_WORDS if form.get("NumMedia", "0") != "0" else "")
    inbound = replies.Inbound(form.get("MessageSid", ""), form.get("From", ""), body, form.get("OptOutType", ""))
    if inbound.provider_id and inbound.sender:
        with running.sessions.begin() as session:
            replies.take(session, running.outbox, book_of(running), inbound)
    return Response(NO_ANSWER, mimetype="text/xml")


def email_events() -> Any:
    keys = settings_of(runtime()).sendgrid_public_keys
    if not signatures.is_from_sendgrid(keys, request.get_data(), request.headers):
        raise SignatureInvalid
    context.actor.set(context.Actor("sendgrid", frozenset({"service"})))
    with runtime().sessions.begin() as session:
        now = clock.now(session)
    _hear([event for told in _told() if isinstance(told, dict) and (event := _email_event(told, now))])
    return "", 204


def _told() -> list[Any]:
    """What is no list of events is acknowledged all the same: sent again, it would be none either."""
    try:
        told = json.loads(request.get_data())
    except (ValueError, RecursionError):
        return []
    return told if isinstance(told, list) else []


def _email_event(told: dict[str, Any], now: datetime) -> Event | None:
    kind = str(told.get("event"))
    meaning = _meaning(kind, str(told.get("reason", "")))
    if meaning is None and kind != RESUBSCRIBED:
        return None
    # Its own event id changes when it is told again.
    key = "|".join(_kept(str(told.get(name))) for name in ("sg_message_id", "event", "timestamp", "email"))
    message_id = _kept(str(told.get("sg_message_id", ""))).split(".", 1)[0] or None
    code = None if meaning in (Meaning.SENT, Meaning.DELIVERED) else kind
    agrees = True if kind == RESUBSCRIBED else False if meaning is Meaning.OPTED_OUT else None
    at = None if agrees is None else _happened_at(told.get("timestamp"), now)
    return Event(
        "sendgrid", key, _uuid(str(told.get("attempt_id"))), _kept(kind), told,
        Answer(meaning, message_id, code, at=at) if meaning else None, _kept(str(told.get("email") or "")), agrees, at,
    )  # fmt: skip


def _meaning(kind: str, reason: str) -> Meaning | None:
    """SendGrid drops what is for an address that unsubscribed: nothing is wrong with the address."""
    dropped = kind == "dropped" and re.search("unsubscribed|spam report", reason, re.IGNORECASE)
    return Meaning.OPTED_OUT if dropped else sendgrid.EVENTS.get(kind)


def _happened_at(timestamp: Any, now: datetime) -> datetime | None:
    """Told late, it counts for when it was: at most as long ago as SendGrid tries to tell it."""
    if not isinstance(timestamp, int):
        return None
    return now - timedelta(seconds=min(max(time.time() - timestamp, 0), TOLD_WITHIN))


def _signed_by_twilio() -> None:
    settings = settings_of(runtime())
    url = settings.public_url.rstrip("/") + request.full_path.removesuffix("?")
    if not signatures.is_from_twilio(settings.twilio_auth_tokens, url, request.form, request.headers):
        raise SignatureInvalid
    context.actor.set(context.Actor("twilio", frozenset({"service"})))


def _hear(events: list[Event]) -> None:
    running = runtime()
    hear(running.sessions, book_of(running), events)


def _kept(text: str) -> str:
    """Without what PostgreSQL does not keep: NUL, and halves of characters."""
    return re.sub(r"[\x00\ud800-\udfff]", "", text)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
