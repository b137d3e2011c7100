"""A practice behind the link pages: booking and notify as they are, on their own databases, and a stand-in for
referrals."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from cryptography.fernet import Fernet
from flask import Flask, jsonify, request
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from services.booking import api as booking_api
from services.booking.orders.take_order import take_order
from services.booking.settings import Settings as BookingSettings
from services.booking.settings import vault
from services.chassis import clock
from services.chassis.events import encode
from services.chassis.ids import new_id
from services.contracts import referrals
from services.notify import api as notify_api
from services.notify import links
from services.notify.links import Purpose
from services.notify.settings import Settings as NotifySettings
from services.notify.worker import NotifyWorker
from services.web import tokens
from services.web.app import app_for
from services.web.settings import Settings
from tests.booking.conftest import House
from tests.booking.practice_day import MONDAY, accepted
from tests.web.conftest import Browser

SECRET = "a link secret of the tests"
PATIENT_NAME, PATIENT_PHONE, PATIENT_EMAIL = "Quirina Zzyzxworth", "+12025550117", "quirina.zzyzx@patient.example"


class Practice:
    def __init__(self, web: Flask, booking: Flask, notify: Flask, private_key: str, said: dict[str, Any]) -> None:
        self.web, self.notify = web, notify.extensions["fascia"]
        self.house = House(booking, private_key)
        self.referrals = said
        """By referral id: what referrals answers."""
        self.person = uuid4()
        worker: Any = NotifyWorker()
        worker.runtime = self.notify
        self._handlers = worker.handlers()

    def begin(self) -> None:
        """Everything empty, on Monday morning, with a patient who is written to in both ways."""
        self.house.empty()
        with self.notify.sessions.begin() as session:
            tables = "contacts, links, clinic, messages, attempts, outbox, inbox, audit, demo_clock, consents, blocks"
            session.execute(text(f"SET LOCAL session_replication_role = replica; TRUNCATE {tables} CASCADE"))
        self.at(MONDAY)
        self.house.load()
        self.knows_patient()

    def at(self, instant: datetime) -> None:
        for running in (self.notify, self.house.running):
            with running.sessions.begin() as session:
                clock.move(session, instant - datetime.now(UTC))

    def knows_patient(self, **changes: Any) -> UUID:
        self.person = uuid4()
        told = {"name": PATIENT_NAME, "phone": PATIENT_PHONE, "email": PATIENT_EMAIL, "language": "en"}
        told |= {"text_consent": True, "email_consent": True, **changes}
        event = referrals.PatientContactChanged(version=1, patient_id=self.person, **told)
        self.tell_notify(event)
        return self.person

    def tell_notify(self, event: Any) -> None:
        body = encode(event, self.notify.seal, event_id=new_id(), at=MONDAY, trace=None)
        self.notify.inbox.take(body, self._handlers[event.event_type()])
        with self.notify.sessions.begin() as session:
            assert session.execute(text("SELECT error FROM inbox WHERE state <> 'done'")).all() == []

    def link(
        self, purpose: Purpose, object_id: UUID | str, *, role: str = "patient", referral_id: UUID | None = None,
        days: int = 60, recipient: UUID | None = None,
    ) -> str:  # fmt: skip
        """The path of a new link."""
        with self.notify.sessions.begin() as session:
            until = clock.now(session) + timedelta(days=days)
            about = (purpose, UUID(str(object_id)), referral_id, recipient or self.person, role, until)
            return f"/l/{links.make(session, SECRET, *about)}"

    def order(self, **terms: Any) -> tuple[str, UUID]:
        """An order as an accepted referral makes it: its id, and the referral's."""
        event = accepted(**terms)
        running = self.house.running
        with running.sessions.begin() as session:
            take_order(session, running.outbox, vault(running), event)
        return str(self.house.get(f"/orders?referral_id={event.referral_id}")[0]["id"]), event.referral_id

    def series(self, **terms: Any) -> dict[str, Any]:
        """Booked as the planner proposes it."""
        order_id, referral_id = self.order(**terms)
        plan = self.house.plan(order_id).json
        assert plan
        visits = [{name: visit[name] for name in ("start_at", "therapist", "room")} for visit in plan["visits"]]
        answer = self.house.book(order_id, *visits)
        assert answer.status_code == 201, answer.text
        return {**dict(answer.json or {}), "order_id": order_id, "referral_id": referral_id}

    def visit(self, visit_id: str) -> dict[str, Any]:
        return dict(self.house.get(f"/sessions/{visit_id}"))

    def everything(self) -> dict[str, list[Any]]:
        """Every row of booking's and notify's databases, but for who read what."""
        return {
            f"{running.service}.{table}": _rows(running, table)
            for running in (self.notify, self.house.running)
            for table in _tables(running)
            if table != "audit"
        }

    def desk(self, *roles: str) -> Browser:
        """Somebody of the practice, signed in."""
        self.web.test_client_class = Browser
        made = self.web.test_client()
        assert isinstance(made, Browser)
        with self.web.extensions["sessions"].begin() as session:
            token = tokens.create(session, "a test", roles or ("desk",))
        assert made.submit("/login", {"token": token, "after": "/"}).status_code == 302
        return made

    def browser(self) -> Reader:
        self.web.test_client_class = Reader
        made = self.web.test_client()
        assert isinstance(made, Reader)
        return made


class Reader(FlaskClient):
    """Somebody with the link: reads pages, and sends the forms that are on them."""

    def offers(self, page: str, path_end: str) -> list[tuple[str, dict[str, str]]]:
        """The buttons of the form that goes there, each as its words and its fields."""
        form = re.search(rf'<form method="post" action="[^"]*/{path_end}"[^>]*>(.*?)</form>', page, re.S)
        if form is None:
            return []
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[1]))
        buttons = re.findall(r'<button[^>]*name="offer" value="([^"]+)">(.*?)</button>', form[1], re.S)
        return [(_words(shown), {**hidden, "offer": html.unescape(offer)}) for offer, shown in buttons]

    def press(self, path: str, end: str, which: int = 0, **more: str) -> TestResponse:
        """The first button, or another, of the form that goes to `path/end`."""
        _, fields = self.offers(self.get(path).text, end)[which]
        return self.post(f"{path}/{end}", data={**fields, **more})


def _words(shown: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", shown)).split())


def _tables(running: Any) -> list[str]:
    with running.engine.begin() as connection:
        found = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"))
        return list(found.scalars())


def _rows(running: Any, table: str) -> list[Any]:
    with running.engine.begin() as connection:
        return sorted(connection.execute(text(f"SELECT t::text FROM {table} t")).scalars())


@contextmanager
def practising(migrated: Callable[[str], str], keys: tuple[str, str]) -> Iterator[Practice]:
    private, public = keys
    booking = booking_api.app_for(
        BookingSettings(
            database_url=migrated("booking"), database_pool=5, amqp_url="amqp://nobody@127.0.0.1:1//",
            identity_public_key=public, seal_keys=(Fernet.generate_key().decode(),), clock_movable=True,
            lookup_key=b"a key that only the tests know of",
        )
    )  # fmt: skip
    notify = notify_api.app_for(
        NotifySettings(
            database_url=migrated("notify"), database_pool=5, amqp_url="-", identity_public_key=public,
            seal_keys=(Fernet.generate_key().decode(),), clock_movable=True, twilio_account_sid="AC1",
            twilio_auth_token="-", twilio_from="+15005550006", sendgrid_api_key="-", email_from="desk@harbor.example",
            link_secret=SECRET, identity_key=private, booking="http://127.0.0.1:1", referrals="http://127.0.0.1:1",
        )
    )  # fmt: skip
    stand_in, said = Flask("referrals"), {}

    @stand_in.get("/api/referrals/<referral_id>")
    def referral(referral_id: str) -> Any:
        return jsonify(said[referral_id]) if referral_id in said else (jsonify(code="not_found"), 404)

    @stand_in.post("/api/referrals/patients/names")
    def names() -> Any:
        return jsonify([{"patient_id": one, "name": PATIENT_NAME} for one in request.get_json()["patient_ids"]])

    apps = {"booking": booking, "notify": notify, "referrals": stand_in}

    def behind(environ: Any, start_response: Any) -> Any:
        return apps[environ["PATH_INFO"].split("/")[2]](environ, start_response)

    server = make_server("127.0.0.1", 0, behind, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    web = app_for(
        Settings(
            database_url=migrated("web"), signing_key=private, session_secret="only for tests",
            referrals=url, booking=url, notify=url,
        )
    )  # fmt: skip
    try:
        yield Practice(web, booking, notify, private, said)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        for app in (booking, notify):
            app.extensions["fascia"].engine.dispose()
        web.extensions["engine"].dispose()
