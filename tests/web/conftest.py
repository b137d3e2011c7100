from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask, jsonify, request
from werkzeug.serving import make_server

from services.chassis.identity import verify
from services.web import tokens
from services.web.app import app_for
from services.web.settings import Settings


@pytest.fixture(scope="session")
def keys() -> tuple[str, str]:
    """(private, public) in PEM."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@pytest.fixture
def behind(keys: tuple[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A service behind the door: tells what reached it, and answers what a test put in its place."""
    answers: dict[str, Any] = {}
    app = Flask("behind")

    @app.route("/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def echo(path: str) -> Any:
        if path in answers:
            return jsonify(answers[path])
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        service = path.split("/")[1] if path.startswith("api/") else "none"
        caller = verify(token, keys[1], service) if scheme else None
        return jsonify(
            path=request.environ["RAW_URI"],
            method=request.method,
            body=request.get_data(as_text=True),
            roles=sorted(caller.roles) if caller else None,
            headers={name.lower(): value for name, value in request.headers},
        )

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", answers
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def web(behind: tuple[str, Any], keys: tuple[str, str], migrated: Callable[[str], str]) -> Iterator[Flask]:
    settings = Settings(
        database_url=migrated("web"),
        signing_key=keys[0],
        session_secret="only for tests",
        referrals=behind[0],
        booking=behind[0],
        notify="http://127.0.0.1:9",
    )
    made = app_for(settings)
    yield made
    made.extensions["engine"].dispose()


@pytest.fixture
def token(web: Flask) -> Callable[..., str]:
    def create(*roles: str) -> str:
        with web.extensions["sessions"].begin() as session:
            return tokens.create(session, "a test", roles)

    return create
