"""What opens from the link in a text or an e-mail. Opening changes nothing: mail scanners open links too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, current_app, render_template, request
from urllib3 import BaseHTTPResponse

from services.chassis.asking import Caller, Services, UpstreamError

links = Blueprint("links", __name__)

_WEB = Caller("web", ("service",))


@links.get("/l/<token>")
def open_link(token: str) -> Any:
    return _opened(token, {"series": _series, "report": _report})


@links.get("/l/<token>/visits.ics")
def open_calendar(token: str) -> Any:
    """To import, or to subscribe to while the link lasts."""
    return _opened(token, {"series": _calendar})


@links.get("/l/<token>/report.pdf")
def open_page(token: str) -> Any:
    return _opened(token, {"report": _page})


def _opened(token: str, answers: dict[str, Callable[[Services, dict[str, Any]], Any]]) -> Any:
    services: Services = current_app.extensions["services"]
    try:
        link = services.ask(_WEB, "notify", "/links/open", method="POST", json={"token": token})
    except UpstreamError as error:
        if error.status not in (404, 410, 422):
            raise
        return render_template("link_over.html"), 404 if error.status == 422 else error.status
    answer = answers.get(link["purpose"])
    return answer(services, link) if answer else abort(404)


def _series(services: Services, link: dict[str, Any]) -> Any:
    clinic = services.ask(_WEB, "booking", "/clinic")
    series = services.ask(_WEB, "booking", f"/series/{link['series_id']}")
    zone = ZoneInfo(clinic["timezone"])
    visits = [{**each, "at": datetime.fromisoformat(each["starts_at"]).astimezone(zone)} for each in series["sessions"]]
    return render_template("series.html", clinic=clinic, visits=visits)


def _calendar(services: Services, link: dict[str, Any]) -> Any:
    answer = _passed(services.fetch(_WEB, "booking", f"/series/{link['series_id']}/calendar"), "visits.ics")
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer.make_conditional(request)


def _report(services: Services, link: dict[str, Any]) -> Any:
    clinic = services.ask(_WEB, "booking", "/clinic")
    referral = services.ask(_WEB, "referrals", f"/{link['referral_id']}")
    report = services.ask(_WEB, "booking", f"/series/{link['series_id']}/report") if link.get("series_id") else None
    return render_template("report.html", clinic=clinic, referral=referral, report=report)


def _page(services: Services, link: dict[str, Any]) -> Any:
    if not link.get("series_id"):
        abort(404)
    return _passed(services.fetch(_WEB, "booking", f"/series/{link['series_id']}/report.pdf"), "report.pdf")


def _passed(found: BaseHTTPResponse, name: str) -> Response:
    answer = Response(found.data, content_type=found.headers["Content-Type"])
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    if etag := found.headers.get("ETag"):
        answer.headers["ETag"] = etag
    return answer
