from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable
from urllib.parse import unquote
from uuid import UUID

import pytest
from flask import Flask

from services.chassis.asking import Services
from services.web import tokens
from services.web.app import app_for
from services.web.settings import Settings


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_a_request_reaches_the_service_with_the_roles_of_its_token(web: Flask, token: Callable[..., str]) -> None:
    answer = web.test_client().post(
        "/api/booking/plans?a=b%20c", json={"x": 1}, headers=bearer(token("desk", "therapist"))
    )
    assert answer.json["roles"] == ["desk", "therapist"]
    assert (answer.json["method"], answer.json["path"]) == ("POST", "/api/booking/plans?a=b%20c")
    assert answer.json["body"] == '{"x": 1}'


def test_the_path_without_a_slash_is_passed_too(web: Flask, token: Callable[..., str]) -> None:
    answer = web.test_client().post("/api/referrals", json={}, headers=bearer(token("physician")))
    assert answer.json["path"] == "/api/referrals"


def test_an_identity_for_one_service_does_not_open_another(
    web: Flask, token: Callable[..., str], keys: tuple[str, str]
) -> None:
    from services.chassis.identity import Unauthenticated, verify

    seen = web.test_client().get("/api/booking/x", headers=bearer(token("desk"))).json["headers"]["authorization"]
    with pytest.raises(Unauthenticated):
        verify(seen.removeprefix("Bearer "), keys[1], "referrals")


def test_an_unknown_token_is_refused_at_the_door(web: Flask) -> None:
    answer = web.test_client().get("/api/booking/x", headers=bearer("fsc_nobody"))
    assert answer.status_code == 401
    assert answer.json["code"] == "unauthenticated"
    assert "fsc_nobody" not in answer.text


def test_a_revoked_token_is_refused_at_once(web: Flask, token: Callable[..., str]) -> None:
    secret = token("desk")
    with web.extensions["sessions"].begin() as session:
        found = tokens.find(session, secret)
        assert found
        assert tokens.revoke(session, found.id)
    assert web.test_client().get("/api/booking/x", headers=bearer(secret)).status_code == 401


def test_a_token_that_takes_the_place_of_another_acts_for_the_same_account(
    web: Flask, token: Callable[..., str], keys: tuple[str, str]
) -> None:
    from services.chassis.identity import verify

    old = token("physician")
    with web.extensions["sessions"].begin() as session:
        found = tokens.find(session, old)
        assert found
        new = tokens.replace(session, found.id)
        assert new
        assert tokens.revoke(session, found.id)
        assert tokens.replace(session, found.id) is None
    assert web.test_client().get("/api/booking/x", headers=bearer(old)).status_code == 401
    passed_on = web.test_client().get("/api/booking/x", headers=bearer(new)).json["headers"]["authorization"]
    actor = verify(passed_on.removeprefix("Bearer "), keys[1], "booking")
    assert (actor.id, actor.roles) == (f"token:{found.id}", frozenset({"physician"}))


def test_an_identity_made_elsewhere_is_not_passed_on(web: Flask, keys: tuple[str, str]) -> None:
    from services.chassis.identity import mint

    forged = mint(keys[0], "somebody", ("admin",), "booking")
    assert web.test_client().get("/api/booking/x", headers=bearer(forged)).status_code == 401


def test_without_a_token_the_service_itself_decides(web: Flask) -> None:
    assert web.test_client().get("/api/booking/openapi.json").json["roles"] is None


def test_cookies_and_hosts_stay_at_the_door(web: Flask) -> None:
    headers = (
        web.test_client()
        .get(
            "/api/booking/x",
            headers={"Cookie": "fascia=1", "Host": "elsewhere.example", "Forwarded": "for=1"},
        )
        .json["headers"]
    )
    assert "cookie" not in headers
    assert "forwarded" not in headers
    assert headers["host"] != "elsewhere.example"


def test_ten_megabytes_are_refused_before_they_are_passed_on(web: Flask, token: Callable[..., str]) -> None:
    answer = web.test_client().post("/api/referrals", data=b"x" * 10_000_000, headers=bearer(token("desk")))
    assert answer.status_code == 413
    assert "1 MB" in answer.json["message"]


def test_two_megabytes_in_chunks_are_refused_and_not_passed_on_cut_off(web: Flask, token: Callable[..., str]) -> None:
    answer = web.test_client().post(
        "/api/referrals",
        input_stream=io.BytesIO(b"x" * 2_000_000),
        headers=bearer(token("desk")),
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""},
    )
    assert answer.status_code == 413


def test_a_service_that_is_away_is_a_502_that_says_so(web: Flask, token: Callable[..., str]) -> None:
    answer = web.test_client().get("/api/notify/messages", headers=bearer(token("desk")))
    assert answer.status_code == 502
    assert answer.headers["Retry-After"]
    assert answer.json["request_id"]


def test_an_answer_that_breaks_off_is_a_502_and_not_half_an_answer(web: Flask, token: Callable[..., str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        web.extensions["services"] = _services_at(f"http://127.0.0.1:{listening.getsockname()[1]}")
        asked = threading.Thread(target=_answer_half, args=(listening,))
        asked.start()
        answer = web.test_client().get("/api/booking/clinic")
        asked.join()
    assert answer.status_code == 502
    assert answer.json["code"] == "bad_gateway"


def _services_at(url: str) -> Services:
    return Services({"booking": url}, "", 5.0)


def _answer_half(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 245\r\n\r\n{"id"')


@pytest.mark.parametrize("path", ["/api/web/x", "/api/nobody", "/metrics", "/sandbox/messages.json"])
def test_what_is_not_public_is_not_found(web: Flask, path: str) -> None:
    assert web.test_client().get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/hooks/../metrics", "/hooks/x/../../readyz", "/api/booking/../../metrics", "/api/booking/%2e%2e/x"]
)
def test_no_path_leads_past_the_door(web: Flask, path: str) -> None:
    """A proxy that resolves the steps would end at what a service says only to operations."""
    answer = web.test_client().get(unquote(path), environ_overrides={"RAW_URI": path})
    assert answer.status_code == 404


def test_a_target_in_absolute_form_reaches_the_service(web: Flask) -> None:
    target = "http://clinic.example/api/booking/openapi.json?a=1"
    answer = web.test_client().get("/api/booking/openapi.json?a=1", environ_overrides={"RAW_URI": target})
    assert answer.json["path"] == "/api/booking/openapi.json?a=1"


def test_a_token_cannot_be_given_the_role_of_a_service(web: Flask) -> None:
    with (
        web.extensions["sessions"].begin() as session,
        pytest.raises(tokens.UnknownRoleError, match="therapist"),
    ):
        tokens.create(session, "x", ("service",))


def test_only_the_hash_of_a_token_is_kept(web: Flask, token: Callable[..., str]) -> None:
    from sqlalchemy import text

    secret = token("desk")
    with web.extensions["sessions"].begin() as session:
        row = session.execute(text("SELECT * FROM tokens")).one()
    assert isinstance(row.id, UUID)
    assert secret.removeprefix(tokens.PREFIX) not in str(row)


@pytest.mark.parametrize("path", ["/api/booking/orders", "/readyz"])
def test_while_the_database_is_away_the_caller_is_asked_to_come_back(keys: tuple[str, str], path: str) -> None:
    nobody = "http://127.0.0.1:9"
    away = Settings(
        database_url="postgresql+psycopg2://web:none@127.0.0.1:9/web",
        signing_key=keys[0],
        session_secret="only for tests",
        referrals=nobody,
        booking=nobody,
        notify=nobody,
    )
    answer = app_for(away).test_client().get(path, headers=bearer("fsc_any"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
