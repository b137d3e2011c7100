import json

import pytest
from flask import abort, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from sqlalchemy import text

from services.chassis import api, identity
from services.chassis.ids import new_id
from services.chassis.refusals import Invalid, Refusal
from tests.chassis.facts import POISON, effects, session_booked, take_effect, told, value
from tests.chassis.keys import PRIVATE, PUBLIC
from tests.chassis.test_inbox import BOOKED, broken, wire

CANARY = "Jane Doe"
DEEP = "[" * 60_000
LONG = "9" * 5_000


class Visit(Schema):
    number = fields.Integer(required=True, strict=True)
    note = fields.String()


class SlotTaken(Refusal):
    """A refusal such as services make."""

    message = "This time is taken."


blueprint = Blueprint("visits", __name__)


@blueprint.post("/visits")
@identity.requires("desk")
@blueprint.arguments(Visit)
@blueprint.response(201, Visit)
def book_visit(visit):
    if visit["number"] == POISON:
        raise ValueError(CANARY)
    if visit["number"] > 6:
        raise SlotTaken(therapist="t-1")
    if visit["number"] < 1:
        raise Invalid(number=["Visits are counted from 1."])
    return visit


@blueprint.post("/raw")
def read_raw():
    return request.get_json()


@blueprint.get("/visits/<uuid:visit_id>")
def show_visit(visit_id):
    abort(404)


@pytest.fixture
def running(start):
    return start("booking", identity_public_key=PUBLIC, clock_movable=True)


@pytest.fixture
def app(running):
    return api.create_app(running, [blueprint], title="Booking", max_body=100_000)


@pytest.fixture
def client(app):
    return app.test_client()


def bearer(*roles, audience="booking"):
    return {"Authorization": f"Bearer {identity.mint(PRIVATE, 'desk-1', roles, audience)}"}


def post(client, body, **headers):
    return client.post("/api/booking/visits", json=body, headers=bearer("desk") | headers)


def assert_envelope(response, status, code, errors=None):
    assert response.status_code == status
    assert set(response.json) == {"code", "message", "errors", "request_id"}
    assert response.json["code"] == code
    assert response.json["request_id"] == response.headers["X-Request-Id"]
    if errors is not None:
        assert response.json["errors"] == errors


def test_what_is_well_asked_is_answered(client):
    response = post(client, {"number": 3})
    assert (response.status_code, response.json) == (201, {"number": 3})


def test_an_unknown_address_is_a_404(client):
    assert_envelope(client.get("/api/booking/nothing"), 404, "not_found", {})
    assert_envelope(client.get(f"/api/booking/visits/{new_id()}"), 404, "not_found", {})


def test_another_method_is_a_405_that_names_the_right_one(client):
    response = client.get("/api/booking/visits")
    assert_envelope(response, 405, "method_not_allowed")
    assert "POST" in response.headers["Allow"]


def test_a_body_that_is_too_large_is_a_413(client):
    response = post(client, {"number": 1, "note": "x" * 100_001})
    assert_envelope(response, 413, "request_entity_too_large")
    assert response.headers["Connection"] == "close"


def test_a_body_of_another_kind_is_a_415(client):
    response = client.post("/api/booking/raw", data="number=1", content_type="text/plain")
    assert_envelope(response, 415, "unsupported_media_type")


def test_a_body_that_is_not_json_is_a_400(client):
    headers = bearer("desk") | {"Content-Type": "application/json"}
    assert_envelope(client.post("/api/booking/visits", data="{", headers=headers), 400, "bad_request")


@pytest.mark.parametrize("body", [DEEP, LONG], ids=["too deep", "too long a number"])
def test_json_that_no_parser_takes_is_a_400(client, body):
    headers = bearer("desk") | {"Content-Type": "application/json"}
    assert_envelope(client.post("/api/booking/visits", data=body, headers=headers), 400, "bad_request")


def test_who_asks_is_looked_at_before_what_is_asked(client):
    assert_envelope(client.post("/api/booking/visits", json={"number": "x"}), 401, "unauthenticated")


def test_fields_at_fault_are_a_422_that_names_them_and_not_what_was_sent(client):
    response = post(client, {"number": CANARY})
    assert_envelope(response, 422, "unprocessable_entity", {"number": ["Not a valid integer."]})
    assert CANARY not in response.text


def test_a_rule_s_refusal_is_a_409_with_its_facts(client):
    assert_envelope(post(client, {"number": 7}), 409, "slot_taken", {"therapist": "t-1"})


def test_a_rule_about_a_field_is_a_422(client):
    response = post(client, {"number": 0})
    assert_envelope(response, 422, "invalid", {"number": ["Visits are counted from 1."]})


def test_what_nobody_expected_is_a_500_without_a_word_of_it_here_or_in_the_log(client, capsys):
    response = post(client, {"number": POISON})
    assert_envelope(response, 500, "internal_server_error", {})
    out = capsys.readouterr()
    assert CANARY not in response.text + out.out + out.err
    assert '"error": "ValueError"' in out.out


def test_no_token_is_a_401_and_another_role_a_403(client):
    assert_envelope(client.post("/api/booking/visits", json={"number": 1}), 401, "unauthenticated")
    assert_envelope(post(client, {"number": 1}, **bearer("desk", audience="notify")), 401, "unauthenticated")
    assert_envelope(post(client, {"number": 1}, **bearer()), 403, "forbidden")
    assert_envelope(post(client, {"number": 1}, **bearer("therapist")), 403, "forbidden")


def test_a_request_id_is_taken_over_unless_it_is_strange(client):
    asked = {"X-Request-Id": "request-4711"}
    assert client.get("/healthz", headers=asked).headers["X-Request-Id"] == "request-4711"
    strange = client.get("/healthz", headers={"X-Request-Id": "a b<script>"}).headers["X-Request-Id"]
    assert len(strange) == 36


def test_what_a_request_tells_others_carries_its_id(app, running, client):
    with app.test_request_context(headers={"X-Request-Id": "request-4711"}):
        app.preprocess_request()
        told(running, 1)
    assert json.loads(value(running, "SELECT body FROM outbox"))["traceid"] == "request-4711"


def test_a_log_line_has_neither_an_id_nor_a_query(client, capsys):
    visit_id = new_id()
    client.get(f"/api/booking/visits/{visit_id}?name=Doe")
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["event"], line["endpoint"], line["status"]) == ("request", "visits.show_visit", 404)
    assert str(visit_id) not in json.dumps(line)
    assert "Doe" not in json.dumps(line)


def test_metrics_count_by_endpoint_and_hold_neither_ids_nor_a_client_s_own_words(client, running):
    visit_id = new_id()
    client.get(f"/api/booking/visits/{visit_id}")
    client.open(f"/api/booking/{visit_id}", method="DOE")
    told(running, 2)
    shown = client.get("/metrics").text
    assert 'fascia_requests_total{endpoint="visits.show_visit",method="GET",status="404"} 1.0' in shown
    assert 'fascia_outbox_events{state="all"} 2.0' in shown
    assert str(visit_id) not in shown
    assert "DOE" not in shown


def test_readiness_tells_of_an_outbox_that_does_not_move(client, running):
    assert client.get("/readyz").json["status"] == "ok"
    told(running, 1)
    with running.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET recorded_at = clock_timestamp() - interval '1 minute'"))
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["status"], ready.json["outbox"]) == (200, "degraded", 1)


def test_while_the_database_is_away_the_answer_is_a_503_and_life_goes_on_after_it(client, postgres):
    asking = ("/readyz", "/metrics", "/api/booking/clock")
    postgres.kill()
    try:
        for address in asking:
            response = client.get(address, headers=bearer("desk"))
            assert_envelope(response, 503, "unavailable")
            assert response.headers["Retry-After"] == "1"
        assert client.get("/healthz").status_code == 200
    finally:
        postgres.start()
    for address in asking:
        assert client.get(address, headers=bearer("desk")).status_code == 200


def test_a_connection_that_breaks_under_a_request_is_a_503(app, client, running):
    @app.get("/break")
    def break_connection():
        with running.sessions.begin() as session:
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        raise AssertionError

    assert_envelope(client.get("/break"), 503, "unavailable")


def test_a_restarted_database_is_not_noticed_by_the_next_request(client, postgres):
    assert client.get("/readyz").status_code == 200
    postgres.restart()
    assert client.get("/readyz").status_code == 200


def test_parked_events_are_shown_to_an_admin_who_can_replay_them(start, monkeypatch):
    monkeypatch.setattr("services.chassis.inbox.RETRY_AFTER", ())
    notify = start("notify", identity_public_key=PUBLIC)
    client = api.create_app(notify, [], title="Notify").test_client()
    admin = bearer("admin", audience="notify")
    event = session_booked()
    notify.inbox.take(wire(event), broken)
    [shown] = client.get("/api/notify/inbox/parked", headers=admin).json
    assert (shown["type"], shown["error"]) == (BOOKED, "ValueError")
    replay = f"/api/notify/inbox/{shown['event_id']}/replay"
    assert client.post(replay, headers=bearer("desk", audience="notify")).status_code == 403
    assert client.post(replay, headers=admin).status_code == 202
    assert_envelope(client.post(replay, headers=admin), 404, "not_found")
    notify.inbox.retry_due({BOOKED: take_effect})
    assert effects(notify) == [event.session_id]


def move(client, seconds):
    return client.put("/api/booking/clock", json={"seconds": seconds}, headers=bearer("admin"))


def test_an_admin_moves_the_clock_of_a_demo(client):
    before = client.get("/api/booking/clock", headers=bearer("desk")).json["now"]
    assert move(client, 86_400).json["now"][:10] > before[:10]


def test_the_clock_is_not_moved_out_of_this_world(client):
    assert_envelope(move(client, 10**12), 422, "unprocessable_entity")


def test_outside_a_demo_the_clock_is_fixed(start):
    fixed = start("booking", identity_public_key=PUBLIC)
    client = api.create_app(fixed, [], title="Booking").test_client()
    assert_envelope(move(client, 60), 403, "clock_fixed")


def test_the_openapi_document_is_served(client):
    document = client.get("/api/booking/openapi.json").json
    assert "/api/booking/visits" in document["paths"]
