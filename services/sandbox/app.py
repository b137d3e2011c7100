"""The sandbox as a Flask application: one process with threads, its state in memory.

``gunicorn --worker-class gthread --threads 96 "services.sandbox.app:app()"``
"""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import BadRequest, HTTPException, NotFound

from .console import console_views
from .courier import Courier
from .delivery import Delivery
from .faults import DroppingConnections
from .knobs import Knobs
from .mail_events import MailEvents
from .phones import Phones
from .sendgrid import refuse_like_sendgrid, sendgrid_views
from .settings import Settings
from .signing import EventKey
from .store import Store
from .twilio import refuse_like_twilio, twilio_views
from .twilio_hooks import TwilioHooks


def app() -> Flask:
    """For gunicorn: the application, set up from the environment."""
    return create_app(Settings.from_environment())


def create_app(settings: Settings) -> Flask:
    """The stand-in for both providers, its page and its knobs."""
    application = Flask("services.sandbox", static_url_path="/sandbox/static")
    application.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    store, knobs, key = Store(), Knobs(), EventKey(settings.sendgrid_private_key)
    courier = Courier(settings.hook_via, settings.public_hook_base)
    hooks = TwilioHooks(courier, settings.twilio_auth_token)
    delivery = Delivery(settings.twilio_account_sid, store, knobs, courier, hooks)
    events = MailEvents(settings.email_hook_url, key, store, knobs, courier)
    phones = Phones(settings, store, hooks)

    def forget() -> None:
        for kept in (courier.forget, store.clear, knobs.clear):
            kept()

    application.register_blueprint(twilio_views(settings, store, knobs, delivery))
    application.register_blueprint(sendgrid_views(settings, store, knobs, events))
    application.register_blueprint(
        console_views(store, knobs, phones, key, forget, settings.public_hook_base, settings.twilio_account_sid)
    )
    application.register_error_handler(HTTPException, _refuse)
    application.register_error_handler(RecursionError, lambda error: _refuse(BadRequest()))
    application.add_url_rule("/healthz", view_func=healthz)
    application.wsgi_app = DroppingConnections(_mounted(application.wsgi_app, settings.prefix))  # type: ignore
    return application


def healthz() -> Response:
    return jsonify(status="ok")


def _refuse(error: HTTPException) -> Response | HTTPException:
    """A path no view answers is refused in the voice of the provider it belongs to."""
    if request.path.startswith("/2010-04-01/"):
        return refuse_like_twilio(error)
    return refuse_like_sendgrid(error) if request.path.startswith("/v3/") else error


def _mounted(application: Callable[..., Iterable[bytes]], prefix: str) -> Callable[..., Iterable[bytes]]:
    """``application`` under ``prefix`` and nowhere else, but for the health check."""
    if not prefix:
        return application

    def under(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/healthz":
            return application(environ, start_response)
        if not path.startswith(prefix + "/"):
            return NotFound()(environ, start_response)
        shifted = {"SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + prefix, "PATH_INFO": path[len(prefix) :]}
        environ.update(shifted)
        return application(environ, start_response)

    return under
