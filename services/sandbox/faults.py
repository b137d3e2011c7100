"""Carrying out the faults that the knobs ask for, around the providers' own views."""

import errno
import os
import socket
import struct
from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Response, g, request

from .knobs import Knobs

DROP = "sandbox.drop"
Answer = Callable[[], Response]


def apply_faults(views: Blueprint, provider: str, knobs: Knobs, too_many: Answer, broken: Answer) -> None:
    """Let ``knobs`` decide the fate of every request to ``views``; only a POST, a send, draws a fault."""

    @views.before_request
    def before() -> Response | None:
        knobs.lag(provider)
        g.fault = knobs.draw(provider) if request.method == "POST" else "none"
        match g.fault:
            case "429":
                return _once(too_many())
            case "500_not_accepted":
                return _once(broken())
            case "reset_before":
                return _once(_drop())
            case "hang_before":
                knobs.hang(provider)
                return _once(_drop())
        return None

    @views.after_request
    def after(response: Response) -> Response:
        match g.pop("fault", "none"):
            case "accept_then_500":
                return broken()
            case "accept_then_reset":
                return _drop()
            case "hang":
                knobs.hang(provider)
                return _drop()
        return response


def _once(response: Response) -> Response:
    g.fault = "none"
    return response


def _drop() -> Response:
    # All of the request is read first, so that the client sees a reset, not a failure to write.
    request.get_data()
    request.environ[DROP] = True
    return Response(status=500)


class DroppingConnections:
    """WSGI middleware: a request marked for it loses its TCP connection without one byte of an answer."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = self.application(environ, start_response)
        if environ.get(DROP):
            _reset(environ.get("gunicorn.socket") or environ.get("werkzeug.socket"))
            # Both servers take this for a client that went away: they close and send nothing.
            raise ConnectionResetError(errno.ECONNRESET, "dropped on purpose")
        return body


def _reset(connection: socket.socket | None) -> None:
    """End the TCP connection with a reset, leaving the server a socket whose other side has hung up."""
    if connection is None:
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    hung_up, other = socket.socketpair()
    other.close()
    os.dup2(hung_up.fileno(), connection.fileno(), inheritable=False)
    hung_up.close()
