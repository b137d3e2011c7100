"""Confirming and completing sessions, the clinic's day, and the report."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from services.booking.visits.confirm import patient_replied
from services.chassis.ids import new_id
from services.contracts.booking import SeriesCompleted, SessionCompleted, SessionConfirmed
from services.contracts.notify import PatientReplied
from tests.booking.conftest import House
from tests.booking.practice_day import MONDAY
from tests.booking.test_races import together
from tests.booking.test_series import visit

NOTE = {"pain_before": 7, "pain_after": 5, "pressure": 2, "techniques": ["swedish"], "note": "CANARY-4711"}


@pytest.fixture
def booked(house: House) -> dict[str, Any]:
    """A series of two visits, Tuesday and Thursday at nine, with nothing else in outbox and audit."""
    return book_two(house)


def book_two(house: House, **terms: Any) -> dict[str, Any]:
    house.load()
    order_id = house.order(**{"visits": 4, **terms})
    body = house.book(order_id, visit(house, "03-02 09:00"), visit(house, "03-04 09:00")).json or {}
    house.rows("DELETE FROM outbox RETURNING 1")
    house.rows("SET LOCAL session_replication_role = replica; DELETE FROM audit RETURNING 1")
    return {**body, "order_id": order_id, "ids": [each["id"] for each in body["sessions"]]}


def confirm(house: House, session_id: str, role: str = "desk") -> TestResponse:
    return house.ask("POST", f"/sessions/{session_id}/confirm", role=role)


def complete(house: House, session_id: str, **note: Any) -> TestResponse:
    return house.ask("POST", f"/sessions/{session_id}/complete", {**NOTE, **note}, role="therapist")


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("code", "")


def go_to(house: House, session: dict[str, Any]) -> None:
    house.move_to(datetime.fromisoformat(session["ends_at"]))


def reply(house: House, session_id: str, patient_id: Any = None) -> PatientReplied:
    (known,) = house.rows("SELECT patient_id FROM orders")[0]
    return PatientReplied(
        version=1,
        reply_id=uuid4(),
        patient_id=patient_id or known,
        session_id=session_id,  # type: ignore[arg-type]
        intent="confirm",
        replied_at=MONDAY,
    )


def handle(house: House) -> Any:
    def handler(session: Session, event: Any) -> None:
        patient_replied(session, house.running.outbox, event)

    return handler


def test_the_desk_confirms_a_session(house: House, booked: dict[str, Any]) -> None:
    answer = confirm(house, booked["ids"][0])
    assert answer.status_code == 200
    assert ((answer.json or {})["status"], (answer.json or {})["version"]) == ("confirmed", 2)
    (event,) = house.announced()
    assert isinstance(event, SessionConfirmed)
    assert (str(event.session_id), event.version, event.status) == (booked["ids"][0], 2, "confirmed")
    assert house.rows("SELECT act, object_id FROM audit") == [("session_confirmed", booked["ids"][0])]


def test_confirming_again_changes_nothing(house: House, booked: dict[str, Any]) -> None:
    confirm(house, booked["ids"][0])
    again = confirm(house, booked["ids"][0])
    assert (again.status_code, (again.json or {})["version"]) == (200, 2)
    assert (house.count("outbox"), house.count("audit")) == (1, 1)


def test_a_session_that_is_over_is_not_confirmed(house: House, booked: dict[str, Any]) -> None:
    go_to(house, booked["sessions"][0])
    assert code(confirm(house, booked["ids"][0])) == (409, "session_not_open")
    assert house.count("outbox") == 0


def test_a_patients_reply_confirms_the_session(house: House, booked: dict[str, Any]) -> None:
    house.receive(reply(house, booked["ids"][1]), handle(house))
    series = house.get(f"/series/{booked['series_id']}")
    assert [each["status"] for each in series["sessions"]] == ["booked", "confirmed"]
    assert house.rows("SELECT actor FROM audit") == [("event:notify.patient_replied",)]


def test_a_reply_that_comes_twice_confirms_once(house: House, booked: dict[str, Any]) -> None:
    event_id = new_id()
    for _ in range(2):
        house.receive(reply(house, booked["ids"][1]), handle(house), event_id)
    house.receive(reply(house, booked["ids"][1]), handle(house))
    assert (house.count("outbox"), house.count("audit")) == (1, 1)


def test_a_reply_that_comes_after_the_session_has_no_effect(house: House, booked: dict[str, Any]) -> None:
    go_to(house, booked["sessions"][0])
    complete(house, booked["ids"][0])
    before = house.count("outbox")
    house.receive(reply(house, booked["ids"][0]), handle(house))
    assert house.count("outbox") == before
    assert house.rows("SELECT state FROM inbox") == [("done",)]


def test_a_reply_of_somebody_else_confirms_nothing(house: House, booked: dict[str, Any]) -> None:
    house.receive(reply(house, booked["ids"][0], patient_id=uuid4()), handle(house))
    assert house.count("outbox") == 0
    assert house.rows("SELECT state, error FROM inbox") == [("retry", "NotFound")]


def test_a_completed_session_consumes_its_visit(house: House, booked: dict[str, Any]) -> None:
    go_to(house, booked["sessions"][0])
    answer = complete(house, booked["ids"][0])
    assert (answer.status_code, (answer.json or {}).get("status")) == (200, "completed")
    (order,) = house.get("/orders")
    assert order["ledger"] == {"granted": 4, "reserved": 1, "consumed": 1, "forfeited": 0, "remaining": 2}
    assert house.rows("SELECT act, object_id FROM audit") == [("session_completed", booked["ids"][0])]


def test_a_completed_session_is_announced_without_a_word_about_health(house: House, booked: dict[str, Any]) -> None:
    go_to(house, booked["sessions"][0])
    complete(house, booked["ids"][0])
    (event,) = house.announced()
    assert isinstance(event, SessionCompleted)
    (body,) = house.rows("SELECT body FROM outbox")[0]
    assert not [word for word in ("pain", "pressure", "swedish", "CANARY") if word in body]
    (facts,) = house.rows("SELECT facts FROM audit")[0]
    assert facts is None


def test_the_last_completed_session_completes_the_series(house: House, booked: dict[str, Any]) -> None:
    for session in booked["sessions"]:
        go_to(house, session)
        assert complete(house, session["id"]).status_code == 200
    (event,) = (event for event in house.announced() if isinstance(event, SeriesCompleted))
    assert (event.visits, event.completed, event.version) == (2, 2, 2)
    acts = [act for (act,) in house.rows("SELECT act FROM audit ORDER BY id")]
    assert [act for act in acts if act != "renewal_advised"] == [
        "session_completed",
        "session_completed",
        "series_completed",
    ]


def test_a_session_is_completed_once(house: House, booked: dict[str, Any]) -> None:
    go_to(house, booked["sessions"][0])
    complete(house, booked["ids"][0])
    assert code(complete(house, booked["ids"][0], pain_after=1)) == (409, "session_not_open")
    assert house.get(f"/sessions/{booked['ids'][0]}/note", role="therapist")["note"]["pain_after"] == 5
    assert house.rows("SELECT count(*) FROM ledger WHERE act = 'consumed'") == [(1,)]


def test_the_same_note_sent_again_is_answered_like_the_first_and_changes_nothing(
    house: House, booked: dict[str, Any]
) -> None:
    go_to(house, booked["sessions"][0])
    first, again = (complete(house, booked["ids"][0]) for _ in range(2))
    assert (again.status_code, again.json) == (200, first.json)
    assert (house.count("outbox"), house.count("audit"), house.count("session_notes")) == (1, 1, 1)


def test_two_therapists_completing_the_last_two_sessions_at_once_complete_the_series_once(house: House) -> None:
    for _ in range(5):
        series = book_two(house)
        go_to(house, series["sessions"][1])
        answers = together([lambda one=one: complete(house, one) for one in series["ids"]])
        assert [answer.status_code for answer in answers] == [200, 200]
        completed = [one for one in house.announced() if isinstance(one, SeriesCompleted)]
        assert [one.completed for one in completed] == [2]
        house.rows("DELETE FROM claims RETURNING 1")
        house.move_to(MONDAY)


def test_a_session_cannot_be_completed_before_it_begins(house: House, booked: dict[str, Any]) -> None:
    house.move_to(datetime.fromisoformat(booked["sessions"][0]["starts_at"]) - timedelta(minutes=1))
    assert code(complete(house, booked["ids"][0])) == (409, "session_not_begun")
    assert house.count("session_notes") == 0


def test_pressure_above_the_ceiling_is_refused_and_nothing_is_written(house: House) -> None:
    series = book_two(house, ceiling="2")
    go_to(house, series["sessions"][0])
    answer = complete(house, series["ids"][0], pressure=3)
    assert code(answer) == (422, "pressure_above_ceiling")
    assert (answer.json or {})["errors"] == {"ceiling": 2, "pressure": 3}
    assert (house.count("session_notes"), house.count("outbox")) == (0, 0)
    assert complete(house, series["ids"][0], pressure=2).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [("pain_before", 11), ("pain_after", -1), ("pressure", 0), ("pressure", 6), ("pain_before", None)],
)
def test_a_note_stays_inside_its_scales(house: House, booked: dict[str, Any], field: str, value: int | None) -> None:
    go_to(house, booked["sessions"][0])
    answer = complete(house, booked["ids"][0], **{field: value})
    assert code(answer) == (422, "unprocessable_entity")
    assert set((answer.json or {})["errors"]) == {field}
    assert "CANARY" not in answer.text


def test_only_a_therapist_completes_and_only_the_desk_confirms(house: House, booked: dict[str, Any]) -> None:
    go_to(house, booked["sessions"][0])
    refused = house.ask("POST", f"/sessions/{booked['ids'][0]}/complete", NOTE, role="desk")
    assert code(refused) == (403, "forbidden")
    assert code(confirm(house, booked["ids"][1], role="therapist")) == (403, "forbidden")


def test_an_unknown_session_is_not_found(house: House) -> None:
    house.load()
    assert code(confirm(house, str(new_id()))) == (404, "not_found")
    assert code(complete(house, str(new_id()))) == (404, "not_found")
    assert house.ask("GET", f"/sessions/{new_id()}").status_code == 404


def test_the_clinics_day_shows_its_visits_in_order_of_time(house: House, booked: dict[str, Any]) -> None:
    house.book(house.order(), visit(house, "03-02 09:00", 1, 1))
    house.book(house.order(), visit(house, "03-02 16:00"))
    day = house.get("/sessions?day=2027-03-02")
    assert [(each["local_start"], each["therapist"]["name"], each["room"]["name"]) for each in day] == [
        ("09:00", "Amara", "Willow"),
        ("09:00", "Jonas", "Maple"),
        ("16:00", "Amara", "Willow"),
    ]
    assert (day[0]["number"], day[0]["of"], day[0]["referral_reference"]) == (1, 2, "R-2027-0001")
    assert house.get("/sessions?day=2027-03-03") == []
    assert house.get(f"/sessions/{booked['ids'][0]}") == booked["sessions"][0]


def test_a_late_visit_belongs_to_its_local_day_not_to_the_next_one_of_utc(house: House) -> None:
    house.load(hours={"tuesday": ["20:00-23:00"]})
    house.book(house.order(), visit(house, "03-02 21:00"))
    assert [each["local_start"] for each in house.get("/sessions?day=2027-03-02")] == ["21:00"]
    assert house.get("/sessions?day=2027-03-03") == []


def test_a_day_must_be_asked_for(house: House) -> None:
    assert house.ask("GET", "/sessions").status_code == 422
    assert house.ask("GET", "/sessions?day=tomorrow").status_code == 422


def test_the_report_follows_the_pain_and_says_whether_it_matters(house: House, booked: dict[str, Any]) -> None:
    report = house.get(f"/series/{booked['series_id']}/report")
    assert (report["kept"], report["planned"], report["status"], report["closed"]) == (0, 2, None, False)
    pains = [(8, 6), (6, 4)]
    for session, (before, after) in zip(booked["sessions"], pains, strict=True):
        go_to(house, session)
        complete(house, session["id"], pain_before=before, pain_after=after)
    report = house.get(f"/series/{booked['series_id']}/report", role="service")
    assert (report["first_pain"], report["last_pain"], report["change"]) == (8, 4, -4)
    assert (report["status"], report["closed"], report["kept"]) == ("improving", True, 2)
    told = {
        "number": 2,
        "on": "2027-03-04",
        "pain_before": 6,
        "pain_after": 4,
        "pressure": 2,
    }
    assert told.items() <= report["visits"][1].items()
    assert "CANARY" not in str(report)


def test_nothing_is_shown_without_a_token(house: House, booked: dict[str, Any]) -> None:
    client = house.app.test_client()
    for path in ("/clinic", "/orders", "/sessions?day=2027-03-02", f"/series/{booked['series_id']}/report"):
        assert client.get(f"/api/booking{path}").status_code == 401


@pytest.mark.parametrize("odd", ["a\x00b", "\ud800"])
@pytest.mark.parametrize("field", ["note", "techniques"])
def test_a_note_that_cannot_be_kept_is_refused_and_the_visit_stays_open(
    house: House, booked: dict[str, Any], field: str, odd: str
) -> None:
    go_to(house, booked["sessions"][0])
    answer = complete(house, booked["ids"][0], **{field: odd if field == "note" else [odd]})
    assert code(answer) == (422, "unprocessable_entity")
    assert house.get(f"/sessions/{booked['ids'][0]}")["status"] == "booked"


def test_a_note_names_at_most_twenty_techniques(house: House, booked: dict[str, Any]) -> None:
    go_to(house, booked["sessions"][0])
    assert complete(house, booked["ids"][0], techniques=["swedish"] * 21).status_code == 422


def test_the_words_of_a_note_are_kept_sealed(house: House, booked: dict[str, Any]) -> None:
    go_to(house, booked["sessions"][0])
    complete(house, booked["ids"][0])
    [(kept,)] = house.rows("SELECT note FROM session_notes")
    assert NOTE["note"] not in kept
    assert house.running.seal.open(kept) == NOTE["note"]
