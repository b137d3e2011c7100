"""Where and when visits are, as the clinic's file tells it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

TO_COME = ("booked", "confirmed")
NOTICE_HOURS = 24
"""What booking takes where the clinic's file says nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """A time, with whom and where; `address` is None at the patient's home."""

    at: datetime
    """Local."""
    therapist_id: int
    therapist: str
    room: int | None
    address: str | None

    def to_json(self) -> dict[str, Any]:
        """As booking is asked for it."""
        place = {"start_at": self.at.isoformat(), "therapist": self.therapist_id}
        return place if self.room is None else {**place, "room": self.room}


def place(clinic: dict[str, Any], start_at: str, with_: int, room: int | None) -> Place:
    location = _location(clinic, room)
    return Place(
        datetime.fromisoformat(start_at).astimezone(ZoneInfo(location.get("timezone") or clinic["timezone"])),
        with_,
        therapist(clinic, with_),
        room,
        None if room is None else str(location.get("address") or clinic.get("address") or ""),
    )


def therapist(clinic: dict[str, Any], wanted: int) -> str:
    """The name, as the clinic's file has it."""
    return next((str(one["name"]) for one in clinic.get("therapists", ()) if one["id"] == wanted), "")


def of_visit(clinic: dict[str, Any], visit: dict[str, Any]) -> Place:
    return place(clinic, visit["starts_at"], visit["therapist"]["id"], (visit.get("room") or {}).get("id"))


def _location(clinic: dict[str, Any], room: int | None) -> dict[str, Any]:
    where = next((one.get("location") for one in clinic.get("rooms", ()) if one["id"] == room), None)
    return next((one for one in clinic.get("locations", ()) if one["id"] == where), {})


def notice_hours(clinic: dict[str, Any]) -> int:
    return int(clinic.get("policy", {}).get("notice_hours", NOTICE_HOURS))


def is_late(clinic: dict[str, Any], starts_at: str, now: datetime) -> bool:
    """Within the clinic's notice: too late to move a visit by oneself, and to cancel it in time."""
    return datetime.fromisoformat(starts_at) - now < timedelta(hours=notice_hours(clinic))


def counts_as_used(clinic: dict[str, Any], starts_at: str, now: datetime) -> bool:
    """Whether a visit that the patient cancels now is used up, by the clinic's policy."""
    return is_late(clinic, starts_at, now) and bool(clinic.get("policy", {}).get("late_cancel_consumes_visit", True))
