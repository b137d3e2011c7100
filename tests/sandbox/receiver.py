"""A clinic's web server for the sandbox to call: keeps what it is sent, answers as it is told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Call:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


class Receiver:
    """``answers`` are (status, body) for the next calls; then every call gets an empty 204."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answers: list[tuple[int, bytes]] = []
        self.url = ""
        self._came = threading.Condition()

    def take(self, call: Call) -> tuple[int, bytes]:
        with self._came:
            self.calls.append(call)
            self._came.notify_all()
            return self.answers.pop(0) if self.answers else (204, b"")

    def wait_for(self, count: int, seconds: float = 10) -> list[Call]:
        """The calls so far, once there are ``count``."""
        return self.wait_until(lambda: len(self.calls) >= count, seconds)

    def wait_until(self, fact: Callable[[], bool], seconds: float = 10) -> list[Call]:
        with self._came:
            assert self._came.wait_for(fact, seconds), f"only {len(self.calls)} calls came"
            return list(self.calls)


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, answer = receiver.take(Call(self.path, dict(self.headers), body))
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: Any) -> None:
            return None

    return Handler


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()
