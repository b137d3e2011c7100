"""A stand-in for booking's API, as far as notify asks it; what it answers is made by booking's own code."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Flask, Response, abort, jsonify, request

from services.booking.calendars.agenda import Clinic, Entry
from services.booking.calendars.objects import feed, single
from services.booking.reports.parts import Report
from services.booking.shapes.report import ReportSchema
from services.booking.treatment.outcome import Noted, courses
from services.chassis import identity
from tests.notify.facts import NOW

PDF, PNG = b"%PDF-1.7 the report of a series", b"\x89PNG\r\n\x1a\n the chart"
HARBOR = Clinic("Harbor Massage", "desk@harbor.example", "America/New_York")


@dataclass
class Booking:
    """`away`: it answers 503. `gone`: nothing is found. `measured`: there is something to draw."""

    base: str
    public_key: str
    away: bool = False
    gone: bool = False
    measured: bool = True
    asked: list[str] = field(default_factory=list)

    def reset(self) -> None:
        self.away, self.gone, self.measured = False, False, True
        self.asked.clear()

    def app(self) -> Flask:
        app = Flask("booking")
        app.before_request(self._check)
        app.get("/api/booking/series/<uuid:id_>/report")(_report)
        app.get("/api/booking/series/<uuid:id_>/report.pdf")(_page)
        app.get("/api/booking/series/<uuid:id_>/report.png")(self._chart)
        app.get("/api/booking/series/<uuid:id_>/calendar")(_series_calendar)
        app.get("/api/booking/sessions/<uuid:id_>/calendar")(_session_calendar)
        return app

    def _check(self) -> Any:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        actor = identity.verify(token, self.public_key, "booking")
        assert actor.roles == {"service"}, "as a service and nothing more"
        self.asked.append(request.full_path.removeprefix("/api/booking").rstrip("?"))
        if self.away:
            return {"code": "unavailable"}, 503
        return ({"code": "not_found"}, 404) if self.gone else None

    def _chart(self, id_: UUID) -> Response:
        if not self.measured:
            abort(404)
        return Response(PNG, content_type="image/png")


def _report(id_: UUID) -> Response:
    return jsonify(report(id_))


def _page(id_: UUID) -> Response:
    return Response(PDF, content_type="application/pdf")


def report(series_id: UUID) -> dict[str, Any]:
    first = Noted(
        number=1, starts_at=NOW, ends_at=NOW, pain_before=7, pain_after=5,
        scores=[("odi", "", Decimal("46")), ("rom", "lumbar_flexion", Decimal("41"))],
    )  # fmt: skip
    last = Noted(
        number=2, starts_at=NOW, ends_at=NOW, pain_before=4, pain_after=3,
        scores=[("odi", "", Decimal("22")), ("rom", "lumbar_flexion", Decimal("55.5"))],
    )  # fmt: skip
    pain, *others = courses([first, last])
    whole = Report(
        place=None, series_id=series_id, referral_id=series_id, patient_id=series_id, reference="R-2027-0042",
        as_of=NOW, closed=True, planned=2, to_come=0, next_on=None, visits=(), not_kept=(), pain=pain,
        measures=tuple(others), recommendation=None,
    )  # type: ignore[arg-type]  # fmt: skip
    told: dict[str, Any] = ReportSchema().dump(whole)
    return told


def _session_calendar(id_: UUID) -> Response:
    method = request.args["method"]
    entry = _entry(id_, 1, status="cancelled" if method == "cancel" else "booked")
    return Response(single(entry, method, HARBOR, NOW), content_type="text/calendar")  # type: ignore[arg-type]


def _series_calendar(id_: UUID) -> Response:
    entries = [_entry(UUID(int=id_.int + number), number) for number in (1, 2, 3)]
    return Response(feed(entries, "patient", "Appointments", HARBOR, NOW), content_type="text/calendar")


def _entry(id_: UUID, number: int, status: str = "booked") -> Entry:
    starts_at = NOW + timedelta(days=5 * number)
    return Entry(
        id=id_, number=number, of=3, reference="R-2027-0042", status=status, starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30), sequence=2, zone="America/New_York", therapist="Amara",
        room=None, place="Harbor", address="1 Pier",
    )  # fmt: skip
