"""What people agree to, as the desk and they themselves set it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.notify.facts import PATIENT_PHONE, Story
from tests.notify.world import World

Ask = Callable[..., Any]


@pytest.fixture
def booked(world: World, story: Story) -> Story:
    world.tell(*story.all_booked())
    return story


def put(ask: Ask, person: object, wanted: dict[str, Any], *roles: str, headers: dict[str, str] | None = None) -> Any:
    return ask("PUT", f"/people/{person}/preferences", *(roles or ("desk",)), json=wanted, headers=headers)


def test_preferences_tell_who_said_so_and_when(booked: Story, ask: Ask) -> None:
    known = ask("GET", f"/people/{booked.patient_id}/preferences", "desk").json
    assert (known["role"], known["language"]) == ("patient", "en")
    assert (known["text"]["agreed"], known["text"]["source"], known["text"]["open"]) == (True, "referral", True)
    put(ask, booked.patient_id, {"text": False})
    known = ask("GET", f"/people/{booked.patient_id}/preferences", "desk").json
    assert (known["text"]["agreed"], known["text"]["source"]) == (False, "desk")
    assert known["text"]["at"].startswith("2027-03-02T15:0")
    assert known["email"]["source"] == "referral"


def test_who_wants_no_texts_is_sent_emails_from_then_on(world: World, booked: Story, ask: Ask) -> None:
    answer = put(ask, booked.patient_id, {"text": False})
    assert answer.json["text"]["closed_because"] == "no_consent"
    planned = world.messages(recipient=booked.patient_id, state="planned")
    assert planned
    assert {message.channel for message in planned} == {"email"}


def test_a_person_who_opened_their_link_speaks_for_themselves(booked: Story, ask: Ask) -> None:
    assert put(ask, booked.patient_id, {"email": False}, "service").json["email"]["source"] == "link"


def test_the_language_that_was_chosen_holds_whatever_a_referral_says_later(
    world: World, booked: Story, ask: Ask
) -> None:
    assert put(ask, booked.patient_id, {"language": "es"}).json["language"] == "es"
    world.tell(booked.patient(version=2, language="en"))
    assert ask("GET", f"/people/{booked.patient_id}/preferences", "desk").json["language"] == "es"
    world.send_all()
    assert "responda" in world.sandbox.texts()[0]["body"].lower() or "cita" in world.sandbox.texts()[0]["body"].lower()


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(booked: Story, ask: Ask) -> None:
    tag = ask("GET", f"/people/{booked.patient_id}/preferences", "desk").headers["ETag"]
    newer = put(ask, booked.patient_id, {"text": False}, headers={"If-Match": tag}).headers["ETag"]
    assert newer != tag
    late = put(ask, booked.patient_id, {"text": True}, headers={"If-Match": tag})
    assert (late.status_code, late.json["code"]) == (412, "stale_version")
    assert put(ask, booked.patient_id, {"text": True}, headers={"If-Match": newer}).json["text"]["agreed"] is True


def test_stop_is_stronger_than_the_desk(world: World, booked: Story, ask: Ask) -> None:
    world.send_all()
    world.sandbox.reply(PATIENT_PHONE, body="STOP")
    told = put(ask, booked.patient_id, {"text": True}).json["text"]
    assert (told["open"], told["closed_because"]) == (False, "opted_out")


def test_physicians_are_not_texted(booked: Story, ask: Ask) -> None:
    known = ask("GET", f"/people/{booked.physician_id}/preferences", "desk").json
    assert (known["role"], known["text"]) == ("physician", None)
    assert put(ask, booked.physician_id, {"text": True}).status_code == 422
    assert put(ask, booked.physician_id, {"email": False}).json["email"]["agreed"] is False


@pytest.mark.parametrize("wanted", [{"text": "perhaps"}, {"language": "xx"}, {"phone": "1"}, [], {"text": 1.5}])
def test_wishes_that_make_no_sense_are_refused(booked: Story, ask: Ask, wanted: Any) -> None:
    assert put(ask, booked.patient_id, wanted).status_code == 422


def test_nobodys_preferences_are_not_found(world: World, ask: Ask) -> None:
    assert ask("GET", f"/people/{uuid4()}/preferences", "desk").status_code == 404
    assert put(ask, uuid4(), {"text": True}).status_code == 404


@pytest.mark.parametrize("role", ["therapist", "physician"])
def test_preferences_are_the_desks(booked: Story, ask: Ask, role: str) -> None:
    assert ask("GET", f"/people/{booked.patient_id}/preferences", role).status_code == 403


def test_links_are_listed_without_their_tokens_and_revoked(world: World, booked: Story, ask: Ask) -> None:
    world.send_all()
    token = next(text for text in world.sandbox.texts() if "/l/" in text["body"])["body"].split("/l/", 1)[1].split()[0]
    listed = ask("GET", f"/people/{booked.patient_id}/links", "desk")
    assert token not in listed.get_data(as_text=True)
    one = next(link for link in listed.json if link["purpose"] == "series")
    assert ask("POST", "/links/open", "service", json={"token": token}).status_code == 200
    assert ask("POST", f"/links/{one['id']}/revoke", "desk").status_code == 200
    assert ask("POST", "/links/open", "service", json={"token": token}).status_code == 404
    assert ask("POST", f"/links/{uuid4()}/revoke", "desk").status_code == 404


def test_all_links_of_a_person_are_revoked_at_once(world: World, booked: Story, ask: Ask) -> None:
    world.send_all()
    count = len(ask("GET", f"/people/{booked.patient_id}/links", "desk").json)
    assert count
    assert ask("POST", f"/people/{booked.patient_id}/links/revoke", "desk").json == {"revoked": count}
    assert ask("POST", f"/people/{booked.patient_id}/links/revoke", "desk").json == {"revoked": 0}
    assert ask("POST", f"/people/{booked.patient_id}/links/revoke", "therapist").status_code == 403
