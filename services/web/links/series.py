"""A patient's visits, and their calendar."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, request
from urllib3 import BaseHTTPResponse

from services.web.links.opening import Opened, clinic_of, opened, page, services
from services.web.links.when import of_visit

blueprint = Blueprint("series", __name__)


def show(link: Opened, series_id: str | None = None, booked: bool = False) -> str:
    """`booked`: the patient has just done so."""
    series = link.ask("booking", f"/series/{series_id or link.object_id}")
    clinic = clinic_of(link)
    visits = [(each, of_visit(clinic, each)) for each in series["sessions"]]
    return page(link, "series", clinic, visits=visits, booked=booked)


@blueprint.get("/l/<token>/visits.ics")
def calendar(token: str) -> Any:
    """To import, or to subscribe to while the link lasts."""
    link = opened(token, "series", "book")
    series_id = link.object_id if link.purpose == "series" else standing_series(link)
    return _subscribed(fetched(link, f"/series/{series_id}/calendar" if series_id else None, "visits.ics"))


@blueprint.get("/l/<token>/visit.ics")
def visit_calendar(token: str) -> Any:
    link = opened(token, "choose")
    return _subscribed(fetched(link, f"/sessions/{link.object_id}/calendar", "visit.ics"))


def standing_series(link: Opened) -> str | None:
    """The newest series of a referral that was not called off as a whole."""
    for order in link.ask("booking", f"/orders?referral_id={link.object_id}"):
        for series_id in reversed(order["series"]):
            if link.ask("booking", f"/series/{series_id}")["cancelled_at"] is None:
                return str(series_id)
    return None


def fetched(link: Opened, path: str | None, name: str) -> Response:
    """A file of booking's, to be kept under this name."""
    if path is None:
        abort(404)
    found: BaseHTTPResponse = services().fetch(link.caller, "booking", path)
    answer = Response(found.data, content_type=found.headers["Content-Type"])
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    if etag := found.headers.get("ETag"):
        answer.headers["ETag"] = etag
    return answer


def _subscribed(answer: Response) -> Any:
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer.make_conditional(request)
