"""What the desk does about tasks and about messages nobody can tell of, over HTTP; and what would be sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner

from services.cli import main
from services.notify.models import Message
from services.notify.transports.answer import Answer, Meaning
from tests.notify.facts import NOW, PATIENT_PHONE, Story
from tests.notify.test_dispatch import Scripted, send_by
from tests.notify.world import World

Ask = Callable[..., Any]


@pytest.fixture
def unknown(world: World, story: Story) -> Message:
    """A confirmation of which the provider does not tell whether it took it."""
    world.tell(story.clinic(), story.patient(), *story.booking())
    send_by(world, Scripted(Answer(Meaning.UNKNOWN, code="ReadTimeout")))
    world.query("UPDATE messages SET look_at = NULL WHERE state = 'unknown'")
    return world.message("series_confirmation")


def test_an_unknown_message_is_sent_again_once_however_often_it_is_asked_for(
    world: World, unknown: Message, ask: Ask
) -> None:
    assert ask("GET", f"/messages/{unknown.id}", "desk").json["waits_for_desk"] is True
    key = {"Idempotency-Key": "again-1"}
    first, second = (ask("POST", f"/messages/{unknown.id}/resend", "desk", headers=key) for _ in range(2))
    assert (first.status_code, first.json["state"]) == (200, "planned")
    assert (second.status_code, second.json) == (200, first.json)
    refused = ask("POST", f"/messages/{unknown.id}/resend", "desk")
    assert (refused.status_code, refused.json["code"]) == (409, "not_the_desks")
    world.send_all()
    assert len(world.sandbox.texts()) == 1
    why = ask("GET", f"/messages/{unknown.id}", "desk").json["why"]
    assert "Sent again by the desk's decision at Tue Mar 2 10:00." in why


def test_an_unknown_message_is_marked_as_sent(world: World, unknown: Message, ask: Ask) -> None:
    assert ask("POST", f"/messages/{unknown.id}/mark-sent", "desk").json["state"] == "sent"
    world.send_all()
    assert not world.sandbox.texts()
    told = ask("GET", f"/messages/{unknown.id}", "desk").json
    assert told["waits_for_desk"] is False
    assert told["why"][-1].startswith("Marked as sent by the desk")


def test_a_key_that_was_used_for_something_else_is_refused(unknown: Message, ask: Ask) -> None:
    key = {"Idempotency-Key": "one"}
    assert ask("POST", f"/messages/{unknown.id}/mark-sent", "desk", headers=key).status_code == 200
    assert ask("POST", f"/messages/{unknown.id}/resend", "desk", headers=key).status_code == 422
    assert (
        ask("POST", f"/messages/{unknown.id}/resend", "desk", headers={"Idempotency-Key": "x" * 201}).status_code == 422
    )


def test_of_many_at_the_desk_who_decide_at_once_one_decides(world: World, unknown: Message, ask: Ask) -> None:
    acts = ["resend", "mark-sent"] * 4
    with ThreadPoolExecutor(len(acts)) as desk:
        answers = list(desk.map(lambda act: ask("POST", f"/messages/{unknown.id}/{act}", "desk").status_code, acts))
    assert sorted(answers) == [200] + [409] * 7
    [message] = world.messages(kind="series_confirmation")
    assert [entry["what"] for entry in message.trail].count("planned") == 1
    assert len([entry for entry in message.trail if entry["what"] in ("resent", "marked_sent")]) == 1


@pytest.mark.parametrize("act", ["resend", "mark-sent"])
def test_only_the_desk_decides_about_a_message(unknown: Message, ask: Ask, act: str) -> None:
    for role in ("therapist", "physician", "service"):
        assert ask("POST", f"/messages/{unknown.id}/{act}", role).status_code == 403
    assert ask("POST", f"/messages/{uuid4()}/{act}", "desk").status_code == 404


@pytest.fixture
def task(world: World, story: Story, ask: Ask) -> dict[str, Any]:
    world.tell(*story.all_booked())
    world.send_all()
    world.sandbox.reply(PATIENT_PHONE, body="Can I bring my dog?")
    found: dict[str, Any] = ask("GET", f"/tasks?patient_id={story.patient_id}", "desk").json[0]
    return found


def test_a_task_is_done_and_taken_back(world: World, task: dict[str, Any], ask: Ask) -> None:
    done = ask("POST", f"/tasks/{task['id']}/done", "desk").json
    assert done["done_at"] is not None
    assert task["id"] not in [one["id"] for one in ask("GET", "/tasks", "desk").json]
    assert [one["id"] for one in ask("GET", "/tasks?done=true", "desk").json] == [task["id"]]
    assert ask("POST", f"/tasks/{task['id']}/done", "desk").json["done_at"] == done["done_at"]
    assert ask("POST", f"/tasks/{task['id']}/reopen", "desk").json["done_at"] is None
    assert task["id"] in [one["id"] for one in ask("GET", "/tasks", "desk").json]
    acts = [act for (act,) in world.query("SELECT act FROM audit WHERE act IN ('task_done', 'task_reopened')")]
    assert acts == ["task_done", "task_reopened"]


def test_tasks_are_the_desks(task: dict[str, Any], ask: Ask) -> None:
    assert ask("POST", f"/tasks/{task['id']}/done", "therapist").status_code == 403
    assert ask("POST", f"/tasks/{uuid4()}/done", "desk").status_code == 404


def test_a_conversation_tells_what_our_texts_were_about(task: dict[str, Any]) -> None:
    assert [(line.get("title"), line.get("text")) for line in task["conversation"]] == [
        ("Confirmation of the series", None), (None, "Can I bring my dog?"),
    ]  # fmt: skip


def preview(ask: Ask, **asked: Any) -> list[dict[str, Any]]:
    answer = ask("POST", "/messages/preview", "desk", json={name: str(id_) for name, id_ in asked.items()})
    assert answer.status_code == 200, answer.json
    found: list[dict[str, Any]] = answer.json
    return found


def test_what_would_be_sent_is_what_is_planned_and_nothing_is_written(world: World, story: Story, ask: Ask) -> None:
    world.tell(*story.all_booked())
    planned = [(m.kind, m.channel, m.due_at.isoformat()) for m in world.messages(state="planned")]
    before = world.query("SELECT count(*), max(changed_at) FROM messages")
    told = preview(ask, referral_id=story.referral_id)
    assert sorted((one["kind"], one["channel"], one["due_at"]) for one in told) == sorted(planned)
    assert told[-1]["why"][0].endswith("before a visit.")
    assert world.query("SELECT count(*), max(changed_at) FROM messages") == before
    assert "id" not in told[0]


def test_what_was_sent_is_not_to_be_sent_again(world: World, story: Story, ask: Ask) -> None:
    world.tell(*story.all_booked())
    world.send_all()
    assert {one["kind"] for one in preview(ask, patient_id=story.patient_id)} == {"reminder_2880", "reminder_120"}


def test_what_would_be_sent_is_known_though_the_rows_are_not_there(world: World, story: Story, ask: Ask) -> None:
    world.tell(*story.all_booked())
    world.query("DELETE FROM messages")
    assert {one["kind"] for one in preview(ask, patient_id=story.patient_id)} >= {"series_confirmation", "reminder_120"}
    assert not world.messages()


def test_a_preview_needs_one_thing_that_is_known(world: World, story: Story, ask: Ask) -> None:
    world.tell(story.clinic())
    for asked in ({}, {"referral_id": str(uuid4()), "patient_id": str(uuid4())}, {"referral_id": "x"}):
        assert ask("POST", "/messages/preview", "desk", json=asked).status_code == 422
    assert ask("POST", "/messages/preview", "desk", json={"referral_id": str(uuid4())}).status_code == 404


@pytest.fixture
def fascia(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("NOTIFY_DATABASE_URL", world.settings.database_url)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *asked: CliRunner().invoke(main, ["why", *map(str, asked)])


def test_the_command_tells_why(world: World, story: Story, fascia: Callable[..., Any]) -> None:
    world.tell(*story.all_booked())
    message = world.message("series_confirmation")
    for asked in (message.id, str(message.id)[:-1].upper()):
        told = fascia(asked)
        assert told.exit_code == 0, told.output
        assert "Planned for Tue Mar 2 10:00 because the series was booked." in told.output
    as_json = json.loads(fascia(message.id, "--json").output)
    assert as_json["why"] == ["Planned for Tue Mar 2 10:00 because the series was booked."]


def test_the_command_shows_a_timeline(world: World, story: Story, fascia: Callable[..., Any]) -> None:
    world.tell(*story.all_booked())
    told = fascia("--patient", story.patient_id)
    assert told.exit_code == 0, told.output
    assert "Reminder, 2 h before" in told.output
    assert "older ones are left out" in fascia("--patient", story.patient_id, "--limit", "2").output
    assert len(json.loads(fascia("--session", story.sessions[0], "--json").output)) == 2
    assert "nothing yet" in fascia("--physician", uuid4()).output


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((), "say one MESSAGE"),
        (("12345678", "--patient", str(uuid4())), "say one MESSAGE"),
        (("1234567",), "8 characters or more"),
        (("xxxxxxxxxx",), "8 characters or more"),
        (("00000000",), "there is no message"),
    ],
)
def test_the_command_says_what_is_wrong(world: World, fascia: Any, asked: tuple[str, ...], said: str) -> None:
    told = fascia(*asked)
    assert told.exit_code != 0
    assert said in told.output


def test_a_beginning_that_many_messages_share_is_too_short(world: World, story: Story, fascia: Any) -> None:
    world.tell(*story.all_booked())
    told = fascia(str(world.messages()[0].id)[:8])
    assert told.exit_code == 1
    assert "more than one message begins like this" in told.output


def test_without_a_database_the_command_says_how_to_name_one(
    fascia: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_DATABASE_URL", "postgresql+psycopg2://nobody@127.0.0.1:1/none")
    assert "does not answer" in fascia("00000000-0").output


def test_metrics_tell_what_is_overdue_and_what_nobody_knows(world: World, unknown: Message) -> None:
    world.at(NOW + timedelta(days=30))
    told = world.app.test_client().get("/metrics").get_data(as_text=True)
    assert 'fascia_messages_unknown{state="desk"} 1.0' in told
    overdue = [line for line in told.splitlines() if line.startswith('fascia_messages_overdue_seconds{state="text"}')]
    assert float(overdue[0].split()[-1]) > 24 * 3600
    assert 'fascia_sends_last_hour{state="unknown"} 1.0' in told
