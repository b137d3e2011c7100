"""What does not go as planned: a visit is moved, a late cancellation finds its taker, a therapist is ill for a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.local.story.case import Case, instant
from services.local.story.client import StoryError, wait_for
from services.local.story.messages import Messages

MORNINGS = [{"weekdays": [0, 1, 2, 3, 4, 5], "from": "09:00", "to": "13:00"}]
NOTICE = timedelta(hours=20)
"""Before the visit, when the other patient calls it off: too late for the clinic's notice period."""


def a_visit_is_moved(case: Case, messages: Messages) -> None:
    messages.tell.chapter("The patient cannot make the third visit: the desk moves it, the others stay")
    visit = case.visit(3)
    ranked = case.door.post(f"/api/booking/sessions/{visit['id']}/alternatives", {"limit": 5})["alternatives"]
    choice = next(one for one in ranked if instant(one["start_at"]) != instant(visit["starts_at"]))
    _move(case, visit, choice)
    where = messages.tell.local
    messages.tell.fact(f"from {where(visit['starts_at'])} to {where(choice['start_at'])}, the best of what is left")
    messages.see("moved", times=1)


def _move(case: Case, visit: dict[str, Any], to: dict[str, Any]) -> None:
    body = {name: to[name] for name in ("start_at", "therapist", "room")}
    case.door.post(f"/api/booking/sessions/{visit['id']}/move", body)


def a_freed_time_finds_its_taker(case: Case, other: Case, messages: Messages) -> None:
    messages.tell.chapter("Another patient cancels late; the freed time is offered to who waits for one")
    _somebody_else_books(case, other, messages)
    first = case.visit(1)
    case.door.post("/api/booking/waitlist", {"order_id": case.order["id"], "session_id": first["id"]})
    messages.tell.fact(f"on the waitlist: an earlier first visit than {messages.tell.local(first['starts_at'])}")

    theirs = other.visit(1)
    messages.of(other).deliver_until(instant(theirs["starts_at"]) - NOTICE)
    case.door.post(f"/api/booking/sessions/{theirs['id']}/cancel", {"by": "patient", "reason": "patient_asked"})
    forfeited = case.door.get("/api/booking/orders", referral_id=other.referral_id)[0]["ledger"]["forfeited"]
    if forfeited != 1:
        raise StoryError("a late cancellation did not use up its visit")
    messages.tell.fact(
        f"{messages.tell.local(theirs['starts_at'])} is free again; cancelled late, the visit is used up"
    )
    messages.see("waitlist_offer", times=1)

    case.reply("Yes")
    messages.tell.text_message("Yes", mine=True)
    now = wait_for("the new time", lambda: _is_earlier(case.visit(1), first))
    messages.tell.fact(f"first to answer: visit 1 is on {messages.tell.local(now['starts_at'])} now")
    messages.see("moved", times=2)
    messages.of(other).see("cancelled", times=1)


def _somebody_else_books(case: Case, other: Case, messages: Messages) -> None:
    today = messages.clock.now().astimezone(messages.tell.zone).date()
    before = instant(case.visit(1)["starts_at"]).astimezone(messages.tell.zone).date() - timedelta(days=1)
    other.post()
    other.accept()
    other.book(visits=1, earliest=(today + timedelta(days=3)).isoformat(), latest=before.isoformat(), possible=MORNINGS)
    for kind in ("referral_received", "series_booked", "series_confirmation"):
        messages.of(other).see(kind)


def _is_earlier(visit: dict[str, Any], than: dict[str, Any]) -> dict[str, Any] | None:
    """It may begin anywhere in the freed time, where it suits the rest of the series best."""
    return visit if instant(visit["starts_at"]) < instant(than["starts_at"]) else None


def a_therapist_is_ill(case: Case, messages: Messages) -> bool:
    """Whether the visit that it hits has another time now; else another therapist treats at the same time."""
    messages.tell.chapter("A therapist is ill for a day: whom it hits is moved to the best time that is left")
    visit = case.visit(5)
    on = instant(visit["starts_at"]).astimezone(messages.tell.zone).date().isoformat()
    away = {"therapist": visit["therapist"]["id"], "from": on, "to": on, "reason": "unavailable"}
    absence = case.door.post("/api/booking/absences", away)
    if visit["id"] not in [session for hit in absence["hits"] for session in hit["sessions"]]:
        raise StoryError("the absence does not name the visit that it hits")
    done = case.door.post(f"/api/booking/absences/{absence['id']}/replan", {"series": [case.series["series_id"]]})
    moved = case.visit(5)
    retimed = instant(moved["starts_at"]) != instant(visit["starts_at"])
    if [one["unplaced"] for one in done] != [[]] or not (retimed or moved["therapist"] != visit["therapist"]):
        raise StoryError("the visit was not moved away from the absence")
    messages.tell.fact(
        f"{visit['therapist']['name']} is away on {on}: visit 5 is on {messages.tell.local(moved['starts_at'])}"
        f" with {moved['therapist']['name']} now"
    )
    if retimed:
        messages.see("moved", times=3)
    return retimed
