import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from services.local import LocalError, ports
from services.local.stack import Stack, published
from tests.local.small_stack import UP_THEN_WAITS, small
from tests.local.waiting import eventually, left_in, open_folder, ordinary, supervising


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as made:
        yield made / "var"


@pytest.fixture
def port() -> int:
    return ports.free(1)[0]


def page(url: str) -> str:
    with urlopen(url, timeout=5) as answer:
        return str(answer.read().decode())


def test_a_stack_says_each_step_answers_at_its_port_and_leaves_nothing(folder: Path, port: int) -> None:
    said: list[str] = []
    with small(folder, port=port, say=said.append) as stack:
        assert stack.url == f"http://127.0.0.1:{port}"
        assert page(stack.url) == "web"
        told = stack.environment
        assert (folder / "environment.json").stat().st_mode & 0o777 == 0o600
        found = published(folder)
        assert found == {"url": stack.url, "environment": told}
        with pytest.raises(LocalError, match=f"in use by process {os.getpid()}"), small(folder):
            pass
        assert page(stack.url) == "web"
    assert [line.split(":")[0] for line in said[:4]] == [
        "PostgreSQL", "RabbitMQ", "databases and queues", "services"
    ]  # fmt: skip
    assert left_in(folder) == []
    assert published(folder) is None


@pytest.mark.long
def test_a_taken_port_is_said_and_another_one_is_used_beside_a_running_stack(folder: Path) -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        taken = somebody.getsockname()[1]
        with small(folder, port=taken, say=said.append) as stack:
            assert stack.url != f"http://127.0.0.1:{taken}"
            assert page(stack.url) == "web"
    assert any(line.startswith(f"port {taken} is taken; the pages are at port ") for line in said)


@pytest.mark.long
def test_kill_9_leaves_nothing_and_the_next_start_on_the_same_port_is_not_disturbed(folder: Path, port: int) -> None:
    with supervising(UP_THEN_WAITS, folder, port) as supervisor:
        supervisor.kill()
        supervisor.wait()
        # at once, while what was left is still being ended
        with small(folder, port=port) as stack:
            assert stack.url == f"http://127.0.0.1:{port}"
            assert page(stack.url) == "web"
    eventually(lambda: left_in(folder) == [])


@pytest.mark.long
def test_two_stacks_in_different_folders_do_not_meet(folder: Path) -> None:
    with small(folder) as one, small(folder.with_name("second")) as other:
        assert one.url != other.url
        assert one.broker.url != other.broker.url
        assert one.postgres.url("fascia_web") != other.postgres.url("fascia_web")
        assert (page(one.url), page(other.url)) == ("web", "web")


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_being_asked_to_stop_stops_everything_in_order(folder: Path, port: int, how: signal.Signals) -> None:
    with supervising(UP_THEN_WAITS, folder, port) as supervisor:
        supervisor.send_signal(how)
        supervisor.wait(30)
        assert left_in(folder) == []
        assert "database system is shut down" in (folder / "postgres" / "output").read_text()


@pytest.mark.long
def test_a_second_ctrl_c_ends_everything_at_once(folder: Path, port: int) -> None:
    with supervising(UP_THEN_WAITS.replace("small(", "stubborn("), folder, port) as supervisor:
        supervisor.send_signal(signal.SIGINT)
        # ten seconds of patience with the stubborn begin here; the second one ends them
        eventually(lambda: "asked" in (folder / "log" / "web.log").read_text())
        supervisor.send_signal(signal.SIGINT)
        supervisor.wait(5)
        eventually(lambda: left_in(folder) == [], 5)


@pytest.mark.long
def test_ctrl_c_while_it_starts_leaves_nothing(folder: Path, port: int) -> None:
    program = UP_THEN_WAITS.replace("with small", "print('up', flush=True)\nwith small")
    with supervising(program, folder, port) as supervisor:
        eventually(lambda: any("beam" in found for found in left_in(folder)))
        supervisor.send_signal(signal.SIGINT)
        supervisor.wait(30)
        eventually(lambda: left_in(folder) == [])


@pytest.mark.long
def test_a_process_that_keeps_ending_is_named_and_leaves_nothing(folder: Path) -> None:
    with pytest.raises(LocalError, match=r"web keeps ending(.|\n)*no such setting"):
        with small(folder, program="raise SystemExit('no such setting')"):
            pass
    assert left_in(folder) == []


@pytest.mark.long
def test_a_failing_migration_is_shown_and_leaves_nothing(folder: Path) -> None:
    from services.local.processes import ProcessSpec

    failing = ProcessSpec("migrate", [sys.executable, "-c", "raise SystemExit('column of no table')"], {})
    with pytest.raises(LocalError, match="column of no table"), Stack(folder, migrate=lambda setup: failing):
        pass
    assert left_in(folder) == []


@pytest.mark.long
def test_it_runs_as_an_ordinary_user(folder: Path, port: int) -> None:
    with supervising(UP_THEN_WAITS, folder, port, **ordinary()) as supervisor:
        assert page(f"http://127.0.0.1:{port}") == "web"
        supervisor.terminate()
        supervisor.wait(30)
        assert left_in(folder) == []
