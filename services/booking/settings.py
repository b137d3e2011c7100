"""What booking reads from its environment."""

from __future__ import annotations

from dataclasses import dataclass

from services.care.contraindications import Table, load, packaged
from services.chassis.runtime import Runtime
from services.chassis.settings import ServiceSettings, setting
from services.chassis.vault import Vault, lookup_key


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    lookup_key: bytes = setting("BOOKING_LOOKUP_KEY", parse=lookup_key)
    """Keys the hashes by which orders for a similar condition are counted."""
    contraindications: Table = setting("CARE_CONTRAINDICATIONS", default=packaged(), parse=load)  # noqa: RUF009
    """The clinic's own table, a YAML file; else the one that comes along."""


def vault(running: Runtime) -> Vault:
    """Of a runtime that was started with booking's settings."""
    assert isinstance(running.settings, Settings)
    return Vault(running.seal, running.settings.lookup_key)
