"""Requests from one service to another over HTTP, each with an identity minted for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3

from services.chassis import context
from services.chassis.identity import mint


class UpstreamError(Exception):
    """A service did not answer, or refused; `status` is what it said, 502 when it said nothing.

    `message` says why in words, `facts` are what the service's envelope calls `errors`. Neither is logged.
    """

    def __init__(self, status: int, code: str, message: str = "", facts: Any = None) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.message = message
        self.facts = facts if isinstance(facts, dict) else {}


@dataclass(frozen=True)
class Caller:
    """Who a request is made for."""

    id: str
    roles: tuple[str, ...]


class Services:
    """`bases`: the base URL of each service that can be asked. `signing_key`: Ed25519, PEM. `timeout`: seconds."""

    def __init__(self, bases: Mapping[str, str | None], signing_key: str, timeout: float) -> None:
        self._bases, self._signing_key = bases, signing_key
        self._pool = urllib3.PoolManager(maxsize=32, retries=False, timeout=urllib3.Timeout(connect=3, read=timeout))

    def base(self, service: str) -> str | None:
        found = self._bases.get(service)
        return found.rstrip("/") if found else None

    def identity(self, service: str, caller: Caller) -> str:
        return mint(self._signing_key, caller.id, caller.roles, audience=service)

    def send(self, method: str, url: str, headers: dict[str, str], body: Any = None) -> urllib3.BaseHTTPResponse:
        """Pass a request on; the answer's body is still to be read. Raises urllib3's `HTTPError`."""
        return self._pool.request(
            method,
            url,
            headers={**headers, "Connection": "close"},
            body=body,
            preload_content=False,
            redirect=False,
        )

    def ask(
        self,
        caller: Caller,
        service: str,
        path: str,
        *,
        method: str = "GET",
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Ask a service for JSON. Raises `UpstreamError`."""
        response = self.fetch(caller, service, path, method=method, json=json, headers=headers)
        return response.json() if response.data else None

    def fetch(
        self,
        caller: Caller,
        service: str,
        path: str,
        *,
        method: str = "GET",
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """Ask a service for something that need not be JSON; read to its end. Raises `UpstreamError`."""
        sent = {**(headers or {}), "Authorization": f"Bearer {self.identity(service, caller)}", "Connection": "close"}
        if trace := context.trace.get():
            sent["X-Request-Id"] = trace
        try:
            response = self._pool.request(method, f"{self.base(service)}/api/{service}{path}", headers=sent, json=json)
        except urllib3.exceptions.HTTPError:
            raise UpstreamError(502, f"{service}_away") from None
        if response.status >= 400:
            raise _refused(response)
        return response


def _refused(answer: urllib3.BaseHTTPResponse) -> UpstreamError:
    try:
        said = answer.json() if answer.data else None
    except ValueError:
        said = None
    said = said if isinstance(said, dict) else {}
    return UpstreamError(answer.status, str(said.get("code", "")), str(said.get("message", "")), said.get("errors"))
