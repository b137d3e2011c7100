"""How a person wants to be written to, in their own hands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, request

from services.web.links import words
from services.web.links.offers import sealed, taken
from services.web.links.opening import Opened, clinic_of, opened, page

blueprint = Blueprint("preferences", __name__)


def show(link: Opened, known: dict[str, Any] | None = None, *, saved: bool = False) -> str:
    known = known or link.ask("notify", f"/people/{link.object_id}/preferences")
    form = sealed(link, "preferences")
    return page(link, "preferences", clinic_of(link), known=known, form=form, saved=saved)


@blueprint.post("/l/<token>/preferences")
def save(token: str) -> Any:
    link = opened(token, "preferences")
    taken(link, "preferences")
    wanted: dict[str, Any] = {
        name: name in request.form for name in ("text", "email") if f"{name}_shown" in request.form
    }
    if request.form.get("language") in words.LANGUAGES:
        wanted["language"] = request.form["language"]
    known = _put(link, wanted)
    return show(replace(link, language=words.spoken(wanted.get("language"), link.language)), known, saved=True)


@blueprint.get("/l/<token>/unsubscribe")
def before_unsubscribing(token: str) -> Any:
    """Who opens the address of the header in a browser has not unsubscribed yet."""
    return show(opened(token, "preferences"))


@blueprint.post("/l/<token>/unsubscribe")
def unsubscribe(token: str) -> Any:
    """One click in a mail program, which sends no form of ours. Source: RFC 8058."""
    link = opened(token, "preferences")
    return show(link, _put(link, {"email": False}), saved=True)


def _put(link: Opened, wanted: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = link.ask("notify", f"/people/{link.object_id}/preferences", "PUT", wanted)
    return found
