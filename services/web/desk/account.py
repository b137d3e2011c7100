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


def current() -> Caller | None:
    """The signed-in person, unless their token was revoked."""
    token_id = session.get("token")
    if not token_id:
        return None
    with current_app.extensions["sessions"].begin() as database:
        roles = database.scalar(
            text("SELECT roles FROM tokens WHERE id = :id AND revoked_at IS NULL"), {"id": UUID(token_id)}
        )
    return Caller(f"token:{token_id}", tuple(roles)) if roles and STAFF & set(roles) else None


def may(role: str) -> bool:
    """Whether who is signed in may do what that role does; an admin may do everything."""
    return bool({role, "admin"} & set(g.caller.roles))


def staff_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """Ask for a sign-in first; afterwards come back here."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        g.caller = current()
        if g.caller is None:
            return redirect(url_for("signing.login", after=request.path if request.method == "GET" else "/"))
        return view(*args, **kwargs)

    return guarded
