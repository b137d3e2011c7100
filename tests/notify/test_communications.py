"""Messages as FHIR: what the office that sent an order may see of them, and what nobody sees there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.communication import Communication

from services.contracts.referrals import ReferralEvent
from services.notify.api.fhir import STATUS
from services.notify.schemas.words import STATES
from tests.notify.facts import PATIENT_EMAIL, PATIENT_NAME, PATIENT_PHONE, PHYSICIAN_EMAIL, Story
from tests.notify.world import World

Ask = Callable[..., Any]


def told_by(account: str, story: Story) -> list[Any]:
    """The story's events, of an order that this account sent."""
    return [replace(e, sent_by=account) if isinstance(e, ReferralEvent) else e for e in story.all_booked()]


def found(ask: Ask, story: Story, *roles: str) -> list[dict[str, Any]]:
    answer = ask("GET", f"/fhir/Communication?based-on=ServiceRequest/{story.referral_id}", *roles)
    assert (answer.status_code, answer.content_type) == (200, "application/fhir+json")
    Bundle.model_validate(answer.json)
    return [entry["resource"] for entry in answer.json.get("entry", [])]


def test_each_message_is_a_communication_without_words_and_addresses(world: World, story: Story, ask: Ask) -> None:
    world.tell(*story.all_booked())
    world.send_all()
    shown = found(ask, story, "desk")
    assert len(shown) == len(world.messages(referral_id=story.referral_id))
    said = str([Communication.model_validate(one).model_dump() for one in shown])
    assert not [
        word for word in (PATIENT_NAME, PATIENT_PHONE, PATIENT_EMAIL, PHYSICIAN_EMAIL, "Harbor") if word in said
    ]
    one = ask("GET", f"/fhir/Communication/{shown[0]['id']}", "desk")
    assert one.json == shown[0]


def test_who_did_not_send_the_order_sees_nothing_of_its_messages(world: World, story: Story, ask: Ask) -> None:
    world.tell(*told_by("token:somebody-else", story))
    [message, *_] = found(ask, story, "desk")
    assert found(ask, story, "physician") == []
    answer = ask("GET", f"/fhir/Communication/{message['id']}", "physician")
    assert (answer.status_code, answer.json["resourceType"]) == (404, "OperationOutcome")


@pytest.mark.parametrize("query", ["", "?subject=Patient/1", "?based-on=ServiceRequest/1&subject=x"])
def test_a_search_that_names_no_order_is_refused(ask: Ask, query: str) -> None:
    answer = ask("GET", f"/fhir/Communication{query}", "desk")
    assert (answer.status_code, answer.json["issue"][0]["code"]) == (400, "not-supported")


def test_an_order_nobody_knows_has_no_messages(ask: Ask) -> None:
    assert found(ask, Story(), "desk") == []
    assert ask("GET", f"/fhir/Communication/{uuid4()}", "desk").status_code == 404
    assert ask("GET", "/fhir/Communication?based-on=ServiceRequest/x", "desk").json["total"] == 0


def test_every_state_of_a_message_has_its_word_in_fhir() -> None:
    allowed = {"preparation", "in-progress", "not-done", "completed", "unknown"}
    assert set(STATUS) == set(STATES)
    assert set(STATUS.values()) <= allowed
