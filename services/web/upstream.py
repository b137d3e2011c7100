"""Requests to the services behind the door, each with an identity minted for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3

from services.chassis import context
from services.chassis.identity import mint
from services.web.settings import Settings


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
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool = urllib3.PoolManager(
            maxsize=32, retries=False, timeout=urllib3.Timeout(connect=3, read=settings.upstream_timeout)
        )

    def base(self, service: str) -> str | None:
        found: str | None = getattr(self._settings, service, None)
        return found.rstrip("/") if found else None

    def identity(self, service: str, caller: Caller) -> str:
        return mint(self._settings.signing_key, caller.id, caller.roles, audience=service)

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
