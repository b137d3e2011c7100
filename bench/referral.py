"""Invented referrals, as many as a bench needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4


def referral(number: int) -> dict[str, Any]:
    """A valid referral for eight visits of 45 minutes; each number is another patient."""
    raise LookupError(number)
