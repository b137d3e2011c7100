"""What the desk's pages ask the services, for whoever is signed in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import abort, current_app, g, make_response, render_template

from services.chassis.asking import Services
from services.web.desk.clinic import Here


def services() -> Services:
    found: Services = current_app.extensions["services"]
    return found


def booking(
    path: str, method: str = "GET", json: Any = None, version: str | None = None, key: str | None = None
) -> Any:
    """`version` is the one that the page was made from. Raises `UpstreamError`."""
    headers = {"If-Match": f'"{version}"'} if version else {}
    if key:
        headers["Idempotency-Key"] = key
    return services().ask(g.caller, "booking", path, method=method, json=json, headers=headers)


def notify(path: str, method: str = "GET", json: Any = None, version: str | None = None, key: str | None = None) -> Any:
    """As `booking`. Raises `UpstreamError`."""
    headers = {"If-Match": f'"{version}"'} if version else {}
    if key:
        headers["Idempotency-Key"] = key
    return services().ask(g.caller, "notify", path, method=method, json=json, headers=headers)


def notify_tagged(path: str) -> tuple[Any, str]:
    """With the tag of what was answered."""
    answer = services().fetch(g.caller, "notify", path)
    return answer.json(), answer.headers.get("ETag", "").strip('"')


def notify_page(path: str, asked: dict[str, str]) -> tuple[list[dict[str, Any]], str]:
    """A page of a listing, and the cursor of the one before it in time, empty at the end."""
    answer = services().fetch(g.caller, "notify", f"{path}?{urlencode(asked)}")
    following = urlsplit(answer.headers.get("Link", "").partition("<")[2].partition(">")[0])
    return answer.json(), parse_qs(following.query).get("before", [""])[0]


def person(person_id: str) -> str:
    """The name of a patient or a physician whom notify knows; empty for nobody."""
    found = notify("/people/names", "POST", {"person_ids": [person_id]})
    return found[0]["name"] if found else ""


def every_session(query: str) -> list[dict[str, Any]]:
    """All pages of a listing of sessions."""
    found, path = [], f"/sessions?{query}"
    while path:
        answer = services().fetch(g.caller, "booking", path)
        found += answer.json()
        path = _next(answer.headers.get("Link", ""))
    return found


def _next(link: str) -> str:
    following = urlsplit(link.partition("<")[2].partition(">")[0])
    return f"/sessions?{following.query}" if following.query else ""


def here() -> Here:
    """The clinic and its present moment; ends the request with a page that says so while there is no clinic."""
    file = booking("/clinic")
    if file is None:
        abort(make_response(render_template("no_clinic.html")))
    return Here(file, datetime.fromisoformat(booking("/clock")["now"]))


def names(patient_ids: Iterable[str]) -> dict[str, str]:
    """Asked for with a body: names are never in an address."""
    ids = sorted(set(patient_ids))
    found: dict[str, str] = {}
    for first in range(0, len(ids), 500):
        asked = {"patient_ids": ids[first : first + 500]}
        told = services().ask(g.caller, "referrals", "/patients/names", method="POST", json=asked)
        found |= {each["patient_id"]: each["name"] for each in told}
    return found


def referral(referral_id: str) -> dict[str, Any]:
    """Everything that the physician wrote: for therapists."""
    found: dict[str, Any] = services().ask(g.caller, "referrals", f"/{referral_id}")
    return found
