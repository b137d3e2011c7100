"""What notify answers: the messages and their fate, the people and what they agreed to, the desk's tasks, links."""

from __future__ import annotations

import os

from flask import Flask

from services.chassis import logs
from services.chassis import runtime as runtimes
from services.chassis.api import create_app
from services.chassis.settings import load
from services.notify.api import fhir, links, messages, people, preferences, privacy, tasks
from services.notify.api.counts import COUNTS
from services.notify.sending.hooks import hooks
from services.notify.settings import Settings

BLUEPRINTS = [part.blueprint for part in (messages, people, preferences, tasks, links, fhir, privacy)]


def app_for(settings: Settings) -> Flask:
    app = create_app(runtimes.start("notify", settings), BLUEPRINTS, title="Fascia notify", counts=COUNTS)
    app.register_blueprint(hooks())
    return app


def app() -> Flask:
    logs.configure("notify-api")
    return app_for(load(Settings, os.environ, "notify"))
