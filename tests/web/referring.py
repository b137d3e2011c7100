"""The real service of referrals behind the desk's pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.fernet import Fernet
from flask import Flask
from werkzeug.serving import make_server

from services.referrals.api import app_for as referrals_for
from services.referrals.settings import Settings as ReferralsSettings
from services.web.app import app_for
from services.web.settings import Settings
from tests.web.conftest import Browser


@contextmanager
def serving(database_url: str, keys: tuple[str, str]) -> Iterator[str]:
    app = referrals_for(
        ReferralsSettings(
            database_url=database_url, amqp_url="amqp://nobody", identity_public_key=keys[1],
            seal_keys=(Fernet.generate_key().decode(),), lookup_key=b"a key that only the tests know of",
        )
    )  # fmt: skip
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["fascia"].engine.dispose()


@contextmanager
def desk_before(referrals: str, others: str, database_url: str, keys: tuple[str, str]) -> Iterator[Flask]:
    """The pages, with these referrals behind them, and everything else where `others` is."""
    settings = Settings(
        database_url=database_url, signing_key=keys[0], session_secret="only for tests",
        referrals=referrals, booking=others, notify=others,
    )  # fmt: skip
    made = app_for(settings)
    made.test_client_class = Browser
    yield made
    made.extensions["engine"].dispose()
