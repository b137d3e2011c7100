import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import amqp
import pytest

from services.local import LocalError, programs
from services.local.broker import Broker
from services.local.leftovers import marked
from services.local.rabbitmq import InstalledRabbitMQ
from tests.local.waiting import alive, eventually, left_in, open_folder, ordinary, supervising

UP_THEN_WAITS = """
import signal, sys, time
from pathlib import Path
from services.local.broker import Broker
signal.signal(signal.SIGINT, signal.default_int_handler)
with Broker(Path(sys.argv[1])) as broker:
    print("up", flush=True)
    time.sleep(600)
"""
SYSTEM_WIDE = (5672, 25672, 4369)
"""AMQP, distribution and epmd of a RabbitMQ that runs as a service."""


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as made:
        yield made / "broker"


@pytest.fixture
def connect() -> Iterator[Callable[[str], amqp.Connection]]:
    with ExitStack() as connections:

        def connected(url: str) -> amqp.Connection:
            account, _, place = url.removeprefix("amqp://").partition("@")
            user, password = account.split(":")
            host, vhost = place.split("/")
            connection = amqp.Connection(host, userid=user, password=password, virtual_host=vhost)
            connection.connect()
            connections.callback(_close, connection)
            return connection

        yield connected


def _close(connection: amqp.Connection) -> None:
    with suppress(OSError, amqp.AMQPError):
        connection.close()


def keep(connection: amqp.Connection, body: str) -> None:
    """Publish into a quorum queue and wait until the broker has it on disk."""
    channel = connection.channel()
    channel.confirm_select()
    channel.queue_declare("kept", durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
    channel.basic_publish_confirm(amqp.Message(body, delivery_mode=2), routing_key="kept")


def kept(connection: amqp.Connection) -> str | None:
    message = connection.channel().basic_get("kept", no_ack=True)
    return message and message.body


def test_every_port_is_its_own_and_on_the_loopback_address_only(broker: Broker) -> None:
    listening = {
        at.laddr for process in marked(f"{broker.folder}:") for at in process.net_connections() if at.status == "LISTEN"
    }
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1"}
    assert len({address.port for address in listening}) == 3
    assert not {address.port for address in listening} & set(SYSTEM_WIDE)


def test_the_usual_guest_is_refused(broker: Broker) -> None:
    guest = amqp.Connection(f"127.0.0.1:{broker.port}", userid="guest", password="guest", virtual_host="fascia")
    with pytest.raises(amqp.AccessRefused):
        guest.connect()


def test_password_and_configuration_are_readable_by_their_owner_only(broker: Broker) -> None:
    for name in ("password", "rabbitmq.conf", "home/.erlang.cookie"):
        assert (broker.folder / name).stat().st_mode & 0o077 == 0


def test_a_vhost_does_not_see_anothers_queues(broker: Broker, connect: Callable[[str], amqp.Connection]) -> None:
    one, other = broker.add_vhost("one"), broker.add_vhost("other")
    keep(connect(one), "in one")
    with pytest.raises(amqp.NotFound):
        kept(connect(other))
    assert kept(connect(one)) == "in one"
    for name in ("one", "other"):
        broker.remove_vhost(name)


def test_a_removed_vhost_refuses_its_clients(broker: Broker, connect: Callable[[str], amqp.Connection]) -> None:
    url = broker.add_vhost("brief")
    broker.remove_vhost("brief")
    with pytest.raises(amqp.NotAllowed):
        connect(url)


def test_what_was_confirmed_is_there_after_the_node_was_killed(
    broker: Broker, amqp_url: str, connect: Callable[[str], amqp.Connection]
) -> None:
    keep(connect(amqp_url), "before the kill")
    broker.settle()
    killed = broker.pid
    broker.kill()
    assert not alive(killed)
    broker.start()
    assert kept(connect(amqp_url)) == "before the kill"


def test_a_folder_in_use_is_refused_and_the_running_node_goes_on(
    broker: Broker, amqp_url: str, connect: Callable[[str], amqp.Connection]
) -> None:
    with pytest.raises(LocalError, match=f"in use by process {os.getpid()}"), Broker(broker.folder):
        pass
    assert connect(amqp_url).connected


def test_it_runs_as_an_ordinary_user_beside_a_system_wide_one_and_nothing_outlives_kill_9(folder: Path) -> None:
    with ExitStack() as system_wide:
        for port in SYSTEM_WIDE:
            with suppress(OSError):
                system_wide.enter_context(socket.create_server(("127.0.0.1", port)))
        with supervising(UP_THEN_WAITS, folder, **ordinary()) as supervisor:
            assert any("beam" in found for found in left_in(folder))
            supervisor.kill()
            eventually(lambda: left_in(folder) == [])


@pytest.mark.long
def test_it_starts_twice_in_a_row_and_keeps_what_it_had(
    folder: Path, connect: Callable[[str], amqp.Connection]
) -> None:
    with Broker(folder) as broker:
        keep(connect(broker.url), "from the first time")
    assert left_in(folder) == []
    with Broker(folder) as broker:
        assert kept(connect(broker.url)) == "from the first time"
    assert left_in(folder) == []


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_a_supervisor_that_goes_while_the_node_is_starting(folder: Path, how: signal.Signals) -> None:
    program = UP_THEN_WAITS.replace("with Broker", "print('up', flush=True)\nwith Broker")
    with supervising(program, folder) as supervisor:
        eventually(lambda: any("beam" in found for found in left_in(folder)))
        supervisor.send_signal(how)
        eventually(lambda: left_in(folder) == [])


@pytest.mark.long
def test_an_exception_inside_leaves_nothing(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError), Broker(folder):
        1 / 0  # noqa: B018
    assert left_in(folder) == []


@pytest.mark.long
def test_a_folder_may_have_a_space_in_its_name(folder: Path, connect: Callable[[str], amqp.Connection]) -> None:
    with Broker(folder.with_name("a folder")) as broker:
        assert connect(broker.url).connected


def test_a_node_that_cannot_start_says_why_and_leaves_nothing(folder: Path) -> None:
    class Refusing(InstalledRabbitMQ):
        def command(self, node: object) -> list[str]:
            return [sys.executable, "-c", "print('no erlang here'); raise SystemExit(1)"]

    with pytest.raises(LocalError, match="no erlang here"), Broker(folder, program=Refusing(Path("/nowhere"))):
        pass
    assert left_in(folder) == []


def test_without_rabbitmq_and_without_a_way_to_install_it_the_three_ways_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(programs, "installed", lambda: None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LocalError) as refused:
        programs.find_or_install()
    for way in ("apt-get install", "brew install", "Docker"):
        assert way in str(refused.value)


def test_installing_is_tried_before_docker_and_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = iter([None, InstalledRabbitMQ(tmp_path)])
    commands: list[list[str]] = []
    monkeypatch.setattr(programs, "installed", lambda: next(found))
    monkeypatch.setattr(programs, "_installers", lambda: [(["true"], "apt-get")])
    monkeypatch.setattr(programs, "_docker_answers", lambda: commands.append(["docker"]) or True)
    said: list[str] = []
    assert programs.find_or_install(said.append) == InstalledRabbitMQ(tmp_path)
    assert said[0] == "installing RabbitMQ with apt-get"
    assert commands == []


def test_an_idle_node_needs_little_memory(broker: Broker) -> None:
    resident = sum(process.memory_info().rss for process in marked(f"{broker.folder}:"))
    assert resident < 250 * 2**20


def test_the_module_installs_from_the_command_line() -> None:
    done = subprocess.run([sys.executable, "-m", "services.local.broker", "--install"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
