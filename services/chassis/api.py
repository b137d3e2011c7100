"""The Flask application every service's API is: one error envelope, health, metrics, identity."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

import structlog
from flask import Flask, Response, current_app, g, jsonify, request
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields, validate
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException

from services.chassis import clock, context, identity, inbox, metrics
from services.chassis.ids import new_id
from services.chassis.refusals import NotFound, Refusal
from services.chassis.runtime import Runtime

log = structlog.get_logger()

MAX_BODY = 1024 * 1024
TRACE = re.compile(r"^[A-Za-z0-9-]{8,64}$")
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_FAR = 10 * 366 * 24 * 3600
_OPEN = ("/healthz", "/readyz", "/metrics")


class _StrictParser(FlaskParser):
    """What is JSON only in its letters (nested too deeply, a number of thousands of digits) is a 400 too."""

    def _raw_load_json(self, req: Any) -> Any:
        try:
            return super()._raw_load_json(req)
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise
        except (ValueError, RecursionError) as error:
            return self._handle_invalid_json_error(error, req)  # type: ignore[arg-type]


Blueprint.ARGUMENTS_PARSER = _StrictParser()


class Moved(Schema):
    seconds = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(-_FAR, _FAR),
        metadata={"description": "how far ahead of the real clock"},
    )


def runtime() -> Runtime:
    """The runtime of the application that handles this request."""
    return cast(Runtime, current_app.extensions["fascia"])


def create_app(
    running: Runtime,
    blueprints: Sequence[Blueprint],
    *,
    title: str,
    counts: metrics.Counts | None = None,
    max_body: int = MAX_BODY,
) -> Flask:
    """An application serving `/api/<service>/…`; `counts` adds gauges to `/metrics`."""
    app = Flask(running.service)
    prefix = f"/api/{running.service}"
    app.config.update(
        MAX_CONTENT_LENGTH=max_body,
        API_TITLE=title,
        API_VERSION="1",
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX=prefix,
        OPENAPI_JSON_PATH="openapi.json",
    )
    app.extensions["fascia"] = running
    app.json.sort_keys = False  # type: ignore[attr-defined]
    api = _Api(app)
    for blueprint in [*blueprints, _operations()]:
        api.register_blueprint(blueprint, url_prefix=prefix)
    _identify(app)
    _answer_errors(app)
    _watch(app, running, counts or {})
    return app


def envelope(status: int, code: str, message: str, errors: Any = None) -> tuple[Response, int]:
    body = {"code": code, "message": message, "errors": errors or {}, "request_id": context.trace.get()}
    return jsonify(body), status


class _Api(Api):  # type: ignore[misc]
    def handle_http_exception(self, error: HTTPException) -> Any:
        return _http_error(error)


def _http_error(error: HTTPException) -> Any:
    status = error.code or 500
    data = getattr(error, "data", None) or {}
    errors = data.get("errors") or data.get("messages")
    message = str(data.get("message") or (error.description if status < 500 else "Something went wrong here."))
    if status == 422 and errors:
        message = "Some fields need correction."
        errors = errors.get("json", errors) if isinstance(errors, dict) else errors
    # werkzeug's names: Python 3.13 renamed those of 413 and 422
    response, code = envelope(status, error.name.lower().replace(" ", "_"), message, errors)
    response.headers.extend((k, v) for k, v in error.get_headers() if k != "Content-Type")
    if status == 413:
        response.headers["Connection"] = "close"
    return response, code


def _answer_errors(app: Flask) -> None:
    @app.errorhandler(Refusal)
    def refused(error: Refusal) -> Any:
        return envelope(error.status, error.code, error.message, error.facts)

    @app.errorhandler(OperationalError)
    @app.errorhandler(InterfaceError)
    @app.errorhandler(PoolTimeoutError)
    def database_away(error: Exception) -> Any:
        log.warning("database_away", error=type(error).__name__)
        response, status = envelope(503, "unavailable", "Please try again in a moment.")
        response.headers["Retry-After"] = "1"
        return response, status

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Any:
        if isinstance(error, HTTPException):
            return _http_error(error)
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return database_away(error)
        log.error("unexpected", exc_info=error)
        return envelope(500, "internal_server_error", "Something went wrong here; it is logged under this request id.")


def _identify(app: Flask) -> None:
    @app.before_request
    def identify() -> None:
        asked = request.headers.get("X-Request-Id", "")
        context.trace.set(asked if TRACE.match(asked) else str(new_id()))
        context.actor.set(context.NOBODY)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer":
            running = runtime()
            known = running.settings
            who = identity.verify(token, known.identity_public_key, running.service, known.peer_public_key)
            context.actor.set(who)


def _watch(app: Flask, running: Runtime, counts: metrics.Counts) -> None:
    registry, requests = metrics.registry(running.engine, counts)

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        endpoint = request.endpoint or "none"
        method = request.method if request.method in _METHODS else "other"
        requests.observe(endpoint, method, response.status_code, seconds)
        response.headers["X-Request-Id"] = context.trace.get() or ""
        response.headers.setdefault("Cache-Control", "no-store")
        if request.path not in _OPEN:
            log.info(
                "request",
                endpoint=endpoint,
                method=method,
                status=response.status_code,
                ms=round(seconds * 1000, 1),
                request_id=context.trace.get(),
            )
        return response

    @app.get("/healthz")
    def healthz() -> Any:
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz() -> Any:
        with running.engine.connect() as connection:
            waiting = connection.execute(
                text(
                    "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(recorded_at)), 0) FROM outbox"
                )
            ).one()
        degraded = waiting[1] > 30
        return {
            "status": "degraded" if degraded else "ok",
            "outbox": waiting[0],
            "oldest_seconds": int(waiting[1]),
        }

    @app.get("/metrics")
    def exposition() -> Any:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _operations() -> Blueprint:
    """What operations asks of any service: parked events, and the clock of a demo."""
    blueprint = Blueprint("operations", __name__, description="Operations")

    @blueprint.get("/inbox/parked")
    @identity.requires("admin")
    def list_parked() -> Any:
        with runtime().sessions.begin() as session:
            return jsonify([{**row, "event_id": str(row["event_id"])} for row in inbox.parked(session)])

    @blueprint.post("/inbox/<uuid:event_id>/replay")
    @identity.requires("admin")
    def replay_parked(event_id: Any) -> Any:
        with runtime().sessions.begin() as session:
            if not inbox.replay(session, event_id):
                raise NotFound(event_id=str(event_id))
        return {"state": "retry"}, 202

    @blueprint.put("/clock")
    @identity.requires("admin")
    @blueprint.arguments(Moved)
    def move_clock(moved: dict[str, int]) -> Any:
        if not runtime().settings.clock_movable:
            raise ClockFixed
        with runtime().sessions.begin() as session:
            clock.move(session, timedelta(seconds=moved["seconds"]))
            return {"now": clock.now(session).isoformat()}

    @blueprint.get("/clock")
    @identity.requires(*identity.ROLES)
    def tell_time() -> Any:
        with runtime().sessions.begin() as session:
            return {"now": clock.now(session).isoformat()}

    return blueprint


class ClockFixed(Refusal):
    status = 403
    message = "The clock can be moved only in a demo (CLOCK_MOVABLE=true)."
