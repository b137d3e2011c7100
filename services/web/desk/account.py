"""Who is at the desk: signed in with an API token, checked again at every page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from flask import current_app, g, redirect, request, session, url_for
from sqlalchemy import text

from services.chassis.asking import Caller

STAFF = frozenset({"admin", "desk", "therapist"})
EVERYBODY = STAFF | {"physician"}
"""A physician's office signs in too, to send referrals and to see its own."""


def current(roles: frozenset[str] = STAFF) -> Caller | None:
    """The signed-in person, unless their token was revoked."""
    token_id = session.get("token")
    if not token_id:
        return None
    with current_app.extensions["sessions"].begin() as database:
        found = database.execute(
            text("SELECT account, roles FROM tokens WHERE id = :id AND revoked_at IS NULL"), {"id": UUID(token_id)}
        ).one_or_none()
    return Caller(f"token:{found.account}", tuple(found.roles)) if found and roles & set(found.roles) else None


def may(role: str) -> bool:
    """Whether who is signed in may do what that role does; an admin may do everything."""
    return bool({role, "admin"} & set(g.caller.roles))


def staff_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """Ask for a sign-in first; afterwards come back here."""
    return _signed_in(view, STAFF)


def offices_too(view: Callable[..., Any]) -> Callable[..., Any]:
    """As `staff_only`, for pages that a physician's office may open."""
    return _signed_in(view, EVERYBODY)


def is_staff() -> bool:
    return bool(STAFF & set(g.caller.roles))


def _signed_in(view: Callable[..., Any], roles: frozenset[str]) -> Callable[..., Any]:

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        g.caller = current(roles)
        if g.caller is None:
            return redirect(url_for("signing.login", after=request.path if request.method == "GET" else "/"))
        return view(*args, **kwargs)

    return guarded
