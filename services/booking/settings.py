"""What booking reads from its environment."""

from __future__ import annotations

from dataclasses import dataclass

from services.chassis.settings import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """Only what every service needs, so far."""
