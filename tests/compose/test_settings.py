"""Every setting is documented, reaches the container it is for, and no other is made up."""

from __future__ import annotations

import re

from .conftest import ROOT

EXAMPLE = (ROOT / ".env.example").read_text()
OF_COMPOSE = {"FASCIA_PORT", "FASCIA_SANDBOX"}
"""Read by docker-compose.yml itself."""


def documented() -> set[str]:
    return set(re.findall(r"^# ([A-Z][A-Z0-9_]+)=", EXAMPLE, re.MULTILINE))


def plain(name: str) -> str:
    return name.removesuffix("_FILE")


def service_of(container: str) -> str:
    return container.split("-")[0]


def test_every_setting_of_every_service_is_explained_in_the_example(declared):
    assert set.union(*declared.values()) - documented() == set()


def test_the_example_names_nothing_that_nobody_reads(declared):
    assert documented() - set.union(*declared.values()) == OF_COMPOSE


def test_the_example_sets_nothing_until_somebody_takes_a_sign_away():
    assert [line for line in EXAMPLE.splitlines() if line and not line.startswith("#")] == []


def test_whatever_docker_compose_reads_from_its_environment_is_explained():
    text = (ROOT / "docker-compose.yml").read_text()
    read = set(re.findall(r"\$\{([A-Z_]+)", text)) | set(re.findall(r"^ +([A-Z_]+):$", text, re.MULTILINE))
    assert read - documented() == set()


def test_containers_are_told_only_what_their_service_declares(ours, declared):
    made_up = {
        (container, name)
        for container, service in ours.items()
        if container != "migrate"
        for name in service["environment"]
        if plain(name) not in declared[service_of(container)]
    }
    assert made_up == set()


def test_every_setting_reaches_every_container_of_its_service(ours, declared):
    missing = {
        (container, name)
        for container, service in ours.items()
        if container != "migrate"
        for name in declared[service_of(container)] - {plain(told) for told in service["environment"]}
    }
    assert missing == {("sandbox", "SANDBOX_PREFIX")}


def test_defaults_shown_in_the_example_are_the_ones_in_docker_compose():
    shown = dict(re.findall(r"^# ([A-Z][A-Z0-9_]+)=(\S+)$", EXAMPLE, re.MULTILINE))
    defaults = dict(re.findall(r"\$\{([A-Z_]+):?-([^}]*)\}", (ROOT / "docker-compose.yml").read_text()))
    for_a_clinic = {"FASCIA_SANDBOX", "CLOCK_MOVABLE", "NOTIFY_TWILIO_API_URL", "NOTIFY_SENDGRID_API_URL"}
    assert {name: defaults[name] for name in shown.keys() & defaults.keys() - for_a_clinic} == {
        name: shown[name] for name in shown.keys() & defaults.keys() - for_a_clinic
    }
