"""RabbitMQ in a container, for a machine that has Docker and nothing else. Bound to the loopback address."""

import hashlib
import os
import secrets
import subprocess
from dataclasses import dataclass

from services.local import LocalError
from services.local.credentials import kept
from services.local.ports import LOOPBACK
from services.local.rabbitmq import Node

IMAGE = "rabbitmq:4"
INSIDE = 5672


@dataclass(frozen=True)
class ContainedRabbitMQ:
    """Its data lie in a volume whose name the node's folder remembers."""

    image: str = IMAGE

    def prepare(self, node: Node) -> None:
        configuration = node.folder / "rabbitmq.conf"
        configuration.write_text(node.configuration(f"0.0.0.0:{INSIDE}"))
        # the container's own user reads it; the folder above is closed to others
        configuration.chmod(0o644)
        self.forget(node)

    def command(self, node: Node) -> list[str]:
        if _docker("ps", "--all", "--quiet", "--filter", f"name=^{_name(node)}$"):
            return ["docker", "start", "--attach", _name(node)]
        volume = kept(node.folder / "volume", lambda: f"fascia-{secrets.token_hex(6)}")
        return [
            *("docker", "run", "--name", _name(node), "--hostname", "localhost"),
            *("--publish", f"{LOOPBACK}:{node.port}:{INSIDE}"),
            *("--volume", f"{node.folder}/rabbitmq.conf:/etc/rabbitmq/rabbitmq.conf:ro"),
            *("--volume", f"{volume}:/var/lib/rabbitmq"),
            self.image,
        ]

    def environment(self, node: Node) -> dict[str, str]:
        return dict(os.environ)

    def kill(self, node: Node, process: subprocess.Popen[bytes]) -> None:
        _docker("kill", _name(node))

    def add_vhost(self, node: Node, environment: dict[str, str], name: str) -> None:
        _docker("exec", _name(node), "rabbitmqctl", "--quiet", "add_vhost", name)
        _docker("exec", _name(node), "rabbitmqctl", "--quiet", "set_permissions", "-p", name, node.user, *[".*"] * 3)

    def remove_vhost(self, node: Node, environment: dict[str, str], name: str) -> None:
        _docker("exec", _name(node), "rabbitmqctl", "--quiet", "delete_vhost", name)

    def settle(self, node: Node, environment: dict[str, str]) -> None:
        _docker("exec", _name(node), "rabbitmqctl", "--quiet", "eval", "ok = dets:sync(ra_directory_reverse).")

    def forget(self, node: Node) -> None:
        """The container, not its volume."""
        subprocess.run(["docker", "rm", "--force", _name(node)], capture_output=True)


def _name(node: Node) -> str:
    return f"fascia-{hashlib.sha256(str(node.folder).encode()).hexdigest()[:12]}"


def _docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise LocalError(f"docker {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()
