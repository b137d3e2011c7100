"""Links, over HTTP: opened by our own pages, listed and revoked by the desk."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from services.chassis import identity
from services.chassis.api import runtime
from services.notify import links
from services.notify.api.acting import once
from services.notify.schemas.people import LinkOpened, LinkOut, LinkToken

blueprint = Blueprint("notify_links", __name__, description="Links")


@blueprint.post("/links/open")
@identity.requires("service")
@blueprint.arguments(LinkToken)
@blueprint.response(200, LinkOpened)
def open_link(asked: dict[str, str]) -> Any:
    """Changes nothing: mail scanners open links too."""
    with runtime().sessions.begin() as session:
        return links.opened(session, asked["token"])


@blueprint.get("/people/<uuid:person_id>/links")
@identity.requires("desk")
@blueprint.response(200, LinkOut(many=True))
def list_links(person_id: UUID) -> Any:
    """Newest first, with those that open nothing any more. Never the tokens, which nobody knows but who has them."""
    with runtime().sessions.begin() as session:
        return links.of_person(session, person_id)


@blueprint.post("/links/<uuid:link_id>/revoke")
@identity.requires("desk")
def revoke_link(link_id: UUID) -> Any:
    return once(lambda session: links.revoke(session, link_id))


@blueprint.post("/people/<uuid:person_id>/links/revoke")
@identity.requires("desk")
def revoke_links(person_id: UUID) -> Any:
    return once(lambda session: {"revoked": links.revoke_all(session, person_id)})
