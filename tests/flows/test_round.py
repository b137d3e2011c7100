"""One referral's whole round trip, on the whole stack, in peace and under fire."""

from __future__ import annotations

import io
import os
import signal
from pathlib import Path

import pytest
from rich.console import Console

from services.local.commands import make_token
from services.local.stack import Stack
from services.local.story.client import Door
from services.local.story.story import Story
from services.local.story.tally import FOR_WHO_CALLED_OFF, of_the_whole_story
from services.local.story.telling import Teller

ALL = of_the_whole_story(8, retimed=False).total() + FOR_WHO_CALLED_OFF.total()
"""So many, and one more when the therapist's sick day gives a visit another time."""


def quiet() -> Console:
    return Console(file=io.StringIO(), width=120)


class Killer(Teller):
    """Tells the story, and kills a process without warning at some of its facts."""

    def __init__(self, stack: Stack, victim: str, at_facts: set[int]) -> None:
        super().__init__(quiet())
        self._stack, self._victim, self._at_facts = stack, victim, at_facts
        self._facts = 0
        self.killed: set[int] = set()

    def fact(self, text: str) -> None:
        super().fact(text)
        self._facts += 1
        if self._facts in self._at_facts:
            pid = self._stack.processes.pid(self._victim)
            os.kill(pid, signal.SIGKILL)
            self.killed.add(pid)


def tell(stack: Stack, teller: Teller) -> Story:
    story = Story(Door(stack.url, make_token(stack, "admin")), teller)
    story.outcome = story.run()
    return story


def test_one_referral_goes_all_the_way_round_and_every_message_goes_out_once(stack: Stack) -> None:
    story = tell(stack, Teller(quiet()))
    assert story.outcome.faults == []
    assert len(story.outcome.messages) == ALL + story.retimed


def test_with_the_notify_worker_killed_three_times_nothing_is_lost_and_nothing_goes_out_twice(stack: Stack) -> None:
    killer = Killer(stack, "notify-worker", at_facts={3, 6, 9})
    story = tell(stack, killer)
    assert len(killer.killed) == 3
    assert story.outcome.faults == []
    assert len(story.outcome.messages) == ALL + story.retimed


def test_no_name_no_phone_and_no_word_of_a_text_is_in_any_log(stack: Stack) -> None:
    story = tell(stack, Teller(quiet()))
    logs = _logs(stack.folder)
    assert '"event": "request"' in logs
    for canary in _canaries(story):
        assert canary not in logs


def _canaries(story: Story) -> list[str]:
    """What must not be logged: who the patient and the physician are, what they have, and what was written to them."""
    bundle = {entry["resource"]["resourceType"]: entry["resource"] for entry in story.case.posted.bundle["entry"]}
    names = [bundle[kind]["name"][0]["family"] for kind in ("Patient", "Practitioner")]
    emails = [point["value"] for point in bundle["Patient"]["telecom"] if point["system"] == "email"]
    request = bundle["ServiceRequest"]
    clinical = [request["reasonCode"][0]["coding"][0]["code"], request["note"][0]["text"]]
    written = ["your visit is", "Tolerated well", "took place on"]
    addresses = [story.case.posted.phone, story.case.posted.phone[2:], story.case.posted.physician_email]
    return [*names, *emails, *clinical, *written, *addresses]


def _logs(folder: Path) -> str:
    files = [path for path in folder.rglob("*.log") if path.is_file()]
    assert len(files) > 8
    return "\n".join(path.read_text(errors="replace") for path in files)


@pytest.mark.long
@pytest.mark.parametrize("victim", ["booking-worker", "referrals-worker", "booking-api", "notify-api", "web"])
def test_with_any_process_killed_the_story_ends_the_same(stack: Stack, victim: str) -> None:
    killer = Killer(stack, victim, at_facts={2, 4, 7, 10})
    story = tell(stack, killer)
    assert killer.killed
    assert story.outcome.faults == []
