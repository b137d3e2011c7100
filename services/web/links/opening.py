"""Opening a link: what it is for, for whom, and in which language its pages speak.

A link is a permission that its address carries; no page behind one knows a cookie. So a page of somebody else's cannot
make a reader's browser act: it would have to know the address, and who knows it may act anyway. What a POST asks for
is, besides, taken only from a form that one of these pages made (`offers`), and not from another site at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Response, abort, current_app, make_response, render_template, request

from services.chassis.asking import Caller, Services, UpstreamError
from services.web.links import words

_WEB = Caller("web", ("service",))

BOTH = ("series", "choose", "book", "offer", "preferences")
"""Purposes whose pages are written in every language; the others are physicians', in English."""


@dataclass(frozen=True, slots=True)
class Opened:
    """`object_id` is what the purpose is about: a series, a visit, a referral, a person."""

    token: str
    link_id: str
    purpose: str
    object_id: str
    series_id: str | None
    referral_id: str | None
    recipient_id: str
    role: str
    language: str

    @property
    def caller(self) -> Caller:
        """Whoever holds the link acts under its id, which the audit keeps."""
        return Caller(f"link:{self.link_id}", ("service",))

    def ask(self, service: str, path: str, method: str = "GET", json: Any = None, **headers: str) -> Any:
        """Raises `UpstreamError`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return services().ask(self.caller, service, path, method=method, json=json, headers=sent)


def services() -> Services:
    found: Services = current_app.extensions["services"]
    return found


def opened(token: str, *purposes: str) -> Opened:
    """Ends the request with a page that says so when the link is over, unknown, or for something else."""
    try:
        link = services().ask(_WEB, "notify", "/links/open", method="POST", json={"token": token})
    except UpstreamError as error:
        if error.status not in (404, 410, 422):
            raise
        abort(_over(410 if error.status == 410 else 404))
    if link["purpose"] not in purposes:
        abort(_over(404))
    language = words.spoken(request.values.get("lang"), link.get("language")) if link["purpose"] in BOTH else "en"
    names = ("link_id", "purpose", "object_id", "series_id", "referral_id", "recipient_id", "role")
    return Opened(token=token, language=language, **{name: link.get(name) for name in names})


def page(link: Opened, template: str, clinic: dict[str, Any], **told: Any) -> str:
    known = {"link": link, "clinic": clinic, **tongue(link.language)}
    return render_template(f"links/{template}.html", **known, **told)


def note(link: Opened, clinic: dict[str, Any], key: str, status: int = 200) -> tuple[str, int]:
    """A page with one thing to say."""
    return page(link, "note", clinic, key=key), status


def clinic_of(link: Opened) -> dict[str, Any]:
    found: dict[str, Any] = link.ask("booking", "/clinic")
    return found


def _over(status: int) -> Response:
    return make_response(render_template("links/over.html", clinic=_clinic_if_known(), **tongue()), status)


def _clinic_if_known() -> dict[str, Any] | None:
    try:
        found: dict[str, Any] | None = services().ask(_WEB, "booking", "/clinic")
    except UpstreamError:
        return None
    return found


def tongue(language: str | None = None) -> dict[str, Any]:
    """How a template speaks: the browser's language where nobody's is known."""
    spoken = language or words.spoken(request.accept_languages.best_match(words.LANGUAGES))
    says: dict[str, Callable[..., str]] = {
        "t": words.text,
        "on": words.day,
        "clock": words.time,
        "weekday": words.weekday,
    }
    return {"language": spoken, **{name: partial(say, spoken) for name, say in says.items()}}
