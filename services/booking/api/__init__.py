"""Booking over HTTP, under `/api/booking`: one blueprint for each thing that is asked about."""

from __future__ import annotations

import os

from flask import Flask

from services.booking.api import (
    absences,
    care,
    clinic,
    feeds,
    fhir,
    holds,
    orders,
    plans,
    privacy,
    replan,
    reports,
    series,
    sessions,
    slots,
    waitlist,
)
from services.booking.settings import Settings
from services.chassis import logs, settings
from services.chassis import runtime as running
from services.chassis.api import create_app

BLUEPRINTS = [
    part.blueprint
    for part in (
        clinic,
        plans,
        series,
        holds,
        sessions,
        care,
        reports,
        fhir,
        feeds,
        orders,
        slots,
        replan,
        absences,
        waitlist,
        privacy,
    )
]


def app_for(chosen: Settings) -> Flask:
    counts = {
        "fascia_sessions": ("Sessions by status.", "SELECT status, count(*) FROM sessions GROUP BY status"),
    }
    return create_app(running.start("booking", chosen), BLUEPRINTS, title="Fascia booking", counts=counts)


def app() -> Flask:
    """The application that gunicorn serves; settings come from the environment."""
    logs.configure("booking-api")
    return app_for(settings.load(Settings, os.environ, "booking"))
