"""What all acts of the desk have in common: done, or refused in words, and back to a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request

from services.chassis.asking import UpstreamError
from services.web.desk.refused import sentence


def tried(act: Callable[[], Any], done: str, back: str, taken: Callable[[UpstreamError], Any] | None = None) -> Any:
    """Do it and go to a page that says so, or says why not; `taken` answers where a time is somebody else's."""
    try:
        act()
    except UpstreamError as error:
        if taken and error.code == "slot_taken":
            return taken(error)
        tell(error)
    else:
        flash(done, "success")
    return redirect(back, 303)


def tell(error: UpstreamError) -> None:
    """Raises the error again when it is no refusal: a service that is away, a sign-in that is over."""
    if error.status >= 500 or error.status == 401:
        raise error
    flash(sentence(error.code, error.message, error.facts), "danger")


def version() -> str | None:
    """The version that the form was made from."""
    given = request.form.get("version", "")
    return given if given.isascii() and given.isdigit() else None


def chosen_place() -> dict[str, Any]:
    """A chosen time: `2027-03-08T14:00:00+00:00|1|4` is start, therapist and room, which is empty at home."""
    return place_of(request.form.get("place", ""))


def place_of(chosen: str) -> dict[str, Any]:
    start_at, _, where = chosen.partition("|")
    therapist, _, room = where.partition("|")
    return {"start_at": start_at, "therapist": number(therapist), "room": number(room)}


def windows() -> list[dict[str, Any]] | None:
    """Days of the week and times of day that would do, as booking takes them; None where every one does."""
    days = [number(day) for day in request.values.getlist("weekdays")]
    begins, ends = (request.values.get(name, "").strip() for name in ("begins", "ends"))
    if not (days or begins or ends):
        return None
    return [{"weekdays": days or list(range(7)), "from": begins or "00:00", "to": ends or "24:00"}]


def number(given: str | None) -> Any:
    """What is no number goes on as it is, for the service to say so; nothing stays nothing."""
    given = (given or "").strip()
    try:
        return int(given) if given else None
    except ValueError:
        return given


def said(*names: str) -> dict[str, str]:
    """The fields of the form or the address that were filled in."""
    return {name: value for name in names if (value := request.values.get(name, "").strip())}
