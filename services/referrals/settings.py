"""Settings of referrals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.care.contraindications import Table, load, packaged
from services.chassis.runtime import Runtime
from services.chassis.settings import ServiceSettings, setting
from services.chassis.vault import Vault, lookup_key
from services.referrals.course.coverage import Unused


def zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except ZoneInfoNotFoundError:
        raise ValueError("not an IANA time zone") from None


def unused(text: str) -> Unused:
    for policy in get_args(Unused):
        if text == policy:
            return policy  # type: ignore[no-any-return]
    raise ValueError("lapse or carry_over")


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    lookup_key: bytes = setting("REFERRALS_LOOKUP_KEY", parse=lookup_key)
    """Keys the hashes by which a patient or a placer's number is found again. It cannot be rotated like
    the seal's keys: with another key nobody is recognised any more."""
    timezone: str = setting("REFERRALS_TIMEZONE", default="America/New_York", parse=zone)
    """Where "today" is, when a date is judged."""
    valid_days: int = setting("REFERRALS_VALID_DAYS", default=90, parse=int)
    """How long a referral holds that names no end."""
    unused_visits: Unused = setting("REFERRALS_UNUSED_VISITS", default="lapse", parse=unused)  # noqa: RUF009
    """What becomes of visits that are left when a referral is renewed: lapse, or carry_over."""
    quiet_days: int = setting("REFERRALS_QUIET_DAYS", default=7, parse=int)
    """After so many days without anything the desk is told about a referral that waits."""
    keep_years: int = setting("REFERRALS_KEEP_YEARS", default=7, parse=int)
    """How long after its last act what the law asks to keep is kept: until then nobody is erased without a reason."""
    scan_days: int = setting("REFERRALS_SCAN_DAYS", default=90, parse=int)
    """How long a scan is kept that nobody types in; then it is thrown away."""
    scan_undo_days: int = setting("REFERRALS_SCAN_UNDO_DAYS", default=14, parse=int)
    """How long a scan that was thrown away can be taken back; then it is gone for good."""
    contraindications: Table = setting("CARE_CONTRAINDICATIONS", default=packaged(), parse=load)  # noqa: RUF009
    """The clinic's own table, a YAML file; else the one that comes along."""


def vault(running: Runtime) -> Vault:
    """Of a runtime that was started with the settings of referrals."""
    assert isinstance(running.settings, Settings)
    return Vault(running.seal, running.settings.lookup_key)
