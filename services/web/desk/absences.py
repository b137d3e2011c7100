"""Absences of therapists, and rooms that cannot be used: what they hit, and where it goes."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for

from services.chassis.asking import UpstreamError
from services.web.desk.account import staff_only
from services.web.desk.acting import number, tell, tried
from services.web.desk.asking import booking, every_session, here, names
from services.web.desk.clinic import Here
from services.web.desk.refused import sentence

blueprint = Blueprint("absences", __name__)

REASONS = ("vacation", "training", "unavailable", "maintenance", "other")


@blueprint.get("/absences")
@staff_only
def page() -> Any:
    place = here()
    told = {"clinic": place.file, "here": place, "reasons": REASONS}
    return render_template("desk/absences.html", **told, absences=booking("/absences"), said=request.form)


@blueprint.post("/absences")
@staff_only
def enter() -> Any:
    kind, _, who = request.form.get("who", "").partition(":")
    place = here()
    away = {
        kind if kind == "room" else "therapist": number(who),
        "from": _when(place.zone, "from"),
        "to": _when(place.zone, "to"),
        "reason": request.form.get("reason", ""),
    }
    try:
        entered = booking("/absences", "POST", away)
    except UpstreamError as error:
        if error.status != 422:
            tell(error)
            return redirect(url_for("absences.page"), 303)
        flash(sentence(error.code, error.message, error.facts), "danger")
        return page(), 422
    return redirect(url_for("absences.one", absence_id=entered["id"]), 303)


@blueprint.get("/absences/<uuid:absence_id>")
@staff_only
def one(absence_id: UUID) -> Any:
    place, absence = here(), booking(f"/absences/{absence_id}")
    sessions = {each["id"]: each for each in _in_the_way(place, absence)} if absence["hits"] else {}
    told = {"clinic": place.file, "here": place, "absence": absence, "sessions": sessions}
    patients = names(each["patient_id"] for each in sessions.values())
    return render_template("desk/absence.html", **told, names=patients)


@blueprint.post("/absences/<uuid:absence_id>/move")
@staff_only
def move_all(absence_id: UUID) -> Any:
    try:
        settled = booking(f"/absences/{absence_id}/replan", "POST", _of_series())
    except UpstreamError as error:
        tell(error)
    else:
        moved, stayed = sum(len(each["moves"]) for each in settled), [each for each in settled if each["why"]]
        flash(f"{moved} visit{'' if moved == 1 else 's'} moved. The patients are told.", "success")
        if stayed:
            flash("Some could not be moved: they are still shown here. Call these patients.", "danger")
    return redirect(url_for("absences.one", absence_id=absence_id), 303)


@blueprint.post("/absences/<uuid:absence_id>/withdraw")
@staff_only
def withdraw(absence_id: UUID) -> Any:
    done = "Withdrawn. Visits that were moved because of it stay where they are."
    return tried(lambda: booking(f"/absences/{absence_id}", "DELETE"), done, url_for("absences.page"))


def _of_series() -> dict[str, Any]:
    """Of one patient, where the button is theirs; else of everybody who is hit."""
    chosen = request.form.getlist("series")
    return {"series": chosen} if chosen else {}


def _when(zone: ZoneInfo, name: str) -> str:
    """A date, or with a time of day an instant; what is neither goes on as it is, for booking to say so."""
    on, at = request.form.get(name, "").strip(), request.form.get(f"{name}_time", "").strip()
    try:
        return datetime.combine(date.fromisoformat(on), time.fromisoformat(at), zone).isoformat() if at else on
    except ValueError:
        return on


def _in_the_way(place: Here, absence: dict[str, Any]) -> list[dict[str, Any]]:
    """The sessions of whom or what is absent, with their patients."""
    kind = "therapist" if absence.get("therapist") else "room"
    first, last = (place.at(absence[name]).date().isoformat() for name in ("from", "to"))
    return every_session(f"{kind}={absence[kind]}&from={first}&to={last}&limit=200")
