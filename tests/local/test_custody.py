import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.local import LocalError
from services.local.custody import Custody
from tests.local.waiting import alive, eventually, left_in, open_folder, ordinary, supervising

# a child, and a grandchild that leaves its session and its parent as daemons do
STARTS_TWO = """
import os, signal, sys, time
from pathlib import Path
from services.local.custody import Custody
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored where the tests run under nohup
custody = Custody(Path(sys.argv[1]))
custody.take()
daemon = "import os, time; os.fork() and os._exit(0); os.setsid(); time.sleep(600)"
custody.spawn([sys.executable, "-c", daemon], os.environ).wait()
custody.spawn(["sleep", "600"], os.environ)
print("up", flush=True)
time.sleep(600)
"""


@pytest.fixture
def custody(tmp_path: Path) -> Iterator[Custody]:
    held = Custody(tmp_path / "held")
    held.take()
    yield held
    held.release()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_nothing_outlives_a_supervisor_that_dies(tmp_path: Path, how: signal.Signals) -> None:
    with supervising(STARTS_TWO, tmp_path) as supervisor:
        eventually(lambda: len(left_in(tmp_path)) == 3)
        supervisor.send_signal(how)
        eventually(lambda: left_in(tmp_path) == [])


def test_what_ignores_being_asked_is_killed(custody: Custody) -> None:
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"
    child = custody.spawn([sys.executable, "-c", stubborn], os.environ, stdout=subprocess.PIPE)
    assert child.stdout
    assert child.stdout.readline() == b"up\n"
    custody.release(grace=0.1)
    assert child.wait(5) == -signal.SIGKILL


def test_a_folder_has_one_supervisor_at_a_time(custody: Custody) -> None:
    with pytest.raises(LocalError, match=f"in use by process {os.getpid()}"):
        Custody(custody.folder).take()


def test_a_folder_can_be_taken_again_after_it_was_released(custody: Custody) -> None:
    custody.release()
    again = Custody(custody.folder)
    again.take()
    again.release()


def test_what_a_former_supervisor_left_is_ended_by_the_next(tmp_path: Path) -> None:
    mark = {"FASCIA_CUSTODY": f"{tmp_path}:1-deadbeef"}
    leftover = subprocess.Popen(["sleep", "600"], env=os.environ | mark)
    custody = Custody(tmp_path)
    custody.take()
    assert leftover.wait(5) == -signal.SIGTERM
    custody.release()


def test_processes_of_others_are_left_alone(tmp_path: Path, custody: Custody) -> None:
    neighbour = {"FASCIA_CUSTODY": f"{custody.folder}-neighbour:1-deadbeef"}
    strangers = [subprocess.Popen(["sleep", "600"], env=os.environ | more) for more in ({}, neighbour)]
    custody.release()
    assert all(alive(stranger.pid) for stranger in strangers)
    for stranger in strangers:
        stranger.kill()
        stranger.wait()


def test_a_folder_of_another_user_is_refused_with_a_clear_word(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a folder of somebody else's")
    refused = """
import sys; from pathlib import Path; from services.local.custody import Custody, LocalError
try: Custody(Path(sys.argv[1])).take()
except LocalError as error: print("up" if "belongs to another user" in str(error) else error, flush=True)
"""
    with open_folder() as folder:
        (folder / "roots").mkdir(mode=0o755)
        with supervising(refused, folder / "roots", **ordinary()):
            pass
