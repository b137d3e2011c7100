"""What passed between the practice and a person, or about a visit, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from tests.notify.facts import PATIENT_NAME, PATIENT_PHONE, PHYSICIAN_EMAIL, Story
from tests.notify.world import World

Ask = Callable[..., Any]


@pytest.fixture
def busy(world: World, story: Story) -> Story:
    """A confirmation was sent, the patient asked something and then wrote STOP."""
    world.tell(*story.all_booked())
    world.send_all()
    world.becomes("series_confirmation", "delivered")
    world.sandbox.reply(PATIENT_PHONE, body="Is there parking?")
    world.sandbox.reply(PATIENT_PHONE, body="STOP")
    return story


def lines(ask: Ask, path: str, **asked: Any) -> list[dict[str, Any]]:
    answer = ask("GET", path, "desk", query_string=asked)
    assert answer.status_code == 200, answer.json
    found: list[dict[str, Any]] = answer.json
    return found


def test_a_patients_timeline_has_messages_replies_consents_and_tasks(busy: Story, ask: Ask) -> None:
    told = lines(ask, f"/patients/{busy.patient_id}/timeline")
    assert {line["what"] for line in told} == {"message", "reply", "consent", "task"}
    assert [line["at"] for line in told] == sorted((line["at"] for line in told), reverse=True)
    assert [line["text"] for line in told if line["what"] == "reply"] == ["STOP", "Is there parking?"]
    stopped = next(line for line in told if line["what"] == "consent" and line["reason"] == "reply")
    assert (stopped["kind"], stopped["channel"]) == ("revoked", "text")


def test_a_visits_timeline_has_only_what_is_about_it(busy: Story, ask: Ask) -> None:
    told = lines(ask, f"/sessions/{busy.sessions[0]}/timeline", what="message")
    assert told
    assert {line["session_id"] for line in told} == {str(busy.sessions[0])}


def test_a_visit_is_also_told_of_by_a_reminder_of_another_of_that_day(world: World, ask: Ask) -> None:
    start = Story().starts[0]
    story = Story(starts=(start, start + timedelta(hours=2)))
    world.tell(*story.all_booked())
    first, second = (lines(ask, f"/sessions/{id_}/timeline", state="planned") for id_ in story.sessions[:2])
    shared = {line["id"] for line in first} & {line["id"] for line in second}
    assert {line["kind"] for line in first if line["id"] in shared} >= {"reminder_2880"}


def test_a_physicians_timeline_has_what_they_were_sent(busy: Story, ask: Ask) -> None:
    told = lines(ask, f"/physicians/{busy.physician_id}/timeline", what="message")
    assert {line["kind"] for line in told} >= {"referral_received", "series_booked"}
    assert {line["to"] for line in told} == {"physician"}


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ({"what": "message,task"}, lambda line: line["what"] in ("message", "task")),
        ({"channel": "email"}, lambda line: line["channel"] == "email"),
        ({"to": "physician"}, lambda line: line["to"] == "physician"),
        ({"state": "delivered"}, lambda line: line["state"] == "delivered"),
        ({"kind": "reminder_120"}, lambda line: line["kind"] == "reminder_120"),
    ],
)
def test_a_timeline_can_be_narrowed(busy: Story, ask: Ask, asked: dict[str, str], holds: Callable[..., bool]) -> None:
    everything = lines(ask, f"/patients/{busy.patient_id}/timeline")
    found = lines(ask, f"/patients/{busy.patient_id}/timeline", **asked)
    assert found == [line for line in everything if holds(line)]
    assert 0 < len(found) < len(everything)


def test_page_after_page_tells_everything_once(busy: Story, ask: Ask) -> None:
    path = f"/patients/{busy.patient_id}/timeline"
    everything = lines(ask, path)
    assert [line for part in pages(ask, f"{path}?limit=3") for line in part] == everything
    assert len(list(pages(ask, f"{path}?limit={len(everything)}"))) == 1


def pages(ask: Ask, path: str) -> Iterator[list[dict[str, Any]]]:
    while path:
        answer = ask("GET", path, "desk")
        yield answer.json
        path = answer.headers.get("Link", "").partition("<")[2].partition(">")[0].removeprefix("/api/notify")


def test_a_therapist_sees_that_a_patient_wrote_but_not_what(busy: Story, ask: Ask) -> None:
    told = ask("GET", f"/patients/{busy.patient_id}/timeline?what=reply", "therapist").json
    assert [line["text"] for line in told] == [None, None]


@pytest.mark.parametrize("role", ["physician", "service"])
def test_a_timeline_is_the_staffs(busy: Story, ask: Ask, role: str) -> None:
    assert ask("GET", f"/patients/{busy.patient_id}/timeline", role).status_code == 403


def test_a_timeline_names_nobody(busy: Story, ask: Ask) -> None:
    for whose, id_ in (("patients", busy.patient_id), ("physicians", busy.physician_id)):
        text = ask("GET", f"/{whose}/{id_}/timeline", "desk").get_data(as_text=True)
        assert not [word for word in (PATIENT_NAME, PATIENT_PHONE, PHYSICIAN_EMAIL) if word in text]


def test_of_whom_nothing_is_known_nothing_is_told(world: World, ask: Ask) -> None:
    for whose in ("patients", "sessions", "physicians"):
        assert lines(ask, f"/{whose}/{uuid4()}/timeline") == []


@pytest.mark.parametrize("query", ["before=x", "before=W10=", "what=all", "limit=0", "state=%00", "kind=A%20b"])
def test_a_question_that_makes_no_sense_is_refused(world: World, ask: Ask, query: str) -> None:
    assert ask("GET", f"/patients/{uuid4()}/timeline?{query}", "desk").status_code == 422


@pytest.mark.parametrize("whose", ["patients", "sessions", "physicians"])
def test_a_timeline_takes_few_statements(world: World, busy: Story, ask: Ask, whose: str) -> None:
    said: list[str] = []
    event.listen(world.runtime.engine, "before_cursor_execute", lambda *about: said.append(about[2]))
    lines(ask, f"/{whose}/{busy.patient_id}/timeline")
    assert 1 <= len(said) <= 4, said


def test_names_are_asked_for_in_the_body_and_their_reading_is_noted(world: World, busy: Story, ask: Ask) -> None:
    asked = {"person_ids": [str(busy.patient_id), str(uuid4())]}
    [person] = ask("POST", "/people/names", "desk", json=asked).json
    assert (person["name"], person["role"]) == (PATIENT_NAME, "patient")
    assert world.query("SELECT object_id FROM audit WHERE act = 'contact_name_read'") == [(str(busy.patient_id),)]
    assert ask("POST", "/people/names", "service", json=asked).status_code == 403
