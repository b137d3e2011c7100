"""What is done with a visit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for

from services.chassis.asking import UpstreamError
from services.web.desk.account import staff_only
from services.web.desk.acting import chosen_place, number, said, tell, tried, version
from services.web.desk.asking import booking, here
from services.web.desk.taken import times_taken
from services.web.desk.visits import scopes

blueprint = Blueprint("doing", __name__)

MOST = 30
"""Other times on one page."""


@blueprint.post("/visit/<uuid:visit_id>/arrive")
@staff_only
def arrive(visit_id: UUID) -> Any:
    """From the visit's page, or from the day's: there it goes back to."""
    day = request.form.get("day")
    back = url_for("desk.chosen_day", on=day) if day else _page(visit_id)
    return tried(lambda: _do(visit_id, "arrive"), "The patient has arrived.", back)


@blueprint.post("/visit/<uuid:visit_id>/not-arrived")
@staff_only
def undo_arrival(visit_id: UUID) -> Any:
    return tried(lambda: _do(visit_id, "arrive", method="DELETE"), "Not arrived after all.", _page(visit_id))


@blueprint.post("/visit/<uuid:visit_id>/confirm")
@staff_only
def confirm(visit_id: UUID) -> Any:
    return tried(lambda: _do(visit_id, "confirm"), "Confirmed.", _page(visit_id))


@blueprint.post("/visit/<uuid:visit_id>/miss")
@staff_only
def miss(visit_id: UUID) -> Any:
    return tried(lambda: _do(visit_id, "miss"), "Entered as missed.", _page(visit_id))


@blueprint.post("/visit/<uuid:visit_id>/cancel")
@staff_only
def cancel(visit_id: UUID) -> Any:
    wanted = said("by", "reason", "scope")
    return tried(lambda: _do(visit_id, "cancel", wanted), "Cancelled. The patient is told.", _page(visit_id))


@blueprint.post("/visit/<uuid:visit_id>/restore")
@staff_only
def restore(visit_id: UUID) -> Any:
    """Where its old time is taken, one more visit can be booked instead."""

    def taken(refused: UpstreamError) -> Any:
        return times_taken(booking(f"/sessions/{visit_id}/sheet")["series_id"], refused, move=False)

    return tried(lambda: _do(visit_id, "restore"), "Booked again, at its old time.", _page(visit_id), taken)


@blueprint.get("/visit/<uuid:visit_id>/move")
@staff_only
def other_times(visit_id: UUID) -> Any:
    """The best other times, for the wishes in the address."""
    asked = {**said("earliest", "latest"), "therapist": number(request.args.get("therapist")), "limit": MOST}
    try:
        found = booking(f"/sessions/{visit_id}/alternatives", "POST", asked)
    except UpstreamError as error:
        tell(error)
        return redirect(_page(visit_id))
    place, sheet = here(), booking(f"/sessions/{visit_id}/sheet")
    visit, series = place.visit(sheet["session"]), booking(f"/series/{sheet['series_id']}")
    choices = scopes(visit, [place.visit(one) for one in series["sessions"]], place.notice_hours)
    told = {"clinic": place.file, "here": place, "visit": visit, "found": found, "scopes": choices}
    return render_template("desk/move.html", **told, times=_others(found), asked=request.args)


@blueprint.post("/visit/<uuid:visit_id>/move")
@staff_only
def move(visit_id: UUID) -> Any:
    wanted = {name: value for name, value in chosen_place().items() if value not in (None, "")}

    def taken(refused: UpstreamError) -> Any:
        return times_taken(booking(f"/sessions/{visit_id}/sheet")["series_id"], refused, move=True)

    return tried(
        lambda: _do(visit_id, "move", wanted | said("scope", "by")),
        "Moved. The patient is told.",
        _page(visit_id),
        taken,
    )


def _others(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Without the place where the visit is."""
    same = ("start_at", "therapist", "room")
    return [one for one in found["alternatives"] if any(one[name] != found["now"][name] for name in same)]


def _do(visit_id: UUID, act: str, wanted: Any = None, method: str = "POST") -> Any:
    return booking(f"/sessions/{visit_id}/{act}", method, wanted, version())


def _page(visit_id: UUID) -> str:
    return url_for("visit.page", visit_id=visit_id)
