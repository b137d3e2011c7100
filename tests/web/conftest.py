from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask, jsonify, request
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from services.chassis.identity import verify
from services.web import tokens
from services.web.app import app_for
from services.web.settings import Settings

if TYPE_CHECKING:
    from tests.web.linked import Practice, Reader


class Browser(FlaskClient):
    """Fills in forms as a browser does: with the token of the page that they are on."""

    def submit(self, path: str, data: dict[str, Any] | None = None) -> TestResponse:
        page = self.get("/login").text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found
        return self.post(path, data={**(data or {}), "csrf_token": found[1]})

    def flashed(self, path: str, data: dict[str, Any] | None = None) -> str:
        """The page that the form leads to."""
        answer = self.submit(path, data)
        assert answer.status_code == 303, answer.text
        return self.get(answer.location).text


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
    """A service behind the door: tells what reached it, and answers what a test put in its place.

    An answer stands under a path, or a method and a path; a tuple is one with its status, a function makes its own.
    What reached it is kept under `asked`.
    """
    answers: dict[str, Any] = {"asked": []}
    app = Flask("behind")

    @app.route("/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def echo(path: str) -> Any:
        kept = {"body": request.get_json(silent=True), "headers": request.headers, "query": request.args.to_dict()}
        answers["asked"].append((f"{request.method} {path}", kept))
        for name in (f"{request.method} {path}", path):
            if name in answers:
                if callable(answers[name]):
                    return answers[name]()
                status, answer = answers[name] if isinstance(answers[name], tuple) else (200, answers[name])
                return jsonify(answer), status
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
    made.test_client_class = Browser
    yield made
    made.extensions["engine"].dispose()


@pytest.fixture
def token(web: Flask) -> Callable[..., str]:
    def create(*roles: str) -> str:
        with web.extensions["sessions"].begin() as session:
            return tokens.create(session, "a test", roles)

    return create


CLINIC = {
    "name": "Riverside",
    "timezone": "America/New_York",
    "therapists": [{"id": 1, "name": "Ana Ortiz"}, {"id": 2, "name": "Ben Kim"}],
    "rooms": [{"id": 9, "name": "Room 1"}],
    "phone": "+12125550100",
    "policy": {"notice_hours": 24, "late_cancel_consumes_visit": True},
}


@pytest.fixture
def sign_in(web: Flask, token: Callable[..., str], behind: tuple[str, dict[str, Any]]) -> Callable[..., Browser]:
    """At 10 o'clock on the 9th of March, at a clinic without visits."""
    behind[1]["api/booking/clinic"] = CLINIC
    behind[1]["api/booking/clock"] = {"now": "2027-03-09T15:00:00+00:00"}
    behind[1]["api/booking/sessions"] = []
    behind[1]["api/referrals/patients/names"] = [{"patient_id": "p1", "name": "Grace Hopper"}]

    def as_(*roles: str) -> Browser:
        client = web.test_client()
        assert isinstance(client, Browser)
        assert client.submit("/login", data={"token": token(*roles), "after": "/"}).status_code == 302
        return client

    return as_


@pytest.fixture
def at_desk(sign_in: Callable[..., Browser]) -> Browser:
    return sign_in("desk")


@pytest.fixture(scope="module")
def whole_practice(migrated: Callable[[str], str], keys: tuple[str, str]) -> Iterator[Practice]:
    from tests.web.linked import practising

    with practising(migrated, keys) as practice:
        yield practice


@pytest.fixture
def practice(whole_practice: Practice) -> Practice:
    """Behind the link pages: everything empty, on Monday morning."""
    whole_practice.begin()
    return whole_practice


@pytest.fixture
def reader(practice: Practice) -> Reader:
    """Somebody who was sent a link."""
    return practice.browser()


@pytest.fixture
def desk(sign_in: Callable[..., Browser]) -> Browser:
    return sign_in("desk")


@pytest.fixture
def therapist(sign_in: Callable[..., Browser]) -> Browser:
    return sign_in("therapist")


@pytest.fixture
def physician(sign_in: Callable[..., Browser]) -> Browser:
    return sign_in("physician")
