"""What one would write for a text's status: the signature checked by Twilio's own library, and one row."""

from __future__ import annotations

import os
from typing import Any

import psycopg2.pool
from flask import Flask, abort, request
from sqlalchemy import make_url
from twilio.request_validator import RequestValidator


def app() -> Flask:
    flask = Flask(__name__)
    url = make_url(os.environ["NOTIFY_DATABASE_URL"]).set(drivername="postgresql")
    pool = psycopg2.pool.ThreadedConnectionPool(8, 8, url.render_as_string(hide_password=False))
    connection = pool.getconn()
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS plain_statuses (attempt text, sid text, status text)")
    pool.putconn(connection)
    validator, public = RequestValidator(os.environ["NOTIFY_TWILIO_AUTH_TOKEN"]), os.environ["PUBLIC_URL"]

    @flask.post("/hooks/twilio/status/<attempt>")
    def status(attempt: str) -> Any:
        signature = request.headers.get("X-Twilio-Signature", "")
        if not validator.validate(public + request.path, request.form, signature):
            abort(403)
        connection = pool.getconn()
        try:
            with connection, connection.cursor() as cursor:
                row = (attempt, request.form["MessageSid"], request.form["MessageStatus"])
                cursor.execute("INSERT INTO plain_statuses VALUES (%s, %s, %s)", row)
        finally:
            pool.putconn(connection)
        return "", 204

    return flask
