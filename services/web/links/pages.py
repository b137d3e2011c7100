"""What opens from the link in a text or an e-mail. Opening changes nothing: mail scanners open links too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from services.web.links import book, choose, offer, physician, preferences, series
from services.web.links.opening import Opened, opened, tongue

links = Blueprint("links", __name__)

PAGES: dict[str, Callable[[Opened], Any]] = {
    "series": series.show,
    "choose": choose.show,
    "book": book.show,
    "offer": offer.show,
    "preferences": preferences.show,
    "report": physician.show_report,
    "referral": physician.show_referral,
}
ACTS = (choose.blueprint, book.blueprint, offer.blueprint, preferences.blueprint, series.blueprint, physician.blueprint)


@links.get("/l/<token>")
def open_link(token: str) -> Any:
    link = opened(token, *PAGES)
    return PAGES[link.purpose](link)


@links.get("/l/<token>/<any(move, cancel, book, accept, decline, preferences):act>")
def come_back(token: str, act: str) -> Any:
    """A browser that opens its windows again asks with GET for the answer to a form."""
    return redirect(url_for("links.open_link", token=token, lang=request.args.get("lang")), 302)


@links.after_request
def keep_private(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@links.errorhandler(400)
@links.errorhandler(403)
def not_of_ours(error: Any) -> Any:
    """A form that no page of this link made, or that another site sent."""
    return render_template("links/stale.html", **tongue()), error.code


for _act in ACTS:
    links.register_blueprint(_act)
