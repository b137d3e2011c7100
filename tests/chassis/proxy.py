"""A TCP proxy that can freeze the connections it carries, and break them."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Proxy:
    """Listens on a port of its own and passes bytes on to `port` at 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._pairs: list[Pair] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        """The connections of now stay open and carry nothing any more; new ones are not affected."""
        for pair in self._pairs:
            pair.frozen.set()

    def close(self) -> None:
        self._server.close()
        for pair in self._pairs:
            pair.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                self._pairs.append(Pair(client, socket.create_connection(("127.0.0.1", self._target))))


class Pair:
    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.frozen = threading.Event()
        self._sockets = (client, server)
        for source, sink in (client, server), (server, client):
            threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def close(self) -> None:
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(65536):
                if self.frozen.is_set():
                    return
                sink.sendall(content)
            if not self.frozen.is_set():
                sink.shutdown(socket.SHUT_WR)
