from __future__ import annotations

from itertools import count
from typing import Any

from services.local.story.tally import of_the_whole_story, tally


def whole_story(visits: int = 8) -> list[dict[str, Any]]:
    ids = count()
    kinds = of_the_whole_story(visits, retimed=True).elements()
    return [
        {
            "kind": kind, "channel": channel, "to": "patient", "state": "delivered",
            "provider_id": str(next(ids)), "sent_at": "2027-01-01", "due_at": "2027-01-01",
        }
        for kind, channel in kinds
    ]  # fmt: skip


def counted(messages: list[dict[str, Any]], texts: int = 28, emails: int = 12) -> list[str]:
    return tally(messages, of_the_whole_story(8, retimed=True), texts, emails).faults


def test_the_whole_story_has_no_fault() -> None:
    assert counted(whole_story()) == []


def test_a_missing_message_is_named() -> None:
    messages = [m for m in whole_story() if m["kind"] != "series_confirmation"]
    assert "series_confirmation by text: 0 instead of 1" in counted(messages)


def test_a_message_that_is_there_twice_is_named() -> None:
    messages = whole_story()
    assert "closing_report by email: 2 instead of 1" in counted(
        [*messages, *(m for m in messages if m["kind"] == "closing_report")]
    )


def test_a_message_nobody_expects_is_a_fault() -> None:
    extra = {**whole_story()[0], "kind": "surprise", "provider_id": "x"}
    assert any("surprise" in fault for fault in counted([*whole_story(), extra]))


def test_a_text_the_provider_got_twice_is_a_fault_even_if_we_know_of_one() -> None:
    assert counted(whole_story(), texts=29) == ["the provider received 29 by text, 28 were sent"]


def test_what_was_not_delivered_is_a_fault() -> None:
    messages = whole_story()
    messages[0]["state"] = "unknown"
    assert any("is unknown" in fault for fault in counted(messages))
