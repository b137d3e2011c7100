"""The demo's story, told to the whole stack, in peace and under fire."""

from __future__ import annotations

import io
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from services.cli import main
from services.local.commands import make_token
from services.local.stack import Stack
from services.local.story.client import Door
from services.local.story.expected import together
from services.local.story.story import Story
from services.local.story.telling import Teller


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


def tell(stack: Stack, teller: Teller, begins_in: timedelta = timedelta(0)) -> Story:
    story = Story(Door(stack.url, make_token(stack, "admin")), teller, begins_in)
    story.outcome = story.run()
    return story


def assert_told_once(story: Story) -> None:
    assert story.outcome.faults == []
    assert len(story.outcome.messages) == together(story.expected())


def test_every_message_of_the_story_goes_out_once_and_says_why(stack: Stack) -> None:
    story = tell(stack, Teller(quiet()))
    assert_told_once(story)
    told = [said_by_the_command(stack, message_id) for message_id in story.post.explained]
    assert [("Deferred to" in said, "the number had opted out" in said) for said in told] == [
        (True, False), (False, True),
    ]  # fmt: skip
    for message_id, said in zip(story.post.explained, told, strict=True):
        assert all(sentence in said for sentence in story.door.get(f"/api/notify/messages/{message_id}")["why"])


def said_by_the_command(stack: Stack, message_id: str) -> str:
    wide = {**stack.environment, "COLUMNS": "300"}
    return CliRunner().invoke(main, ["why", message_id], env=wide, catch_exceptions=False).output


def test_with_the_notify_worker_killed_three_times_nothing_is_lost_and_nothing_goes_out_twice(stack: Stack) -> None:
    killer = Killer(stack, "notify-worker", at_facts={3, 8, 12})
    story = tell(stack, killer)
    assert len(killer.killed) == 3
    assert_told_once(story)


def test_no_name_no_phone_and_no_word_of_a_text_is_in_any_log(stack: Stack) -> None:
    story = tell(stack, Teller(quiet()))
    logs = _logs(stack.folder)
    assert '"event": "request"' in logs
    for canary in _canaries(story):
        assert canary not in logs


def _canaries(story: Story) -> list[str]:
    """What must not be logged: who patients and physicians are, what they have, and what was written to them."""
    people = [person for case in story.cases for person in (case.patient, *case.posted.physicians)]
    phones = [case.patient.phone for case in story.cases]
    bundle = {entry["resource"]["resourceType"]: entry["resource"] for entry in story.marisol.posted.body["entry"]}
    request, typed = bundle["ServiceRequest"], story.ingrid.posted.body
    clinical = [request["reasonCode"][0]["coding"][0]["code"], request["note"][0]["text"]]
    clinical += [*typed["diagnoses"], *typed["goals"]]
    written = ["your visit is", "su cita es", "Tolerated well", "took place on"]
    who = [word for one in people for word in (one.name, one.family, one.email)]
    return [*who, *phones, *(phone[2:] for phone in phones), *clinical, *written]


def _logs(folder: Path) -> str:
    files = [path for path in folder.rglob("*.log") if path.is_file()]
    assert len(files) > 8
    return "\n".join(path.read_text(errors="replace") for path in files)


@pytest.mark.long
@pytest.mark.parametrize("victim", ["booking-worker", "referrals-worker", "booking-api", "notify-api", "web"])
def test_with_any_process_killed_the_story_ends_the_same(stack: Stack, victim: str) -> None:
    killer = Killer(stack, victim, at_facts={3, 5, 8, 10})
    story = tell(stack, killer)
    assert killer.killed
    assert_told_once(story)


@pytest.mark.long
@pytest.mark.parametrize("days", range(1, 8))
def test_on_whatever_day_it_begins_the_story_ends_the_same(stack: Stack, days: int) -> None:
    assert_told_once(tell(stack, Teller(quiet()), begins_in=timedelta(days=days)))
