"""What docker-compose.yml says, and what the services declare."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("referrals", "booking", "notify", "web", "sandbox")


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="session")
def ours(compose: dict[str, Any]) -> dict[str, Any]:
    """The containers that run our image."""
    return {name: service for name, service in compose["services"].items() if service["image"] == "fascia"}


@pytest.fixture(scope="session")
def declared() -> dict[str, set[str]]:
    """Each service with the names of its settings."""
    return {service: _names(service) for service in SERVICES}


@pytest.fixture(scope="session")
def given(compose: dict[str, Any]) -> dict[str, set[str]]:
    """Each container with the secrets it is given."""
    return {
        name: {secret if isinstance(secret, str) else secret["source"] for secret in service.get("secrets", [])}
        for name, service in compose["services"].items()
    }


@pytest.fixture(scope="session")
def read(compose: dict[str, Any]) -> dict[str, set[str]]:
    """Each container with the secrets whose files it is told to read."""
    return {
        name: {Path(value).name for told, value in service["environment"].items() if told.endswith("_FILE")}
        for name, service in compose["services"].items()
    }


@pytest.fixture(scope="session")
def make_secrets() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_secrets", ROOT / "docker" / "make_secrets.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _names(service: str) -> set[str]:
    module = importlib.import_module(f"services.{service}.settings")
    fields = dataclasses.fields(module.Settings)
    if hasattr(module, "variable"):
        return {module.variable(field.name) for field in fields}
    return {field.metadata["name"].replace("{SERVICE}", service.upper()) for field in fields}
