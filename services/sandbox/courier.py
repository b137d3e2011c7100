"""Posting webhooks, now or later, in the background, to where they can really be reached."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

THREADS = 32
log = logging.getLogger("sandbox.courier")


@dataclass(frozen=True)
class Answer:
    """A webhook's answer: status and body, or a ``failure``: ``ct`` no connection, ``rt`` no answer."""

    status: int | None = None
    body: bytes = b""
    failure: str = ""

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def short(self) -> int | str:
        return self.status if self.status is not None else self.failure


class Courier:
    """One timer thread and a few posting threads, started when first needed."""

    def __init__(self, hook_via: str = "", public_hook_base: str = "") -> None:
        self._via, self._public_base = hook_via, public_hook_base.rstrip("/")
        self._http = urllib3.PoolManager(num_pools=4, maxsize=THREADS, retries=False)
        self._posts = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="hook")
        self._wake = threading.Condition()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._timer: threading.Thread | None = None

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Run ``act`` on a posting thread after ``seconds``."""
        with self._wake:
            entry = (time.monotonic() + seconds, next(self._order), act)
            heapq.heappush(self._due, entry)
            if self._timer is None:
                self._timer = threading.Thread(target=self._run, name="courier", daemon=True)
                self._timer.start()
            # Woken for each, the timer would take turns with whoever answers a request.
            if self._due[0] is entry:
                self._wake.notify()

    def forget(self) -> None:
        """Drop everything that is still waiting."""
        with self._wake:
            self._due.clear()

    def post(self, url: str, body: bytes, headers: Mapping[str, str], connect: float, read: float) -> Answer:
        """One attempt; times in seconds. Redirects are not followed."""
        address, host = self._route(url)
        try:
            answer = self._http.request(
                "POST",
                address,
                body=body,
                headers={**headers, "Host": host},
                redirect=False,
                timeout=urllib3.Timeout(connect=connect, read=read),
            )
        except (NewConnectionError, ConnectTimeoutError):
            return Answer(failure="ct")
        except (HTTPError, ValueError):
            return Answer(failure="rt")
        return Answer(status=answer.status, body=answer.data)

    def _route(self, url: str) -> tuple[str, str]:
        parts = urlsplit(url)
        if not self._via or (self._public_base and not url.startswith(self._public_base)):
            return url, parts.netloc
        return parts._replace(scheme="http", netloc=self._via).geturl(), parts.netloc

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._due:
                    self._wake.wait()
                wait = self._due[0][0] - time.monotonic()
                if wait > 0:
                    self._wake.wait(wait)
                    continue
                act = heapq.heappop(self._due)[2]
            self._posts.submit(_guarded, act)


def _guarded(act: Callable[[], None]) -> None:
    try:
        act()
    except Exception:
        log.exception("a webhook could not be prepared")
