"""Free ports on the loopback address."""

import random
import socket

LOOPBACK = "127.0.0.1"
# Below the range that systems hand to outgoing connections (32768 up on Linux, 49152 up elsewhere): a client that
# keeps calling a stopped server on such a port can be given that very port, and then holds it against the server.
RANGE = range(20_000, 32_000)


def free(count: int) -> list[int]:
    """`count` different ports on which nobody listens now."""
    found: set[int] = set()
    while len(found) < count:
        port = random.choice(RANGE)
        if is_free(port):
            found.add(port)
    return list(found)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port, on the loopback address and on all addresses."""
    return all(_bindable(address, port) for address in (LOOPBACK, "0.0.0.0"))  # noqa: S104 (bound, never listened on)


def listens(port: int) -> bool:
    """Whether somebody answers on this port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0


def _bindable(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
        return True
