"""What notify answers, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.notify import links
from tests.notify.facts import PATIENT_EMAIL, PATIENT_NAME, PATIENT_PHONE, PHYSICIAN_EMAIL, Story
from tests.notify.world import World

Ask = Callable[..., Any]


def test_messages_are_told_without_words_and_addresses(world: World, story: Story, ask: Ask) -> None:
    world.tell(*story.all_booked())
    world.send_all()
    answer = ask("GET", f"/messages?referral_id={story.referral_id}", "desk")
    assert answer.status_code == 200
    assert set(answer.json[0]) == {
        "id", "kind", "title", "channel", "to", "state", "reason", "due_at", "sent_at", "provider_id",
        "session_id", "series_id", "referral_id", "patient_id", "attempts",
    }  # fmt: skip
    told = answer.get_data(as_text=True)
    assert not [
        word for word in (PATIENT_NAME, PATIENT_PHONE, PATIENT_EMAIL, PHYSICIAN_EMAIL, "Harbor") if word in told
    ]
    assert {message["to"] for message in answer.json} == {"patient", "physician"}


def test_messages_can_be_asked_for_by_what_they_are_about(world: World, story: Story, ask: Ask) -> None:
    world.tell(*story.all_booked(), *Story().all_booked())
    for query, count in (
        (f"patient_id={story.patient_id}", len(world.messages(patient_id=story.patient_id))),
        (f"session_id={story.sessions[0]}", 2),
        (f"patient_id={story.patient_id}&kind=reminder_120", 3),
        ("state=sent", 0),
    ):
        assert len(ask("GET", f"/messages?{query}", "therapist").json) == count, query


def test_one_message_tells_its_tries(world: World, story: Story, ask: Ask) -> None:
    world.tell(*story.all_booked())
    world.send_all()
    message = world.becomes("series_confirmation", "delivered")
    told = ask("GET", f"/messages/{message.id}", "desk").json
    assert (told["kind"], told["to"]) == ("series_confirmation", "patient")
    assert [(one["outcome"], one["provider_id"]) for one in told["tries"]] == [("delivered", message.provider_id)]
    assert ask("GET", f"/messages/{uuid4()}", "desk").status_code == 404


@pytest.mark.parametrize(("roles", "status"), [((), 401), (("physician",), 403), (("service",), 403)])
def test_messages_are_the_staffs(world: World, ask: Ask, roles: tuple[str, ...], status: int) -> None:
    assert ask("GET", "/messages", *roles).status_code == status


def test_a_message_for_the_desk_says_so(world: World, story: Story, ask: Ask) -> None:
    world.tell(story.clinic(), story.physician(email=None), story.received())
    world.send_all()
    [message] = ask("GET", "/messages", "desk").json
    assert (message["channel"], message["to"], message["state"]) == ("desk", "desk", "sent")
    [task] = ask("GET", "/tasks", "desk").json
    assert (task["kind"], task["message_id"]) == ("send_by_fax", message["id"])


def test_the_desk_reads_what_a_patient_wrote(world: World, story: Story, ask: Ask) -> None:
    world.tell(*story.all_booked())
    world.send_all()
    world.sandbox.reply(PATIENT_PHONE, body="Can I bring my dog?")
    [task] = ask("GET", "/tasks", "desk").json
    assert (task["kind"], task["text"], task["patient_id"]) == (
        "read_reply", "Can I bring my dog?", str(story.patient_id),
    )  # fmt: skip
    assert ask("GET", "/tasks", "therapist").status_code == 403


def token_in(body: str) -> str:
    return body.split("/l/", 1)[1].split()[0]


def test_the_link_of_a_text_opens_its_series(world: World, story: Story, ask: Ask) -> None:
    world.tell(*story.all_booked())
    world.send_all()
    token = token_in(world.sandbox.texts()[0]["body"])
    assert len(token) == links.TOKEN_LENGTH
    opened = ask("POST", "/links/open", "service", json={"token": token}).json
    assert UUID(opened.pop("link_id"))
    assert opened == {
        "purpose": "series", "object_id": str(story.series_id), "series_id": str(story.series_id),
        "referral_id": str(story.referral_id), "recipient_id": str(story.patient_id), "role": "patient",
        "language": "en",
    }  # fmt: skip


def test_every_email_about_one_series_has_the_same_link_to_the_report(world: World, story: Story, ask: Ask) -> None:
    world.tell(*story.all_booked())
    world.at(story.starts[1] + timedelta(hours=1))
    world.tell(story.completed(1), story.completed(2))
    world.send_all()
    updates = [mail for mail in world.sandbox.emails() if "took place" in mail["subject"]]
    tokens = {token_in(mail["text"]) for mail in updates}
    assert len(updates) == 2
    assert len(tokens) == 1
    answer = ask("POST", "/links/open", "service", json={"token": tokens.pop()})
    assert (answer.json["purpose"], answer.json["role"]) == ("report", "physician")


def test_a_token_is_kept_only_as_its_hash(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    world.send_all()
    token = token_in(world.sandbox.texts()[0]["body"])
    for table in ("links", "messages", "attempts", "audit"):
        assert token not in str(world.query(f"SELECT t::text FROM {table} t"))


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ("expires_at = fascia_now()", 410, "link_expired"),
        ("revoked_at = fascia_now()", 404, "link_invalid"),
    ],
)
def test_a_link_ends(world: World, story: Story, ask: Ask, change: str, status: int, code: str) -> None:
    world.tell(*story.all_booked())
    world.send_all()
    token = token_in(world.sandbox.texts()[0]["body"])
    world.query(f"UPDATE links SET {change}")
    answer = ask("POST", "/links/open", "service", json={"token": token})
    assert (answer.status_code, answer.json["code"]) == (status, code)


@pytest.mark.parametrize("token", ["x", "A" * 22, "'; --", "\ud800", "a\x00"])
def test_a_made_up_token_opens_nothing(world: World, ask: Ask, token: str) -> None:
    answer = ask("POST", "/links/open", "service", json={"token": token})
    assert answer.status_code in (404, 422)


def test_a_link_is_opened_by_our_own_pages_only(world: World, ask: Ask) -> None:
    assert ask("POST", "/links/open", "desk", json={"token": "x"}).status_code == 403
    assert ask("POST", "/links/open", "service", json={}).status_code == 422


def test_metrics_count_the_messages(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    told = world.app.test_client().get("/metrics").get_data(as_text=True)
    assert f'fascia_messages{{state="planned"}} {len(world.messages(state="planned"))}.0' in told


@pytest.mark.parametrize("query", ["kind=%00", "kind=a%20b", "state=%00", "limit=1e3"])
def test_a_filter_that_makes_no_sense_is_refused(world: World, ask: Ask, query: str) -> None:
    assert ask("GET", f"/messages?{query}", "desk").status_code == 422
