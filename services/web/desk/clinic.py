"""The clinic at its present moment: who and where things are, in its own time. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.web.desk.visits import Visit
from services.web.wording import when

NOTICE_HOURS = 24
"""What booking takes where the clinic's file says nothing."""


@dataclass(frozen=True)
class Here:
    file: dict[str, Any]
    """As booking tells it."""
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.file["timezone"])

    @property
    def local_now(self) -> datetime:
        return self.now.astimezone(self.zone)

    @property
    def therapists(self) -> list[dict[str, Any]]:
        return [one for one in self.file["therapists"] if one.get("active", True)]

    @property
    def rooms(self) -> list[dict[str, Any]]:
        return [one for one in self.file["rooms"] if one.get("active", True)]

    @property
    def locations(self) -> list[dict[str, Any]]:
        return [one for one in self.file.get("locations", ()) if one.get("active", True)]

    @property
    def notice_hours(self) -> int:
        return int(self.file.get("policy", {}).get("notice_hours", NOTICE_HOURS))

    @property
    def late_uses_up(self) -> bool:
        return bool(self.file.get("policy", {}).get("late_cancel_consumes_visit", True))

    @property
    def missed_uses_up(self) -> bool:
        return bool(self.file.get("policy", {}).get("missed_consumes_visit", True))

    def therapist(self, therapist_id: int | None) -> str:
        return self._name("therapists", therapist_id) or "any therapist"

    def room(self, room_id: int | None) -> str:
        return self._name("rooms", room_id) or "Home visit"

    def at(self, iso: str, room_id: int | None = None) -> datetime:
        """An instant as the clock shows it where that room is."""
        return datetime.fromisoformat(iso).astimezone(self._zone_of(room_id))

    def span(self, first: str, last: str) -> str:
        """From one instant to another; whole days are named as such, the last one included."""
        begins, ends = self.at(first), self.at(last)
        if begins.time() != time() or ends.time() != time():
            return f"{when(begins)} – {when(ends)}"
        final = ends.date() - timedelta(1)
        return " – ".join(f"{on:%a} {on.day} {on:%b %Y}" for on in dict.fromkeys((begins.date(), final)))

    def visit(self, session: dict[str, Any]) -> Visit:
        room = session.get("room") or {}
        start, end = (self.at(session[name], room.get("id")) for name in ("starts_at", "ends_at"))
        return Visit(
            id=session["id"],
            number=session["number"],
            status=session["status"],
            version=session["version"],
            start=start,
            end=end,
            therapist=session["therapist"]["name"],
            room=room.get("name") or "Home visit",
            now=self.now.astimezone(start.tzinfo),
            cancelled_by=session.get("cancelled_by"),
            cancel_reason=session.get("cancel_reason"),
            late=bool(session.get("late")),
        )

    def _name(self, kind: str, wanted: int | None) -> str | None:
        return next((str(one["name"]) for one in self.file[kind] if one["id"] == wanted), None)

    def location(self, room_id: int | None) -> int | None:
        """Where the room is; None at home."""
        return next((one.get("location") for one in self.file["rooms"] if one["id"] == room_id), None)

    def _zone_of(self, room_id: int | None) -> ZoneInfo:
        location = self.location(room_id)
        zones = {one["id"]: one["timezone"] for one in self.file.get("locations", ())}
        return ZoneInfo(zones.get(location, self.file["timezone"]))
