"""The web service: the public door and the pages behind it."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import structlog
from flask import Flask, Response, g, render_template, request
from flask_bootstrap import Bootstrap5
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from services.chassis import context, database, logs
from services.chassis.api import MAX_BODY, TRACE, envelope
from services.chassis.asking import Services, UpstreamError
from services.chassis.ids import new_id
from services.chassis.settings import load
from services.web import sizes, wording
from services.web.desk import BLUEPRINTS, asked
from services.web.desk.account import may
from services.web.door import door
from services.web.links.pages import ACTS, links
from services.web.settings import Settings

log = structlog.get_logger()

_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline';"
    " frame-ancestors 'none'; base-uri 'none'"
)

_AWAY = (503, "Not available at the moment")


def app() -> Flask:
    logs.configure("web")
    return app_for(load(Settings, os.environ, "web"))


def app_for(settings: Settings) -> Flask:
    made = Flask("services.web")
    made.config.update(
        SECRET_KEY=settings.session_secret,
        SESSION_COOKIE_NAME="fascia",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        BOOTSTRAP_SERVE_LOCAL=True,
        MAX_CONTENT_LENGTH=MAX_BODY,
        # A page of the desk stays open for hours; its forms are good for as long as the sign-in is.
        WTF_CSRF_TIME_LIMIT=None,
        # Our own Referrer-Policy lets no browser send what this would look at.
        WTF_CSRF_SSL_STRICT=False,
    )
    Bootstrap5(made)
    sizes.allow_uploads(made)
    csrf = CSRFProtect(made)
    # What these take is proven otherwise: by an API token, by a signature, by the link's own address.
    for proven in (door, links, *ACTS):
        csrf.exempt(proven)
    _tell_templates(made)
    engine = database.connect(settings.database_url, pool=settings.database_pool, name="web")
    made.extensions["engine"] = engine
    made.extensions["sessions"] = database.sessions(engine)
    made.extensions["services"] = Services(settings.upstreams, settings.signing_key, settings.upstream_timeout)
    made.extensions["settings"] = settings
    for blueprint in (door, links, *BLUEPRINTS):
        made.register_blueprint(blueprint)
    _trace(made)
    _answer_errors(made)
    _health(made)
    return made


def _tell_templates(made: Flask) -> None:
    made.jinja_env.filters.update(
        asked=asked.listed,
        day=wording.day,
        phone=wording.phone,
        weekday=wording.weekday,
        when=wording.when,
        words=wording.words,
    )

    @made.context_processor
    def at_desk() -> dict[str, Any]:
        services: Services = made.extensions["services"]
        return {"staff": g.get("caller"), "may": may, "sandbox": services.base("sandbox") is not None}


def _trace(made: Flask) -> None:
    @made.before_request
    def begin() -> None:
        asked = request.headers.get("X-Request-Id", "")
        context.trace.set(asked if TRACE.match(asked) else str(new_id()))

    @made.after_request
    def end(response: Response) -> Response:
        response.headers.setdefault("X-Request-Id", context.trace.get() or "")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        if request.blueprint != "door":
            response.headers.setdefault("Content-Security-Policy", _POLICY)
            if request.endpoint not in ("static", "bootstrap.static"):
                response.headers.setdefault("Cache-Control", "no-store")
        return response


def _answer_errors(made: Flask) -> None:
    @made.errorhandler(Exception)
    def failed(error: Exception) -> Any:
        status, title = _told(error)
        if status >= 500:
            log.error("page_failed", exc_info=error)
        wait = {"Retry-After": "1"} if status == 503 else {}
        if request.path.startswith(("/api/", "/hooks/")):
            return *envelope(status, title.lower().replace(" ", "_"), title), wait
        told = {"status": status, "title": title, "advice": _advice(error), "trace": context.trace.get()}
        return render_template("error.html", **told), status, wait


def _told(error: Exception) -> tuple[int, str]:
    if isinstance(error, HTTPException):
        return error.code or 500, error.name
    if isinstance(error, UpstreamError):
        return (error.status, "Not available") if error.status < 500 else _AWAY
    if _database_is_away(error):
        return _AWAY
    return 500, "Something went wrong here"


def _advice(error: Exception) -> str:
    if isinstance(error, CSRFError):
        return "You were signed out since this page was opened, so nothing was done. Go back, reload it, and try again."
    return error.message if isinstance(error, UpstreamError) and error.status < 500 else ""


def _database_is_away(error: Exception) -> bool:
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, OperationalError | InterfaceError | PoolTimeoutError)


def _health(made: Flask) -> None:
    @made.get("/healthz")
    def healthz() -> Any:
        return {"status": "ok"}

    @made.get("/readyz")
    def readyz() -> Any:
        with made.extensions["engine"].connect() as connection:
            connection.execute(text("SELECT 1 FROM tokens LIMIT 1"))
        return {"status": "ok"}
