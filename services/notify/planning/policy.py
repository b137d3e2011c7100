"""The clinic's policy for messages, as it is known now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.notify.models import Clinic
from services.notify.schedule import Policy


def clinic_policy(session: Session) -> tuple[Policy, datetime] | None:
    """The clinic's policy, and now; None until the clinic is known."""
    known = select(Clinic.timezone, Clinic.reminder_minutes, Clinic.messages, func.fascia_now()).limit(1)
    row = session.execute(known).one_or_none()
    return (policy_of(row[0], row[1], row[2]), row[3]) if row else None


def policy_of(timezone: str, reminder_minutes: Iterable[int], messages: Mapping[str, Any] | None) -> Policy:
    """`messages` is what `MessagePolicy` says; what it does not say is as usual."""
    told = dict(messages or {})
    given: dict[str, Any] = {
        name: time.fromisoformat(told[name]) for name in ("texts_from", "texts_until") if name in told
    }
    given |= {name: told[name] for name in _AS_TOLD if name in told}
    if "grace_minutes" in told:
        given["grace"] = timedelta(minutes=told["grace_minutes"])
    return Policy(ZoneInfo(timezone), tuple(reminder_minutes), **given)


_AS_TOLD = ("texts_a_day", "texts_per_second", "invite", "full_content")
