"""Twilio's Messages resource: create, list, fetch."""

import hmac
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from .delivery import Delivery
from .faults import apply_faults
from .knobs import Knobs
from .settings import Settings
from .store import Store
from .texts import Refusal, new_text
from .twilio_pages import page, resource, wanted

STATUSES = {20003: 401, 20429: 429}
"""Of errors that are not a 400."""
CODES = {404: 20404, 405: 20004, 413: 20413, 429: 20429, 500: 20500, 503: 20503}


def refused(refusal: Refusal) -> Response:
    answer = jsonify(
        code=refusal.code,
        message=refusal.message,
        status=refusal.status,
        more_info=f"https://www.twilio.com/docs/errors/{refusal.code}",
    )
    answer.status_code = refusal.status
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return answer


def twilio_views(settings: Settings, store: Store, knobs: Knobs, delivery: Delivery) -> Blueprint:
    views = Blueprint("twilio", __name__, url_prefix="/2010-04-01/Accounts/<account_sid>")
    apply_faults(
        views,
        "twilio",
        knobs,
        too_many=lambda: refused(Refusal(20429, "Too Many Requests", 429)),
        broken=lambda: refused(Refusal(20500, "An internal server error has occurred", 500)),
    )

    @views.before_request
    def authenticate() -> None:
        given = request.authorization
        name, word = (given.username or "", given.password or "") if given and given.type == "basic" else ("", "")
        known = hmac.compare_digest(name.encode(), settings.twilio_account_sid.encode())
        if not (known and hmac.compare_digest(word.encode(), settings.twilio_auth_token.encode())):
            raise Refusal(20003, "Authenticate", 401)
        if (request.view_args or {}).get("account_sid") != settings.twilio_account_sid:
            raise Refusal(20404, f"The requested resource {request.path} was not found", 404)

    @views.post("/Messages.json")
    def create(account_sid: str) -> tuple[Response, int]:
        media = len([url for url in request.form.getlist("MediaUrl") if url])
        text = new_text(request.form, media, store.opted_out)
        if code := knobs.refusal("twilio", text.to):
            raise Refusal(code, "Refused, as it was dialled in", STATUSES.get(code, 400))
        store.add_text(text)
        delivery.start(text)
        return jsonify(resource(text, account_sid)), 201

    @views.get("/Messages.json")
    def messages(account_sid: str) -> Response:
        if knobs.get("twilio", "list_unavailable"):
            raise Refusal(20503, "Service unavailable. Please try again", 503)
        listed_until = datetime.now(UTC) - timedelta(milliseconds=knobs.get("twilio", "list_lag_ms"))
        matches = wanted(request.args)
        texts = store.texts(lambda text: text.created_at <= listed_until and matches(text))
        return jsonify(page(texts, request.args, account_sid))

    @views.get("/Messages/<sid>.json")
    def fetch(account_sid: str, sid: str) -> Response:
        text = store.text(sid)
        if text is None:
            raise Refusal(20404, f"The requested resource {request.path} was not found", 404)
        return jsonify(resource(text, account_sid))

    views.register_error_handler(Refusal, refused)
    views.register_error_handler(HTTPException, refuse_like_twilio)
    return views


def refuse_like_twilio(error: HTTPException) -> Response:
    """An error outside the views (no such path, wrong method, too large) in Twilio's form."""
    status = error.code or 500
    return refused(Refusal(CODES.get(status, 20001), error.name, status))
