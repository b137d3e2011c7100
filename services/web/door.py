"""The only public door: passes `/api/<service>/…`, `/hooks/…` and the sandbox's own pages on.

A caller's API token is exchanged here for a short-lived identity that the service behind checks.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import urllib3
from flask import Blueprint, Response, current_app, request
from sqlalchemy.orm import sessionmaker

from services.chassis import context
from services.chassis.api import MAX_BODY, envelope
from services.chassis.asking import Caller, Services
from services.web import tokens
from services.web.sizes import MAX_UPLOAD

door = Blueprint("door", __name__)

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
UPLOADS = re.compile(r"/api/referrals/(documents|imports|intake-codes/open|[0-9a-f-]{36}/documents)")
"""Where files are taken, which are larger than what is written."""
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer"}
    | {"transfer-encoding", "upgrade"}
)
_NOT_PASSED = _HOP_BY_HOP | {"host", "authorization", "cookie", "content-length", "x-request-id", "forwarded"}


@door.route("/api/<any(referrals, booking, notify):service>", methods=METHODS)
@door.route("/api/<any(referrals, booking, notify):service>/<path:rest>", methods=METHODS)
def api(service: str, rest: str = "") -> Any:
    headers = {}
    if "Authorization" in request.headers:
        caller = _token_holder()
        if caller is None:
            return envelope(401, "unauthenticated", "This API token is not valid. Make one with: fascia tokens create.")
        headers["Authorization"] = f"Bearer {_services().identity(service, caller)}"
    return _pass_on(service, headers)


@door.route("/hooks/<path:rest>", methods=METHODS)
def hooks(rest: str) -> Any:
    return _pass_on("notify", {})


@door.route("/sandbox/", methods=METHODS)
@door.route("/sandbox/<path:rest>", methods=METHODS)
def sandbox(rest: str = "") -> Any:
    return _pass_on("sandbox", {})


def _services() -> Services:
    found: Services = current_app.extensions["services"]
    return found


def _token_holder() -> Caller | None:
    scheme, _, secret = request.headers["Authorization"].partition(" ")
    if scheme != "Bearer":
        return None
    sessions: sessionmaker[Any] = current_app.extensions["sessions"]
    with sessions.begin() as session:
        token = tokens.find(session, secret.strip())
    return Caller(f"token:{token.account}", token.roles) if token else None


def _pass_on(service: str, headers: dict[str, str]) -> Any:
    base = _services().base(service)
    if base is None or _leads_away():
        return envelope(404, "not_found", "There is nothing at this address.")
    request.max_content_length = most = _most()
    if _is_too_large(most):
        message = f"The body is too large: {most // MAX_BODY} MB at most."
        response, status = envelope(413, "request_entity_too_large", message)
        response.headers["Connection"] = "close"
        return response, status
    passed = {name: value for name, value in request.headers if name.lower() not in _NOT_PASSED}
    passed |= {**headers, "X-Request-Id": context.trace.get() or ""}
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    try:
        answer = _services().send(request.method, f"{base}{_raw_path()}{query}", passed, request.get_data())
        # Read to its end first: of an answer that breaks off, the caller must not get a status that says it is whole.
        body = answer.read(decode_content=False)
    except urllib3.exceptions.HTTPError:
        response, status = envelope(502, "bad_gateway", f"{service} does not answer at the moment. Please try again.")
        response.headers["Retry-After"] = "2"
        return response, status
    return _answer(answer, body)


def _most() -> int:
    """Bytes of a body."""
    return MAX_UPLOAD if request.method == "POST" and UPLOADS.fullmatch(request.path) else MAX_BODY


def _is_too_large(most: int) -> bool:
    """Without a length (chunked) no more is read than is allowed: what fills that may be cut off."""
    if request.content_length is None:
        return len(request.get_data()) >= most
    return request.content_length > most


def _raw_path() -> str:
    """The path as it was sent, nothing decoded; of the absolute form of a target (RFC 9112, 3.2.2) as well."""
    raw = str(request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or request.path)
    return raw.split("?", 1)[0] if raw.startswith("/") else urlsplit(raw).path


def _leads_away() -> bool:
    """Whether the path has steps that the way to the service would resolve, out of what is public."""
    return not {".", ".."}.isdisjoint(request.path.split("/"))


def _answer(answer: urllib3.BaseHTTPResponse, body: bytes) -> Response:
    headers = [(k, v) for k, v in answer.headers.items() if k.lower() not in _HOP_BY_HOP]
    return Response([body], status=answer.status, headers=headers)
