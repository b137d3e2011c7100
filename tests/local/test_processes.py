import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from services.local import LocalError
from services.local.processes import Processes, ProcessSpec
from tests.local.waiting import alive, eventually, left_in

SLEEPS = "import time; print('here', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); signal.pause()"
HAS_CHILD = "import subprocess; subprocess.Popen(['sleep', '600']).wait()"


def spec(name: str, program: str) -> ProcessSpec:
    return ProcessSpec(name, [sys.executable, "-c", program], dict(os.environ))


@contextmanager
def running(folder: Path, *programs: str, echo: bool = False) -> Iterator[Processes]:
    specs = [spec(f"process-{number}", program) for number, program in enumerate(programs)]
    with Processes(specs, folder, echo=echo) as processes:
        yield processes


def test_a_process_that_was_killed_is_started_again_and_its_neighbour_goes_on(tmp_path: Path) -> None:
    with running(tmp_path, SLEEPS, SLEEPS) as processes:
        killed, neighbour = processes.pid("process-0"), processes.pid("process-1")
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: processes.restarts("process-0") == 1 and processes.pid("process-0") != killed)
        assert alive(processes.pid("process-0"))
        assert (processes.pid("process-1"), processes.restarts("process-1")) == (neighbour, 0)


def test_the_pid_is_the_processs_own(tmp_path: Path) -> None:
    with running(tmp_path, SLEEPS) as processes:
        # a process that is just being started shows no command line for an instant
        eventually(lambda: psutil.Process(processes.pid("process-0")).cmdline()[1:] == ["-c", SLEEPS])


def test_one_that_keeps_ending_is_started_less_and_less_often_and_is_refused(tmp_path: Path) -> None:
    with running(tmp_path, "raise SystemExit('no settings')") as processes:
        began = time.monotonic()
        eventually(lambda: processes.restarts("process-0") == 3)
        assert time.monotonic() - began > 0.2 + 0.4 + 0.8
        with pytest.raises(LocalError, match=r"process-0 keeps ending(.|\n)*no settings"):
            processes.refuse_if_failing()


def test_what_a_killed_process_had_started_goes_with_it(tmp_path: Path) -> None:
    with running(tmp_path, HAS_CHILD) as processes:
        parent = processes.pid("process-0")
        eventually(lambda: psutil.Process(parent).children())
        [child] = psutil.Process(parent).children()
        os.kill(parent, signal.SIGKILL)
        eventually(lambda: not alive(child.pid))
        eventually(lambda: processes.pid("process-0") != parent)


def test_stopping_ends_all_and_kills_the_stubborn(tmp_path: Path) -> None:
    with running(tmp_path, SLEEPS, STUBBORN) as processes:
        for name in ("process-0", "process-1"):
            eventually(lambda name=name: "here" in processes.log(name).read_text())  # type: ignore[misc]
        began = time.monotonic()
        processes.stop(seconds=0.5)
        assert 0.5 <= time.monotonic() - began < 3
        assert left_in(tmp_path) == []


def test_output_goes_to_a_file_for_each_process_and_to_the_terminal_if_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(tmp_path, SLEEPS, "print('once')", echo=True) as processes:
        eventually(lambda: "once" in processes.log("process-1").read_text())
        eventually(lambda: "here" in processes.log("process-0").read_text())
    assert "once" not in processes.log("process-0").read_text()
    assert "process-0 | here" in capsys.readouterr().out


def test_a_program_that_is_not_there_is_said_in_its_log(tmp_path: Path) -> None:
    with Processes([ProcessSpec("lost", ["/no/such/program"], {})], tmp_path) as processes:
        eventually(lambda: processes.log("lost").exists() and "No such file" in processes.log("lost").read_text())
