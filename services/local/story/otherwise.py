"""What does not go as planned: a visit is moved, a late cancellation finds its taker, a therapist is ill for a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.local.story.case import Case, instant
from services.local.story.client import StoryError, wait_for
from services.local.story.days import Days
from services.local.story.post import Post

NOTICE = timedelta(hours=20)
"""Before the visit, when the other patient calls it off: too late for the clinic's notice period."""


def a_visit_is_moved(case: Case, post: Post) -> None:
    """The third, or the next one that has another time: a practice that heard the story often is full."""
    found = ((number, _elsewhere(case, number)) for number in (3, 4, 5, 6, 2))
    number, to = next(((number, to) for number, to in found if to), (0, None))
    if to is None:
        raise StoryError("no visit of the series has another time")
    post.tell.chapter(f"{case.patient.given} cannot make visit {number}: the desk moves it, the others stay")
    visit = case.visit(number)
    _move(case, visit, to)
    case.note(post.clock.now())
    where = post.tell.local
    post.tell.fact(f"from {where(visit['starts_at'])} to {where(to['start_at'])}, the best of what is left")
    post.see(case, "moved")


def _elsewhere(case: Case, number: int) -> dict[str, Any] | None:
    visit = case.visit(number)
    ranked = case.door.post(f"/api/booking/sessions/{visit['id']}/alternatives", {"limit": 30})["alternatives"]
    return next((one for one in ranked if instant(one["start_at"]) != instant(visit["starts_at"])), None)


def _move(case: Case, visit: dict[str, Any], to: dict[str, Any]) -> None:
    body = {name: to[name] for name in ("start_at", "therapist", "room")}
    case.door.post(f"/api/booking/sessions/{visit['id']}/move", body)


def a_freed_time_finds_its_taker(case: Case, other: Case, post: Post, days: Days) -> None:
    who, whose = case.patient.given, other.patient.given
    post.tell.chapter(f"{whose} cancels late; the freed time is offered to {who}, who waits for one")
    first, local = case.visit(1), post.tell.local
    case.door.post("/api/booking/waitlist", {"order_id": case.order["id"], "session_id": first["id"]})
    post.tell.fact(f"on the waitlist: {who}, for an earlier first visit than {local(first['starts_at'])}")

    theirs = other.visit(1)
    days.until(instant(theirs["starts_at"]) - NOTICE)
    other.door.post(f"/api/booking/sessions/{theirs['id']}/cancel", {"by": "patient", "reason": "patient_asked"})
    other.note(post.clock.now())
    forfeited = case.door.get("/api/booking/orders", referral_id=other.referral_id)[0]["ledger"]["forfeited"]
    if forfeited != 1:
        raise StoryError("a late cancellation did not use up its visit")
    post.tell.fact(f"{local(theirs['starts_at'])} is free again; cancelled late, the visit is used up")
    post.see(case, "waitlist_offer")

    post.write(case, "Yes")
    now = wait_for("the new time", lambda: _is_earlier(case.visit(1), first))
    case.note(post.clock.now())
    post.tell.fact(f"first to answer: {who}'s visit 1 is on {local(now['starts_at'])} now")
    post.see(case, "moved", times=2)
    post.see(other, "cancelled")


def _is_earlier(visit: dict[str, Any], than: dict[str, Any]) -> dict[str, Any] | None:
    """It may begin anywhere in the freed time, where it suits the rest of the series best."""
    return visit if instant(visit["starts_at"]) < instant(than["starts_at"]) else None


def a_therapist_is_ill(case: Case, post: Post) -> None:
    """The visit that it hits gets another time, or another therapist then: of that there is nothing to tell."""
    post.tell.chapter("A therapist is ill for a day: whom it hits is moved to the best time that is left")
    visit = case.visit(5)
    on = instant(visit["starts_at"]).astimezone(post.tell.zone).date().isoformat()
    away = {"therapist": visit["therapist"]["id"], "from": on, "to": on, "reason": "unavailable"}
    absence = case.door.post("/api/booking/absences", away)
    if visit["id"] not in [session for hit in absence["hits"] for session in hit["sessions"]]:
        raise StoryError("the absence does not name the visit that it hits")
    done = case.door.post(f"/api/booking/absences/{absence['id']}/replan", {"series": [case.series_id]})
    case.note(post.clock.now())
    moved = case.visit(5)
    retimed = instant(moved["starts_at"]) != instant(visit["starts_at"])
    if [one["unplaced"] for one in done] != [[]] or not (retimed or moved["therapist"] != visit["therapist"]):
        raise StoryError("the visit was not moved away from the absence")
    post.tell.fact(
        f"{visit['therapist']['name']} is away on {on}: visit 5 is on {post.tell.local(moved['starts_at'])}"
        f" with {moved['therapist']['name']} now"
    )
    if retimed:
        post.see(case, "moved", times=3)
