"""What the front desk and the therapists see."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)

from services.web import tokens
from services.web.desk.account import STAFF, staff_only
from services.web.desk.day import day_view
from services.web.upstream import Services

desk = Blueprint("desk", __name__)


@desk.get("/")
@staff_only
def today() -> Any:
    clinic, local_now = _clinic_and_now()
    if clinic is None:
        return render_template("no_clinic.html")
    return redirect(url_for("desk.day", on=local_now.date().isoformat()))


@desk.get("/day/<on>")
@staff_only
def day(on: str) -> Any:
    chosen = _date(on)
    clinic, local_now = _clinic_and_now()
    if clinic is None:
        return render_template("no_clinic.html")
    services: Services = current_app.extensions["services"]
    sessions = services.ask(g.caller, "booking", f"/sessions?day={chosen.isoformat()}")
    names = _names(services, sessions)
    return render_template(
        "day.html",
        clinic=clinic,
        day=day_view(chosen, local_now, clinic, sessions, names),
        before=chosen - timedelta(days=1),
        after=chosen + timedelta(days=1),
        sandbox=services.base("sandbox") is not None,
    )


def _names(services: Services, sessions: list[dict[str, Any]]) -> dict[str, str]:
    ids = sorted({each["patient_id"] for each in sessions})
    if not ids:
        return {}
    found = services.ask(g.caller, "referrals", "/patients/names", method="POST", json={"patient_ids": ids})
    return {each["patient_id"]: each["name"] for each in found}


def _clinic_and_now() -> tuple[dict[str, Any] | None, datetime]:
    services: Services = current_app.extensions["services"]
    clinic = services.ask(g.caller, "booking", "/clinic")
    now = datetime.fromisoformat(services.ask(g.caller, "booking", "/clock")["now"])
    return clinic, now.astimezone(ZoneInfo(clinic["timezone"])) if clinic else now


def _date(on: str) -> date:
    """A day that has a day before it and a day after it."""
    try:
        chosen = date.fromisoformat(on)
    except ValueError:
        abort(404)
    return chosen if date.min < chosen < date.max else abort(404)


@desk.get("/login")
def login() -> Any:
    return render_template("login.html", after=_local(request.args.get("after")))


@desk.post("/login")
def sign_in() -> Any:
    with current_app.extensions["sessions"].begin() as database:
        token = tokens.find(database, request.form.get("token", "").strip())
    if token is None or not STAFF & set(token.roles):
        flash("This token does not open the desk. Ask whoever runs Fascia for: fascia tokens create --role desk")
        return render_template("login.html", after=_local(request.form.get("after"))), 401
    session.clear()
    session.permanent = True
    session["token"] = str(token.id)
    return redirect(_local(request.form.get("after")))


@desk.post("/logout")
def sign_out() -> Any:
    session.clear()
    return redirect(url_for("desk.login"))


def _local(path: str | None) -> str:
    """Only a path of our own, never another host's. Browsers drop tabs and line breaks, and turn \\ into /."""
    return path if path and re.fullmatch(r"/(?!/)[^\\\s\x00-\x1f\x7f]*", path) else "/"
