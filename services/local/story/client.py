"""How the story talks to a running stack: only through its public door, like anybody else."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import requests

T = TypeVar("T")

SERVICES = ("referrals", "booking", "notify")
PATIENCE = 60.0
"""Seconds to wait for any one fact; a killed process needs some of them to come back."""


class StoryError(Exception):
    """The story cannot go on; says what was expected and what came."""


class Door:
    """JSON over HTTP with an API token; what is away for a moment is asked again."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **params: str) -> Any:
        return self._ask("GET", path, params=params)

    def post(self, path: str, body: Any = None, *, key: str | None = None, type_: str = "application/json") -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        return self._ask("POST", path, json=body, headers={**headers, "Content-Type": type_})

    def put(self, path: str, body: Any) -> Any:
        return self._ask("PUT", path, json=body)

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self._session.request(method, self.url + path, timeout=30, **options)
                if answer.status_code not in (502, 503):
                    break
            except requests.ConnectionError:
                if time.monotonic() > deadline:
                    raise StoryError(f"nothing answers at {self.url}") from None
            if time.monotonic() > deadline:
                raise StoryError(f"{method} {path.split('?')[0]} is still unavailable")
            time.sleep(0.2)
        if answer.status_code >= 400:
            raise StoryError(f"{method} {path.split('?')[0]} answered {answer.status_code}: {answer.text[:800]}")
        return answer.json() if answer.content else None

    def page(self, url: str) -> str:
        """A page as a person without a token gets it; `url` as a message has it, wherever the door is from here."""
        return _page(requests.get(self._link(url), timeout=30))

    def press(self, url: str, act: str, **form: str) -> str:
        """The page that comes after a button of a page behind a link."""
        return _page(requests.post(f"{self._link(url)}/{act}", data=form, timeout=30))

    def _link(self, url: str) -> str:
        return f"{self.url}/l/{url.rsplit('/l/', 1)[-1]}"


def link_in(text: str) -> str:
    """The first link of a text or an e-mail."""
    found = re.search(r"https?://\S+/l/[\w-]+", text)
    if not found:
        raise StoryError("a message that should carry a link carries none")
    return found[0]


def _page(answer: requests.Response) -> str:
    if answer.status_code != 200:
        raise StoryError(f"a link answered {answer.status_code}")
    return answer.text


def wait_for(what: str, look: Callable[[], T | None], patience: float = PATIENCE) -> T:
    """Look until something is there. Raises `StoryError`, naming `what`."""
    deadline = time.monotonic() + patience
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise StoryError(f"waited {patience:.0f} s in vain for {what}")
        time.sleep(0.05)


class Clock:
    """The demo's clock: how far all services run ahead of the real one."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._ahead = timedelta()

    def reset(self) -> None:
        self._set(timedelta())

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def move_to(self, instant: datetime) -> None:
        self._set(max(self._ahead, instant - datetime.now(UTC) + timedelta(seconds=1)))

    def _set(self, ahead: timedelta) -> None:
        seconds = int(ahead.total_seconds()) + (1 if ahead else 0)
        for service in SERVICES:
            self._door.put(f"/api/{service}/clock", {"seconds": seconds})
        self._ahead = timedelta(seconds=seconds)
