"""What opens from a link: pages, the page to download, and the calendar to subscribe to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, Response, jsonify, request
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from services.chassis.identity import verify
from services.web.app import app_for
from services.web.settings import Settings

KNOWN = {"link_id": "l1", "referral_id": "r1", "recipient_id": "p1", "language": None}
LINKS: dict[str, dict[str, Any]] = {
    "patients": {**KNOWN, "purpose": "series", "object_id": "s1", "series_id": "s1", "role": "patient"},
    "physicians": {**KNOWN, "purpose": "report", "object_id": "s1", "series_id": "s1", "role": "physician"},
    "early": {**KNOWN, "purpose": "report", "object_id": "s1", "series_id": None, "role": "physician"},
}
CLINIC = {"name": "Riverbend", "timezone": "America/New_York", "phone": "+12125550134", "address": "Beacon"}
REPORT = {
    "closed": False, "kept": 1, "planned": 2, "first_pain": 7, "last_pain": 5, "change": -2, "status": "improving",
    "visits": [{"number": 1, "on": "2027-03-02", "pain_before": 7, "pain_after": 5, "pressure": 2}],
}  # fmt: skip


@pytest.fixture
def behind_links(keys: tuple[str, str]) -> Iterator[tuple[str, list[str]]]:
    """notify, booking and referrals in one; tells what was asked of it."""
    app, asked = Flask("behind"), []

    @app.before_request
    def check() -> None:
        asked.append(f"{request.method} {request.path}")
        if "/feeds/" in request.path:
            assert "Authorization" not in request.headers
            return
        service = request.path.split("/")[2]
        caller = verify(request.headers["Authorization"].removeprefix("Bearer "), keys[1], service)
        assert caller.roles == {"service"}

    @app.post("/api/notify/links/open")
    def opened() -> Any:
        token = (request.json or {})["token"]
        return jsonify(LINKS[token]) if token in LINKS else (jsonify(code="link_invalid"), 404)

    @app.get("/api/booking/series/s1/calendar")
    def calendar() -> Any:
        kind = "text/calendar; charset=utf-8; method=PUBLISH"
        return Response(b"BEGIN:VCALENDAR\r\n", content_type=kind, headers={"ETag": 'W/"one"'})

    told: dict[str, Any] = {
        "/api/booking/series/s1/report": REPORT,
        "/api/booking/series/s1": {"sessions": []},
        "/api/booking/clinic": CLINIC,
        "/api/referrals/r1": {"reference": "R-2027-0001", "status": "in_treatment"},
    }

    @app.get("/<path:path>")
    def others(path: str) -> Any:
        if path.endswith(".pdf"):
            return Response(b"%PDF-1.4 \xff", content_type="application/pdf")
        return jsonify(told[f"/{path}"]) if f"/{path}" in told else ("", 404)

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def reader(
    behind_links: tuple[str, list[str]], keys: tuple[str, str], migrated: Callable[[str], str]
) -> Iterator[FlaskClient]:
    url = behind_links[0]
    settings = Settings(
        database_url=migrated("web"),
        signing_key=keys[0],
        session_secret="only for tests",
        referrals=url,
        booking=url,
        notify=url,
    )
    made = app_for(settings)
    yield made.test_client()
    made.extensions["engine"].dispose()


def test_a_patient_can_add_the_visits_to_a_calendar(reader: FlaskClient) -> None:
    assert 'href="/l/patients/visits.ics"' in reader.get("/l/patients").text
    answer = reader.get("/l/patients/visits.ics")
    assert (answer.status_code, answer.data) == (200, b"BEGIN:VCALENDAR\r\n")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_a_calendar_that_did_not_change_is_not_sent_again(reader: FlaskClient) -> None:
    etag = reader.get("/l/patients/visits.ics").headers["ETag"]
    again = reader.get("/l/patients/visits.ics", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


def test_a_physician_can_download_the_report(reader: FlaskClient) -> None:
    assert 'href="/l/physicians/report.pdf"' in reader.get("/l/physicians").text
    answer = reader.get("/l/physicians/report.pdf")
    assert (answer.status_code, answer.content_type, answer.data) == (200, "application/pdf", b"%PDF-1.4 \xff")
    assert answer.headers["Content-Disposition"] == "attachment; filename=report.pdf"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/l/patients/report.pdf", "/l/physicians/visits.ics", "/l/early/report.pdf"])
def test_a_link_opens_only_what_it_is_for(reader: FlaskClient, path: str) -> None:
    assert reader.get(path).status_code == 404


@pytest.mark.parametrize("path", ["", "/report.pdf", "/visits.ics"])
def test_a_link_that_is_over_says_so(reader: FlaskClient, path: str) -> None:
    answer = reader.get(f"/l/nobody{path}")
    assert answer.status_code == 404
    assert "no longer valid" in answer.text


def test_before_the_series_there_is_nothing_to_download(reader: FlaskClient) -> None:
    page = reader.get("/l/early")
    assert page.status_code == 200
    assert "report.pdf" not in page.text


def test_opening_asks_and_changes_nothing(reader: FlaskClient, behind_links: tuple[str, list[str]]) -> None:
    for path in ("/l/patients", "/l/patients/visits.ics", "/l/physicians", "/l/physicians/report.pdf"):
        reader.get(path)
    assert {each for each in behind_links[1] if not each.startswith("GET ")} == {"POST /api/notify/links/open"}


def test_a_calendar_feed_passes_the_door_without_a_token(
    reader: FlaskClient, behind_links: tuple[str, list[str]]
) -> None:
    """The address itself is the permission, and booking knows whether it is one."""
    assert reader.get("/api/booking/feeds/AAAAAAAAAAAAAAAAAAAAAA.ics").status_code == 404
    assert behind_links[1] == ["GET /api/booking/feeds/AAAAAAAAAAAAAAAAAAAAAA.ics"]
