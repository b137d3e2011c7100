"""What opens from the link in a text or an e-mail. Opening changes nothing: mail scanners open links too."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, render_template

from services.web.upstream import Caller, Services, UpstreamError

links = Blueprint("links", __name__)

_WEB = Caller("web", ("service",))


@links.get("/l/<token>")
def open_link(token: str) -> Any:
    services: Services = current_app.extensions["services"]
    try:
        link = services.ask(_WEB, "notify", "/links/open", method="POST", json={"token": token})
    except UpstreamError as error:
        if error.status not in (404, 410, 422):
            raise
        return render_template("link_over.html"), 404 if error.status == 422 else error.status
    clinic = services.ask(_WEB, "booking", "/clinic")
    return _PAGES[link["purpose"]](services, link, clinic)


def _series(services: Services, link: dict[str, Any], clinic: dict[str, Any]) -> Any:
    series = services.ask(_WEB, "booking", f"/series/{link['series_id']}")
    zone = ZoneInfo(clinic["timezone"])
    visits = [{**each, "at": datetime.fromisoformat(each["starts_at"]).astimezone(zone)} for each in series["sessions"]]
    return render_template("series.html", clinic=clinic, visits=visits)


def _report(services: Services, link: dict[str, Any], clinic: dict[str, Any]) -> Any:
    referral = services.ask(_WEB, "referrals", f"/{link['referral_id']}")
    report = services.ask(_WEB, "booking", f"/series/{link['series_id']}/report") if link.get("series_id") else None
    return render_template("report.html", clinic=clinic, referral=referral, report=report)


_PAGES = {"series": _series, "report": _report}
