"""Booking over HTTP, under `/api/booking`."""

from __future__ import annotations

import os
from datetime import date
from typing import Any
from uuid import UUID

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from flask_smorest import Blueprint
from sqlalchemy.exc import IntegrityError

from services.booking import instead, reading, showing
from services.booking import report as reports
from services.booking.answers import (
    BookedSchema,
    ClinicShown,
    DaySession,
    OrderSchema,
    ReportSchema,
    SeriesSchema,
    SessionSchema,
)
from services.booking.availability import Wish
from services.booking.book import book
from services.booking.bookable import Wanted
from services.booking.clinic_schema import ClinicSchema
from services.booking.complete import Note, complete
from services.booking.confirm import confirm
from services.booking.day import day as clinic_day
from services.booking.load_clinic import load_clinic
from services.booking.models import Series, Visit
from services.booking.plan_series import plan_series
from services.booking.refusals import IdempotencyKeyRequired
from services.booking.schemas import Booking, DayQuery, NoteSchema, OrderQuery, PlanQuery
from services.booking.settings import Settings
from services.chassis import idempotency, identity, logs, settings
from services.chassis import runtime as running
from services.chassis.api import create_app, runtime

blueprint = Blueprint("booking", __name__, description="Clinic, plans, series, sessions")


@blueprint.put("/clinic")
@identity.requires("admin")
@blueprint.arguments(ClinicSchema)
@blueprint.response(200, ClinicShown)
def put_clinic(file: dict[str, Any]) -> dict[str, Any] | None:
    """Load or update the clinic from a clinic file's content."""
    with runtime().sessions.begin() as session:
        load_clinic(session, runtime().outbox, file)
        return showing.clinic(session)


@blueprint.get("/clinic")
@identity.requires("desk", "therapist", "service")
@blueprint.response(200, ClinicShown)
def get_clinic() -> Any:
    """The clinic, or null while none is loaded."""
    with runtime().sessions.begin() as session:
        return showing.clinic(session) or jsonify(None)


@blueprint.get("/orders")
@identity.requires("desk", "therapist")
@blueprint.arguments(OrderQuery, location="query")
@blueprint.response(200, OrderSchema(many=True))
def list_orders(query: dict[str, UUID]) -> list[dict[str, Any]]:
    """What referrals authorise, newest first, with their visit ledgers."""
    with runtime().sessions.begin() as session:
        return showing.orders(session, query.get("referral_id"))


@blueprint.post("/plans")
@identity.requires("desk", "therapist")
@blueprint.arguments(PlanQuery)
@blueprint.response(200)
def post_plan(query: dict[str, Any]) -> ResponseReturnValue:
    """The best series that can be booked now, with alternatives; or why none can."""
    order_id, wish = query["order_id"], query["wish"]
    assert isinstance(wish, Wish)
    with runtime().sessions.begin() as session:
        return jsonify(plan_series(session, order_id, wish))


@blueprint.post("/series")
@identity.requires("desk")
@blueprint.arguments(Booking)
@blueprint.response(201, BookedSchema)
@blueprint.alt_response(409, description="slot_taken, with alternatives; no_visits_left, with the ledger")
def post_series(booking: dict[str, Any]) -> ResponseReturnValue:
    """Book a series, whole or not at all. Needs an Idempotency-Key header."""
    key = _idempotency_key()
    order_id, visits = booking["order_id"], booking["visits"]
    try:
        return _booked_once(key, order_id, visits)
    except IntegrityError as error:
        if not instead.says_taken(error):
            raise
    with runtime().sessions.begin() as session:
        raise instead.slot_taken(session, order_id, visits)


def _booked_once(key: str, order_id: UUID, visits: list[Wanted]) -> ResponseReturnValue:
    with runtime().sessions.begin() as session:
        earlier = idempotency.earlier_answer(session, key, request.get_json())
        if earlier:
            return jsonify(earlier[1]), earlier[0]
        series, practice = book(session, runtime().outbox, order_id, visits)
        answer = BookedSchema().dump(showing.booked(series, practice))
        idempotency.remember(session, key, 201, answer)
        return jsonify(answer), 201


def _idempotency_key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not 1 <= len(key) <= 200:
        raise IdempotencyKeyRequired
    return key


@blueprint.get("/series/<uuid:series_id>")
@identity.requires("desk", "therapist", "service")
@blueprint.response(200, SeriesSchema)
def get_series(series_id: UUID) -> Series:
    with runtime().sessions.begin() as session:
        return showing.series(session, series_id)


@blueprint.get("/series/<uuid:series_id>/report")
@identity.requires("therapist", "service", "desk")
@blueprint.response(200, ReportSchema)
def get_report(series_id: UUID) -> dict[str, Any]:
    """Visits kept and the course of pain: a progress report, and at the end the closing report."""
    with runtime().sessions.begin() as session:
        return reports.report(session, series_id)


@blueprint.get("/sessions")
@identity.requires("desk", "therapist")
@blueprint.arguments(DayQuery, location="query")
@blueprint.response(200, DaySession(many=True))
def list_sessions(query: dict[str, date]) -> list[dict[str, Any]]:
    """The clinic's day."""
    with runtime().sessions.begin() as session:
        return clinic_day(session, query["day"])


@blueprint.get("/sessions/<uuid:session_id>")
@identity.requires("desk", "therapist")
@blueprint.response(200, SessionSchema)
def get_session(session_id: UUID) -> Visit:
    with runtime().sessions.begin() as session:
        return reading.visit(session, session_id)


@blueprint.post("/sessions/<uuid:session_id>/confirm")
@identity.requires("desk")
@blueprint.response(200, SessionSchema)
def post_confirm(session_id: UUID) -> Visit:
    with runtime().sessions.begin() as session:
        return confirm(session, runtime().outbox, session_id)


@blueprint.post("/sessions/<uuid:session_id>/complete")
@identity.requires("therapist")
@blueprint.arguments(NoteSchema)
@blueprint.response(200, SessionSchema)
def post_complete(note: Note, session_id: UUID) -> Visit:
    """The visit took place: its note, and one visit of the order consumed."""
    with runtime().sessions.begin() as session:
        return complete(session, runtime().outbox, runtime().seal, session_id, note)


def app_for(chosen: Settings) -> Flask:
    counts = {
        "fascia_sessions": ("Sessions by status.", "SELECT status, count(*) FROM sessions GROUP BY status"),
    }
    return create_app(running.start("booking", chosen), [blueprint], title="Fascia booking", counts=counts)


def app() -> Flask:
    """The application that gunicorn serves; settings come from the environment."""
    logs.configure("booking-api")
    return app_for(settings.load(Settings, os.environ, "booking"))
