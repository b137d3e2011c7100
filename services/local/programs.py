"""Which RabbitMQ to run: the installed one, else one from the system's package manager, else Docker's."""

import os
import shutil
import subprocess
import time
from typing import Protocol

from services.local import ROOT, LocalError, Say, quiet
from services.local.container import ContainedRabbitMQ
from services.local.rabbitmq import Node, installed

HELP = """RabbitMQ is not installed, and it could not be installed from here. Any one of these will do:
  Debian, Ubuntu   sudo apt-get install rabbitmq-server
  macOS            brew install rabbitmq
  Docker           start Docker, and run this again"""


class RabbitMQ(Protocol):
    """A way to run a node."""

    def prepare(self, node: Node) -> None: ...
    def command(self, node: Node) -> list[str]: ...
    def environment(self, node: Node) -> dict[str, str]: ...
    def kill(self, node: Node, process: subprocess.Popen[bytes]) -> None: ...
    def add_vhost(self, node: Node, environment: dict[str, str], name: str) -> None: ...
    def remove_vhost(self, node: Node, environment: dict[str, str], name: str) -> None: ...
    def settle(self, node: Node, environment: dict[str, str]) -> None: ...
    def forget(self, node: Node) -> None: ...


def find_or_install(say: Say = quiet) -> RabbitMQ:
    """Raises `LocalError`, naming the ways, when none is open."""
    if found := installed():
        return found
    for command, meant in _installers():
        say(f"installing RabbitMQ with {meant}")
        began = time.monotonic()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT)
        if found := installed():
            say(f"installed RabbitMQ in {time.monotonic() - began:.0f} s")
            return found
        say(f"that did not work: {(done.stderr or done.stdout).strip()[-300:]}")
    if _docker_answers():
        return ContainedRabbitMQ()
    raise LocalError(HELP)


def _installers() -> list[tuple[list[str], str]]:
    """Commands that are allowed here, and what they are called."""
    found = []
    script = ["sh", str(ROOT / "tools" / "rabbitmq-from-apt.sh")]
    if shutil.which("apt-get"):
        if os.geteuid() == 0:
            found.append((script, "apt-get"))
        elif shutil.which("sudo") and _succeeds(["sudo", "-n", "true"]):
            found.append((["sudo", "-n", *script], "sudo apt-get"))
    if shutil.which("brew"):
        found.append((["env", "HOMEBREW_NO_AUTO_UPDATE=1", "brew", "install", "--quiet", "rabbitmq"], "brew"))
    return found


def _docker_answers() -> bool:
    return bool(shutil.which("docker")) and _succeeds(["docker", "info"])


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20).returncode == 0
