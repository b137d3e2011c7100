"""A private RabbitMQ node: own ports, own user, own folder, gone when it is left.

    with Broker(Path("var/broker")) as broker:
        broker.url  # amqp://fascia:…@127.0.0.1:24817/fascia

`python -m services.local.broker --install` makes sure that RabbitMQ is on this machine.
"""

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import amqp

from services.local import LocalError, Say, ports, quiet
from services.local.credentials import kept
from services.local.custody import Custody
from services.local.programs import RabbitMQ, find_or_install
from services.local.rabbitmq import Node

USER = VHOST = "fascia"


class Broker:
    """Keeps its ports and its user from one `start` to the next, so that clients can come back to it."""

    def __init__(self, folder: Path, *, program: RabbitMQ | None = None, say: Say = quiet) -> None:
        self.folder = folder.absolute()
        self._custody = Custody(self.folder)
        self._program = program
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False

    def __enter__(self) -> Self:
        try:
            self.launch()
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return self.url_of(VHOST)

    def url_of(self, vhost: str) -> str:
        return f"amqp://{self._node.user}:{self._node.password}@{ports.LOOPBACK}:{self._node.port}/{vhost}"

    @property
    def port(self) -> int:
        return self._node.port

    @property
    def pid(self) -> int:
        """The Erlang machine's process (Docker's client where RabbitMQ runs in a container)."""
        assert self._process
        return self._process.pid

    def launch(self) -> None:
        """Take the folder and let the node begin to start; `wait_until_ready` waits for it."""
        self._custody.take()
        self.folder.chmod(0o700)
        self._program = self._program or find_or_install(self._say)
        port, distribution_port, epmd_port = ports.free(3)
        password = kept(self.folder / "password")
        self._node = Node(self.folder, port, distribution_port, epmd_port, USER, password, VHOST)
        self._cookie()
        self._program.prepare(self._node)
        self._spawn()

    def wait_until_ready(self, seconds: float = 90) -> None:
        """Until a client can log in. Raises `LocalError` with the node's own words if it ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not self._answers():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise LocalError(f"RabbitMQ did not start. It said:\n{self._last_words()}")
            time.sleep(0.05)
        self._ready = True

    def start(self) -> None:
        """Start the node again after `kill` or `pause`, on the same ports and data."""
        self._spawn()
        self.wait_until_ready()

    def kill(self) -> None:
        """SIGKILL, as the machine's out-of-memory killer would."""
        assert self._process
        assert self._program
        self._program.kill(self._node, self._process)
        self._process.wait()

    def pause(self, seconds: float = 15) -> None:
        """Stop the node in order and keep the folder; `start` starts it again."""
        if self._process is None or self._process.poll() is not None:
            return
        if not self._ready:
            # asked to stop while it starts, it would first start
            self.kill()
            return
        self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def stop(self) -> None:
        """Stop the node and everything it started. Does nothing the second time."""
        try:
            self.pause()
        finally:
            self._process = None
            self._custody.release(grace=1)
            if self._program and hasattr(self, "_node"):
                self._program.forget(self._node)

    def add_vhost(self, name: str) -> str:
        """A new, empty vhost; returns its URL. `name`: letters, digits, dots and dashes."""
        assert self._program
        self._program.add_vhost(self._node, self._environment(), name)
        return self.url_of(name)

    def remove_vhost(self, name: str) -> None:
        """With everything in it; its clients are sent away."""
        assert self._program
        self._program.remove_vhost(self._node, self._environment(), name)

    def settle(self) -> None:
        """Have the node write down which quorum queues there are.

        RabbitMQ (3.10 and 4.0 alike) does so up to three seconds late: a quorum queue declared just before a crash
        comes back empty, with no leader, and stays so. Messages in a settled queue are safe once confirmed.
        """
        assert self._program
        self._program.settle(self._node, self._environment())

    def _environment(self) -> dict[str, str]:
        assert self._program
        return self._custody.mark(self._program.environment(self._node))

    def _spawn(self) -> None:
        assert self._program
        self._ready = False
        with open(self.folder / "output", "wb") as output:
            self._process = self._custody.spawn(
                self._program.command(self._node),
                self._program.environment(self._node),
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
            )

    def _answers(self) -> bool:
        if not ports.listens(self.port):
            return False
        client = amqp.Connection(
            f"{ports.LOOPBACK}:{self.port}", userid=USER, password=self._node.password, virtual_host=VHOST,
            connect_timeout=2, read_timeout=5,
        )  # fmt: skip
        with suppress(OSError, amqp.AMQPError):
            client.connect()
            client.close()
            return True
        return False

    def _cookie(self) -> None:
        """Erlang would make one itself, from a weak random source and only in time for its second process."""
        (self.folder / "home").mkdir(exist_ok=True)
        kept(self.folder / "home" / ".erlang.cookie")

    def _last_words(self) -> str:
        with suppress(OSError):
            return (self.folder / "output").read_text(errors="replace")[-2000:]
        return "(nothing)"


if __name__ == "__main__":
    if sys.argv[1:] != ["--install"]:
        sys.exit("usage: python -m services.local.broker --install")
    try:
        print(find_or_install(print))
    except LocalError as error:
        sys.exit(str(error))
