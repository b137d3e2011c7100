"""The clinic's day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for

from services.web.desk.account import staff_only
from services.web.desk.asking import every_session, here, names
from services.web.desk.day import day_view

desk = Blueprint("desk", __name__)


@desk.get("/")
@staff_only
def today() -> Any:
    return redirect(url_for("desk.day", on=here().local_now.date().isoformat()))


@desk.get("/day")
@staff_only
def chosen_day() -> Any:
    return redirect(url_for("desk.day", on=_date(request.args.get("on", "")).isoformat()))


@desk.get("/day/<on>")
@staff_only
def day(on: str) -> Any:
    chosen, place = _date(on), here()
    sessions = every_session(f"day={chosen.isoformat()}")
    return render_template(
        "day.html",
        clinic=place.file,
        day=day_view(chosen, place, sessions, names(each["patient_id"] for each in sessions)),
        before=chosen - timedelta(days=1),
        after=chosen + timedelta(days=1),
    )


def _date(on: str) -> date:
    """A day that has a day before it and a day after it."""
    try:
        chosen = date.fromisoformat(on)
    except ValueError:
        abort(404)
    return chosen if date.min < chosen < date.max else abort(404)
