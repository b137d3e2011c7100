"""What one would write first to keep bookings apart: look, then insert, one transaction.

`PLAIN_WAY` says how two that look at once are kept apart: `lock` takes the whole table, `serializable` leaves it to
PostgreSQL and tries again. There are no orders, no ledger, no events, no audit, and nobody asks who is calling.
"""

import os
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError

TABLE = """
    CREATE TABLE sessions (therapist bigint, room bigint, patient text, starts_at timestamptz, ends_at timestamptz);
    CREATE INDEX ON sessions (therapist, starts_at);
    CREATE INDEX ON sessions (room, starts_at);
    CREATE INDEX ON sessions (patient, starts_at)"""
TAKEN = text("""
    SELECT EXISTS (SELECT FROM sessions WHERE (therapist = :therapist OR room = :room OR patient = :patient)
                      AND starts_at < :ends AND starts_at > CAST(:starts AS timestamptz) - interval '2 hours'
                      AND ends_at > :starts)""")
INSERT = text("INSERT INTO sessions VALUES (:therapist, :room, :patient, :starts, :ends)")
LENGTH = timedelta(minutes=60)


class TakenError(Exception):
    pass


def app() -> Flask:
    """The application that gunicorn serves."""
    serializable = os.environ["PLAIN_WAY"] == "serializable"
    isolation = {"isolation_level": "SERIALIZABLE"} if serializable else {}
    engine = create_engine(os.environ["PLAIN_DATABASE_URL"], pool_size=16, **isolation)
    made = Flask("plain")

    @made.post("/api/booking/series")
    def book() -> ResponseReturnValue:
        wanted = [_row(visit, request.json["order_id"]) for visit in request.json["visits"]]
        try:
            _until_it_is_serial(engine, wanted, lock=not serializable)
        except TakenError:
            return {"code": "slot_taken"}, 409
        return {"booked": len(wanted)}, 201

    return made


def _row(visit: dict[str, Any], patient: str) -> dict[str, Any]:
    starts = datetime.fromisoformat(visit["start_at"])
    return {**visit, "patient": patient, "starts": starts, "ends": starts + LENGTH}


def _until_it_is_serial(engine: Engine, wanted: list[dict[str, Any]], lock: bool) -> None:
    while True:
        try:
            with engine.begin() as connection:
                return _book(connection, wanted, lock)
        except OperationalError as error:
            if getattr(error.orig, "pgcode", None) != "40001":
                raise


def _book(connection: Connection, wanted: list[dict[str, Any]], lock: bool) -> None:
    if lock:
        connection.execute(text("LOCK TABLE sessions IN SHARE ROW EXCLUSIVE MODE"))
    for row in wanted:
        if connection.scalar(TAKEN, row):
            raise TakenError
    connection.execute(INSERT, wanted)
