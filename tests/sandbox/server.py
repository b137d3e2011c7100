"""The sandbox on a free port of this machine, for any test that needs a Twilio or a SendGrid.

``from tests.sandbox.server import running, settings_for_tests``
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from services.sandbox.app import create_app
from services.sandbox.settings import Settings


class Quiet(WSGIRequestHandler):
    """No request lines: they would carry phone numbers."""

    def log(self, type: str, message: str, *args: Any) -> None:
        return None


def settings_for_tests(**changes: str) -> Settings:
    known = {
        "twilio_account_sid": "AC" + "0" * 32,
        "twilio_auth_token": "token-of-the-tests",
        "sendgrid_api_key": "SG.key-of-the-tests",
    }
    return Settings(**known | changes)


@contextmanager
def running(settings: Settings | None = None) -> Iterator[str]:
    """Serve the sandbox from a thread until the block ends; yields its base URL, without a slash at the end."""
    application = create_app(settings or settings_for_tests())
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="sandbox", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()
