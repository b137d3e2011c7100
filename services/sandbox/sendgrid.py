"""SendGrid's mail/send."""

import hmac
import secrets
import time
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from .faults import apply_faults
from .knobs import Knobs
from .mail import mistakes
from .mail_content import TooLarge, size
from .mail_events import MailEvents
from .mail_people import addresses
from .messages import Email
from .settings import Settings
from .store import Store

BODY_BYTES = 42 * 1024 * 1024
"""30 MB of attachments in base64, and the rest."""


def refused(status: int, *errors: dict[str, str | None] | str) -> Response:
    told = [{"message": error, "field": None, "help": None} if isinstance(error, str) else error for error in errors]
    answer = jsonify(errors=told)
    answer.status_code = status
    return answer


def too_many() -> Response:
    answer = refused(429, "too many requests")
    reset = int(time.time()) + 1
    answer.headers.update({"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)})
    return answer


def sendgrid_views(settings: Settings, store: Store, knobs: Knobs, events: MailEvents) -> Blueprint:
    views = Blueprint("sendgrid", __name__, url_prefix="/v3")
    apply_faults(views, "sendgrid", knobs, too_many=too_many, broken=lambda: refused(500, "Internal Server Error"))

    @views.before_request
    def authenticate() -> Response | None:
        given = request.headers.get("Authorization", "")
        if hmac.compare_digest(given.encode(), f"Bearer {settings.sendgrid_api_key}".encode()):
            return None
        return refused(401, "The provided authorization grant is invalid, expired, or revoked")

    @views.post("/mail/send")
    def send() -> Response:
        request.max_content_length = BODY_BYTES
        if request.mimetype != "application/json":
            return refused(415, "Content-Type should be application/json.")
        mail: Any = request.get_json(silent=True)
        try:
            errors = mistakes(mail)
        except TooLarge:
            return refused(413, "The attachments exceed 30 MB.")
        if errors:
            return refused(400, *errors)
        status = next(filter(None, (knobs.refusal("sendgrid", to) for to in recipients(mail))), None)
        if status:
            return too_many() if status == 429 else refused(status, "Refused, as it was dialled in.")
        if mail.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"):
            return Response(status=200, mimetype="text/plain")
        return _accept(mail)

    def _accept(mail: dict[str, Any]) -> Response:
        message_id = secrets.token_urlsafe(16)
        for email in emails(mail, message_id):
            events.start(store.add_email(email))
        return Response(status=202, mimetype="text/plain", headers={"X-Message-Id": message_id})

    views.register_error_handler(HTTPException, refuse_like_sendgrid)
    return views


def recipients(mail: dict[str, Any]) -> list[str]:
    return [address for one in mail["personalizations"] for address in addresses(one, "to")]


def emails(mail: dict[str, Any], message_id: str) -> Iterator[Email]:
    """One e-mail for each personalization of a body without mistakes."""
    for one in mail["personalizations"]:
        yield Email(
            key=secrets.token_hex(8),
            id=message_id,
            to=tuple(addresses(one, "to")),
            copies=tuple(addresses(one, "cc") + addresses(one, "bcc")),
            sender=(one.get("from") or mail["from"])["email"],
            subject=one.get("subject") or mail.get("subject") or "",
            contents={block["type"]: block["value"] for block in mail.get("content", [])},
            custom_args=(mail.get("custom_args") or {}) | (one.get("custom_args") or {}),
            categories=tuple(mail.get("categories", ())),
            attachments=tuple(_attachment(attached) for attached in mail.get("attachments", ())),
        )


def _attachment(attached: dict[str, Any]) -> dict[str, Any]:
    kind = attached.get("type", "application/octet-stream")
    told = {"filename": attached["filename"], "type": kind, "bytes": size(attached)}
    return told | ({"content_id": attached["content_id"]} if "content_id" in attached else {})


def refuse_like_sendgrid(error: HTTPException) -> Response:
    """An error outside the view (no such path, wrong method, too large) in SendGrid's form."""
    return refused(error.code or 500, (error.name or "error").lower())
