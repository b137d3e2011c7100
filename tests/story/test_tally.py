from __future__ import annotations

from collections import Counter
from itertools import count
from typing import Any

import pytest

from services.local.story.expected import Expected
from services.local.story.tally import tally

SHOULD = Expected(
    Counter({("series_confirmation", "email"): 1, ("reminder_120", "text"): 3, ("closing_report", "email"): 2}),
    Counter({("series_confirmation", "text"): 1}),
    Counter({"address_wrong": 1}),
)
TEXTS, EMAILS = 4, 3
"""That the providers received; one of the texts in vain."""
_ids = count()


def message(kind: str, channel: str, state: str = "delivered") -> dict[str, Any]:
    return {
        "kind": kind, "channel": channel, "to": "patient", "state": state, "provider_id": str(next(_ids)),
        "sent_at": "2027-01-01", "due_at": "2027-01-01",
    }  # fmt: skip


@pytest.fixture
def told() -> list[dict[str, Any]]:
    """Everything as it should be."""
    arrived = [message(kind, channel) for kind, channel in SHOULD.kinds.elements()]
    return [*arrived, *(message(kind, channel, "failed") for kind, channel in SHOULD.failed.elements())]


def faults(messages: list[dict[str, Any]], texts: int = TEXTS, emails: int = EMAILS, *tasks: str) -> list[str]:
    return tally(messages, SHOULD, texts, emails, tasks or ("address_wrong",)).faults


def test_a_story_as_it_should_be_has_no_fault(told: list[dict[str, Any]]) -> None:
    assert faults(told) == []


def test_what_never_was_to_be_sent_does_not_count(told: list[dict[str, Any]]) -> None:
    assert faults([*told, message("reminder_120", "text", "superseded"), message("moved", "text", "expired")]) == []


def test_a_missing_message_is_named(told: list[dict[str, Any]]) -> None:
    messages = [m for m in told if m["kind"] != "reminder_120"]
    assert "reminder_120 by text: 0 instead of 3" in faults(messages)


def test_a_message_that_is_there_twice_is_named(told: list[dict[str, Any]]) -> None:
    assert "closing_report by email: 3 instead of 2" in faults([*told, message("closing_report", "email")])


def test_two_messages_under_one_provider_id_are_a_fault(told: list[dict[str, Any]]) -> None:
    told[0]["provider_id"] = told[1]["provider_id"]
    assert faults(told) == ["2 messages share one provider id"]


def test_a_message_nobody_expects_is_a_fault(told: list[dict[str, Any]]) -> None:
    assert any("surprise" in fault for fault in faults([*told, message("surprise", "text")]))


def test_a_text_the_provider_got_twice_is_a_fault_even_if_we_know_of_one(told: list[dict[str, Any]]) -> None:
    assert faults(told, TEXTS + 1) == [f"the provider received {TEXTS + 1} by text, {TEXTS} were sent"]


def test_what_was_not_delivered_is_a_fault(told: list[dict[str, Any]]) -> None:
    told[0]["state"] = "unknown"
    assert any("is unknown" in fault for fault in faults(told))


def test_a_failure_that_was_not_to_be_is_a_fault(told: list[dict[str, Any]]) -> None:
    told[1]["state"] = "failed"
    assert "given up: reminder_120 by text: 1 instead of 0" in faults(told)


def test_a_task_that_the_desk_did_not_get_is_a_fault_and_so_is_one_too_many(told: list[dict[str, Any]]) -> None:
    assert tally(told, SHOULD, TEXTS, EMAILS, ()).faults == ["tasks of the desk: 0 of address_wrong instead of 1"]
    assert faults(told, TEXTS, EMAILS, "address_wrong", "call_patient") == [
        "tasks of the desk: 1 of call_patient instead of 0"
    ]


def test_what_the_desk_tells_itself_needs_no_provider(told: list[dict[str, Any]]) -> None:
    by_desk = {**message("reminder_120", "desk", "sent"), "provider_id": None}
    assert faults([*told, by_desk, dict(by_desk)]) == ["reminder_120 by desk: 2 instead of 0"]
