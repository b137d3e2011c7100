"""RabbitMQ as installed on this machine: where it is, and how a private node of it is run and told things.

Works with 3.10 (Debian 12) up to 4.x (Debian 13, Homebrew). The scripts under `sbin` are used directly: Debian's
wrappers in `/usr/sbin` insist on being root and then become the user `rabbitmq`.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from services.local import LocalError
from services.local.ports import LOOPBACK

SCRIPTS = (
    "/usr/lib/rabbitmq/bin",
    "/opt/homebrew/opt/rabbitmq/sbin",
    "/usr/local/opt/rabbitmq/sbin",
    "/home/linuxbrew/.linuxbrew/opt/rabbitmq/sbin",
)
NODE_NAME = "fascia@localhost"

# A clinic's broker is small: two schedulers, small tables, no spinning. +B i: Ctrl-C is the supervisor's business.
ERLANG = "+S 2:2 +SDcpu 1:1 +SDio 2 +P 65536 +t 1048576 +sbwt none +sbwtdcpu none +sbwtdio none +B i"

CONFIGURATION = """\
listeners.tcp.1 = {listener}
default_vhost = {vhost}
default_user = {user}
default_pass = {password}
distribution.listener.interface = 127.0.0.1
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 64MB
raft.wal_max_size_bytes = 33554432
log.file.level = warning
"""


@dataclass(frozen=True)
class Node:
    """One private node: its folder, its ports on the loopback address, its only user and first vhost."""

    folder: Path
    port: int
    distribution_port: int
    epmd_port: int
    user: str
    password: str
    vhost: str

    def configuration(self, listener: str) -> str:
        return CONFIGURATION.format(listener=listener, vhost=self.vhost, user=self.user, password=self.password)


@dataclass(frozen=True)
class InstalledRabbitMQ:
    scripts: Path

    def prepare(self, node: Node) -> None:
        for name in ("home", "data", "log"):
            (node.folder / name).mkdir(exist_ok=True)
        _write_private(node.folder / "rabbitmq.conf", node.configuration(f"{LOOPBACK}:{node.port}"))
        (node.folder / "enabled_plugins").write_text("[].\n")
        # read in place of /etc/rabbitmq/rabbitmq-env.conf, which speaks of the system's own node
        (node.folder / "rabbitmq-env.conf").write_text("")
        # a bare system may have no /etc/hosts, and one with IPv6 may say ::1
        (node.folder / "inetrc").write_text('{host, {127,0,0,1}, ["localhost"]}.\n{lookup, [file, native]}.\n')

    def command(self, node: Node) -> list[str]:
        # With RABBITMQ_ALLOW_INPUT the script becomes the Erlang machine instead of waiting for it in a shell, so
        # that the process we start is the broker itself; -noinput is what the script adds otherwise.
        return [str(self.scripts / "rabbitmq-server"), "-noinput"]

    def environment(self, node: Node) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}
        return own | {
            "HOME": str(node.folder / "home"),
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_NODENAME": NODE_NAME,
            "RABBITMQ_DIST_PORT": str(node.distribution_port),
            "RABBITMQ_MNESIA_BASE": str(node.folder / "data"),
            "RABBITMQ_LOG_BASE": str(node.folder / "log"),
            "RABBITMQ_PID_FILE": str(node.folder / "pid"),
            "RABBITMQ_CONFIG_FILE": str(node.folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(node.folder / "rabbitmq-env.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(node.folder / "enabled_plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG,
            "ERL_INETRC": str(node.folder / "inetrc"),
            "ERL_EPMD_PORT": str(node.epmd_port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_MAX_PORTS": "8192",
            "ERL_CRASH_DUMP_BYTES": "0",
        }

    def kill(self, node: Node, process: subprocess.Popen[bytes]) -> None:
        process.kill()

    def add_vhost(self, node: Node, environment: dict[str, str], name: str) -> None:
        """Ask the node over Erlang's own distribution: 0.3 s, where `rabbitmqctl` takes two."""
        vhost, user, everything = f'<<"{name}">>', f'<<"{node.user}">>', '<<".*">>'
        permissions = ",".join([user, vhost, everything, everything, everything, user])
        _call(environment, ("rabbit_vhost", "add", f"{vhost},{user}"),
              ("rabbit_auth_backend_internal", "set_permissions", permissions))  # fmt: skip

    def remove_vhost(self, node: Node, environment: dict[str, str], name: str) -> None:
        _call(environment, ("rabbit_vhost", "delete", f'<<"{name}">>,<<"{node.user}">>'))

    def settle(self, node: Node, environment: dict[str, str]) -> None:
        _call(environment, ("dets", "sync", "ra_directory_reverse"))

    def forget(self, node: Node) -> None:
        """Nothing of it lives outside the folder."""


def installed() -> InstalledRabbitMQ | None:
    for folder in map(Path, SCRIPTS):
        if (folder / "rabbitmq-server").exists():
            return InstalledRabbitMQ(folder)
    on_path = shutil.which("rabbitmq-server")
    if on_path and Path(on_path).resolve().name == "rabbitmq-server":
        return InstalledRabbitMQ(Path(on_path).resolve().parent)
    return None


def _call(environment: dict[str, str], *calls: tuple[str, str, str]) -> None:
    """Run functions in the node, one after the other; each must answer `ok`."""
    asked = ",".join(
        f"ok = rpc:call('{NODE_NAME}', {module}, {function}, [{arguments}], 10000)"
        for module, function, arguments in calls
    )
    argv = ["erl", "-boot", "start_clean", "-noinput", "-hidden", "-sname", f"ask{os.getpid()}@localhost"]
    done = subprocess.run(
        [*argv, "-eval", f"{asked}, halt(0)."],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    if done.returncode:
        raise LocalError(f"the broker refused: {(done.stdout + done.stderr).strip()[-400:]}")


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
