"""The only public door: passes `/api/<service>/…`, `/hooks/…` and the sandbox's own pages on.

A caller's API token is exchanged here for a short-lived identity that the service behind checks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import urllib3
from flask import Blueprint, Response, current_app, request
from sqlalchemy.orm import sessionmaker

from services.chassis import context
from services.chassis.api import MAX_BODY, envelope
from services.web import tokens
from services.web.upstream import Caller, Services

door = Blueprint("door", __name__)

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
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
    return Caller(f"token:{token.id}", token.roles) if token else None


def _pass_on(service: str, headers: dict[str, str]) -> Any:
    base = _services().base(service)
    if base is None:
        return envelope(404, "not_found", "There is nothing at this address.")
    if (request.content_length or 0) > MAX_BODY:
        response, status = envelope(413, "request_entity_too_large", "The body is too large: 1 MB at most.")
        response.headers["Connection"] = "close"
        return response, status
    passed = {name: value for name, value in request.headers if name.lower() not in _NOT_PASSED}
    passed |= {**headers, "X-Request-Id": context.trace.get() or ""}
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    try:
        answer = _services().send(request.method, f"{base}{_raw_path()}{query}", passed, request.get_data())
    except urllib3.exceptions.HTTPError:
        response, status = envelope(502, "bad_gateway", f"{service} does not answer at the moment. Please try again.")
        response.headers["Retry-After"] = "2"
        return response, status
    return _answer(answer)


def _raw_path() -> str:
    raw = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or request.path
    return str(raw).split("?", 1)[0]


def _answer(answer: urllib3.BaseHTTPResponse) -> Response:
    headers = [(k, v) for k, v in answer.headers.items() if k.lower() not in _HOP_BY_HOP]
    return Response(_body(answer), status=answer.status, headers=headers, direct_passthrough=True)


def _body(answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    try:
        yield from answer.stream(65536, decode_content=False)
    finally:
        answer.release_conn()
