"""What one would write first with nameko: an HTTP entrypoint that looks, inserts, commits, and dispatches events.

It neither survives a crash between its commit and its events, nor stops two requests that look at the same time.
Usage: python -m bench.plain_booking PORT DATABASE_URL AMQP_URL
"""

import eventlet

eventlet.monkey_patch()

import json
import logging
import sys
from datetime import datetime, timedelta
from uuid import uuid4

from nameko.containers import ServiceContainer
from nameko.events import EventDispatcher
from nameko.web.handlers import http
from sqlalchemy import create_engine, text

ENGINE = create_engine(sys.argv[2])


class PlainBooking:
    name = "plain"
    dispatch = EventDispatcher()

    @http("GET", "/")
    def alive(self, request: object) -> str:
        return "ok"

    @http("POST", "/series")
    def book(self, request):
        visits = json.loads(request.get_data(as_text=True))["visits"]
        with ENGINE.begin() as connection:
            booked = [self._insert(connection, visit) for visit in visits]
        for session in booked:
            self.dispatch("session_booked", session)
        return 201, json.dumps(booked)

    def _insert(self, connection, visit):
        start = datetime.fromisoformat(visit["start_at"])
        row = {
            "id": str(uuid4()),
            "therapist": visit["therapist"],
            "start": start,
            "end": start + timedelta(minutes=45),
        }
        taken = "SELECT count(*) FROM sessions WHERE therapist = :therapist AND starts_at < :end AND ends_at > :start"
        if connection.execute(text(taken), row).scalar():
            raise ValueError("taken")
        connection.execute(text("INSERT INTO sessions VALUES (:id, :therapist, :start, :end)"), row)
        return {**row, "start": row["start"].isoformat(), "end": row["end"].isoformat()}


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    with ENGINE.begin() as first:
        first.execute(
            text(
                "CREATE TABLE sessions (id uuid PRIMARY KEY, therapist int, starts_at timestamptz, ends_at timestamptz)"
            )
        )
    container = ServiceContainer(
        PlainBooking, {"AMQP_URI": sys.argv[3], "WEB_SERVER_ADDRESS": f"127.0.0.1:{sys.argv[1]}", "max_workers": 10}
    )
    container.start()
    container.wait()
