"""Invented referrals, as many as a bench needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4


def referral(number: int) -> dict[str, Any]:
    """A valid referral for eight visits of 45 minutes; each number is another patient."""
    issued_on = datetime.now(UTC).date() - timedelta(days=1)
    return {
        "placer": {"number": str(uuid4()), "system": "https://ehr.example/orders"},
        "patient": {
            "name": f"Bench Patient {number}",
            "born_on": "1980-05-17",
            "phone": f"+121255501{number % 100:02d}",
            "email": f"patient{number}@mail.example",
            "language": "en",
            "text_consent": False,
            "email_consent": False,
        },
        "physician": {"name": "Dr. Bench", "npi": "1932104098", "email": "bench@practice.example"},
        "diagnoses": ["M54.50"],
        "goals": ["Less pain when sitting"],
        "areas": ["Lower back"],
        "techniques": ["swedish"],
        "visits": 8,
        "frequency": {"visits": 2, "per_days": 7},
        "session_minutes": 45,
        "pressure_ceiling": 3,
        "updates": "none",
        "issued_on": issued_on.isoformat(),
        "valid_until": (issued_on + timedelta(days=89)).isoformat(),
    }
