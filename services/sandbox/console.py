"""The sandbox's own side: what arrived, as JSON for tests and a page for people; replies, knobs, reset."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from .conversations import conversations, inboxes
from .knobs import BadKnob, Knobs
from .messages import Email, Text
from .origin import refuse_foreign_origins
from .phones import Phones
from .signing import EventKey
from .store import Store

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self';"
POLICY += " frame-src 'self'; img-src data:; base-uri 'none'"
EMAIL_POLICY = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
EMAIL_POLICY += " style-src 'unsafe-inline'; img-src data:"


def console_views(
    store: Store,
    knobs: Knobs,
    phones: Phones,
    key: EventKey,
    forget: Callable[[], None],
    public_base: str,
    account_sid: str,
) -> Blueprint:
    views = Blueprint("console", __name__, url_prefix="/sandbox")
    refuse_foreign_origins(views, public_base)

    @views.get("")
    def door() -> Any:
        return redirect("sandbox/")

    @views.get("/")
    def page() -> Response:
        answer = Response(
            render_template(
                "sandbox.html",
                phones=conversations(store),
                inboxes=inboxes(store),
                version=store.version,
                faulty=knobs.as_dict() != Knobs().as_dict(),
                problem=bool(request.args.get("problem")),
            )
        )
        answer.headers["Content-Security-Policy"] = POLICY
        return answer

    @views.get("/version.json")
    def version() -> Response:
        return jsonify(version=store.version)

    @views.get("/messages.json")
    def messages() -> Response:
        to = request.args.get("to")
        texts = store.texts(lambda text: to in (None, text.to), _limit())
        times = Counter((text.to, text.body) for text in texts)
        told = [text_facts(text, store) | {"received": times[text.to, text.body]} for text in reversed(texts)]
        return jsonify(count=len(told), messages=told)

    @views.get("/emails.json")
    def emails() -> Response:
        to = request.args.get("to")
        found = store.emails(lambda email: to is None or to in email.recipients, _limit())
        times = Counter((email.to, email.subject, email.text) for email in found)
        told = [
            email_facts(email, store) | {"received": times[email.to, email.subject, email.text]}
            for email in reversed(found)
        ]
        return jsonify(count=len(told), emails=told)

    @views.get("/emails/<email_key>.html")
    def email_html(email_key: str) -> Response:
        email = store.email(email_key) or abort(404)
        answer = Response('<base target="_blank">' + email.html, mimetype="text/html")
        answer.headers["Content-Security-Policy"] = EMAIL_POLICY
        return answer

    @views.post("/reply")
    @views.post("/phones/<number>/reply")
    def reply(number: str = "") -> Any:
        asked = _asked()
        page_url = "../../" if number else "./"
        try:
            came = phones.reply(number or asked["phone"], asked["body"], asked["to"], int(asked["repeat"] or 1))
        except ValueError as problem:
            return (jsonify(error=str(problem)), 400) if request.is_json else redirect(f"{page_url}?problem=1", 303)
        if request.is_json:
            return jsonify(sid=came.text.sid, opt_out_type=came.opt_out_type, answers=came.answers), 201
        return redirect(page_url, 303)

    @views.get("/knobs")
    def show_knobs() -> Response:
        return jsonify(knobs.as_dict())

    @views.put("/knobs")
    def turn_knobs() -> Response:
        knobs.change(request.get_json())
        return jsonify(knobs.as_dict())

    @views.post("/reset")
    def reset() -> tuple[str, int]:
        forget()
        return "", 204

    @views.get("/keys")
    def keys() -> Response:
        return jsonify(
            sendgrid_public_key=key.public,
            sendgrid_public_key_pem=key.public_pem,
            twilio_account_sid=account_sid,
        )

    @views.errorhandler(BadKnob)
    def bad_knob(problem: BadKnob) -> tuple[Response, int]:
        return jsonify(error=str(problem)), 400

    @views.errorhandler(HTTPException)
    def other(problem: HTTPException) -> tuple[Response, int]:
        return jsonify(error=problem.name), problem.code or 500

    return views


def text_facts(text: Text, store: Store) -> dict[str, Any]:
    """A text for tests; ``callbacks`` are the webhooks about it and what each was answered."""
    return {
        "sid": text.sid,
        "to": text.to,
        "from": text.sender,
        "body": text.body,
        "direction": text.direction,
        "status": text.status,
        "error_code": text.error_code,
        "segments": text.segments,
        "messaging_service_sid": text.messaging_service_sid,
        "status_callback": text.status_callback,
        "created": text.created_at.isoformat(),
        "callbacks": store.callbacks(text.sid),
    }


def email_facts(email: Email, store: Store) -> dict[str, Any]:
    """An e-mail for tests; ``id`` is its X-Message-Id."""
    return {
        "id": email.id,
        "to": list(email.to),
        "copies": list(email.copies),
        "from": email.sender,
        "subject": email.subject,
        "text": email.text,
        "html": email.html,
        "content": email.contents,
        "custom_args": email.custom_args,
        "categories": list(email.categories),
        "attachments": list(email.attachments),
        "status": email.status,
        "created": email.created_at.isoformat(),
        "callbacks": store.callbacks(email.key),
    }


def _asked() -> dict[str, str]:
    given = request.get_json() if request.is_json else request.form
    fields = given if isinstance(given, Mapping) else {}
    return {name: str(fields.get(name) or "") for name in ("phone", "body", "to", "repeat")}


def _limit() -> int:
    asked = request.args.get("limit", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 50_000
