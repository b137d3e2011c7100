"""Calendars, over HTTP."""

from __future__ import annotations

import hashlib
import re
from typing import Any
from uuid import UUID

from flask import Response, request
from flask_smorest import Blueprint

from services.booking.calendars import feeds, invitations
from services.booking.calendars.agenda import Method
from services.booking.models import Feed
from services.booking.shapes.feeds import FeedOf, FeedSchema, MethodQuery, NewFeedSchema
from services.chassis import identity
from services.chassis.api import runtime

blueprint = Blueprint("feeds", __name__, description="Calendars")


@blueprint.post("/feeds")
@identity.requires("desk")
@blueprint.arguments(FeedOf)
@blueprint.response(201, NewFeedSchema)
def post_feed(of: dict[str, Any]) -> dict[str, Any]:
    """A new calendar to subscribe to. Its address is told only in this answer."""
    with runtime().sessions.begin() as session:
        feed, token = feeds.make(session, of["kind"], of["id"])
    public = runtime().settings.public_url.rstrip("/")
    return {"id": feed.id, "made_at": feed.made_at, "url": f"{public}/api/booking/feeds/{token}.ics"}


@blueprint.get("/feeds")
@identity.requires("desk")
@blueprint.arguments(FeedOf, location="query")
@blueprint.response(200, FeedSchema(many=True))
def list_feeds(of: dict[str, Any]) -> list[Feed]:
    """The calendars of one therapist, room or patient that somebody may be subscribed to."""
    with runtime().sessions.begin() as session:
        return feeds.listing(session, of["kind"], of["id"])


@blueprint.delete("/feeds/<uuid:feed_id>")
@identity.requires("desk")
@blueprint.response(204)
def delete_feed(feed_id: UUID) -> None:
    """Its address opens nothing any more."""
    with runtime().sessions.begin() as session:
        feeds.revoke(session, feed_id)


@blueprint.get("/feeds/<token>.ics")
@blueprint.response(200, content_type="text/calendar")
@blueprint.alt_response(304, description="nothing changed since the ETag")
@blueprint.alt_response(404, description="unknown, or revoked")
def get_feed(token: str) -> Response:
    """A calendar, for whoever knows its address."""
    with runtime().sessions.begin() as session:
        content = feeds.read(session, token)
    return _calendar(content, "publish")


@blueprint.get("/series/<uuid:series_id>/calendar")
@identity.requires("desk", "service")
@blueprint.response(200, content_type="text/calendar")
def get_series_calendar(series_id: UUID) -> Response:
    """A series as its patient's calendar shows it."""
    with runtime().sessions.begin() as session:
        content = invitations.of_series(session, series_id)
    return _calendar(content, "publish")


@blueprint.get("/sessions/<uuid:session_id>/calendar")
@identity.requires("desk", "service")
@blueprint.arguments(MethodQuery, location="query")
@blueprint.response(200, content_type="text/calendar")
@blueprint.alt_response(409, description="session_not_open, session_not_cancelled")
def get_session_calendar(query: dict[str, Method], session_id: UUID) -> Response:
    """A visit's REQUEST or CANCEL, without an ATTENDEE: whoever sends it knows the address."""
    with runtime().sessions.begin() as session:
        method, content = invitations.of_session(session, session_id, query.get("method"))
    return _calendar(content, method)


def _calendar(content: bytes, method: Method) -> Response:
    """Answered with 304 to whoever has it; the ETag is weak, because DTSTAMP is new each time."""
    response = Response(content, content_type=f"text/calendar; charset=utf-8; method={method.upper()}")
    response.headers["Cache-Control"] = "private, no-cache"
    told = re.sub(rb"(?m)^DTSTAMP:.*\r\n", b"", content)
    response.set_etag(hashlib.sha256(told).hexdigest()[:32], weak=True)
    response.make_conditional(request)
    return response
