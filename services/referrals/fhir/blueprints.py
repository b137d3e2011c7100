"""All of the FHIR interface."""

from __future__ import annotations

from services.referrals.fhir import door, follow, searching

BLUEPRINTS = (door.blueprint, follow.blueprint, searching.blueprint)
