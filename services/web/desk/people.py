"""What a patient or a physician wants to be sent, and the links they were given."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, render_template, request, url_for

from services.web.desk import lines
from services.web.desk.account import staff_only
from services.web.desk.acting import tried
from services.web.desk.asking import here, notify, notify_tagged, person

blueprint = Blueprint("people", __name__)

LANGUAGES = {"en": "English", "es": "Spanish"}


@blueprint.get("/person/<uuid:person_id>")
@staff_only
def page(person_id: UUID) -> Any:
    place = here()
    known, tag = notify_tagged(f"/people/{person_id}/preferences")
    links = notify(f"/people/{person_id}/links")
    standing = [one for one in links if not one["revoked_at"] and place.at(one["expires_at"]) > place.now]
    told = {"clinic": place.file, "here": place, "person": known, "tag": tag, "languages": LANGUAGES}
    name = person(str(person_id)) or known["role"].capitalize()
    return render_template("desk/person.html", **told, name=name, links=standing, source=lines.source)


@blueprint.post("/person/<uuid:person_id>")
@staff_only
def change(person_id: UUID) -> Any:
    wanted: dict[str, Any] = {"email": "email" in request.form, "language": request.form.get("language", "")}
    if request.form.get("role") == "patient":
        wanted["text"] = "text" in request.form
    tag = request.form.get("tag") or abort(400)
    return tried(
        lambda: notify(f"/people/{person_id}/preferences", "PUT", wanted, version=tag),
        "Saved. What is planned goes by it.",
        _page(person_id),
    )


@blueprint.post("/person/<uuid:person_id>/links/<uuid:link_id>/end")
@staff_only
def end_link(person_id: UUID, link_id: UUID) -> Any:
    return tried(
        lambda: notify(f"/links/{link_id}/revoke", "POST"), "This link opens nothing any more.", _page(person_id)
    )


@blueprint.post("/person/<uuid:person_id>/links/end")
@staff_only
def end_links(person_id: UUID) -> Any:
    done = "None of the links that they were sent opens anything any more."
    return tried(lambda: notify(f"/people/{person_id}/links/revoke", "POST"), done, _page(person_id))


def _page(person_id: UUID) -> str:
    return url_for("people.page", person_id=person_id)
