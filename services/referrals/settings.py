"""Settings of referrals."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.care.contraindications import Table, load, packaged
from services.chassis.settings import ServiceSettings, setting
from services.chassis.vault import lookup_key


def zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except ZoneInfoNotFoundError:
        raise ValueError("not an IANA time zone") from None


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    lookup_key: bytes = setting("REFERRALS_LOOKUP_KEY", parse=lookup_key)
    """Keys the hashes by which a patient or a placer's number is found again. It cannot be rotated like
    the seal's keys: with another key nobody is recognised any more."""
    timezone: str = setting("REFERRALS_TIMEZONE", default="America/New_York", parse=zone)
    """Where "today" is, when a date is judged."""
    valid_days: int = setting("REFERRALS_VALID_DAYS", default=90, parse=int)
    """How long a referral holds that names no end."""
    contraindications: Table = setting("CARE_CONTRAINDICATIONS", default=packaged(), parse=load)  # noqa: RUF009
    """The clinic's own table, a YAML file; else the one that comes along."""
