"""Random lives of one referral and its visits, as booking would tell them."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st

from services.contracts.event import Event
from tests.notify.facts import NOW, Story

HOURS = st.integers(-48, 24 * 20)
OPEN, OVER = ("booked", "confirmed"), ("cancelled", "missed")
BEGINNING = NOW - timedelta(days=15)


@st.composite
def histories(draw: st.DrawFn, most_acts: int = 5) -> list[Event]:
    """Everything that was told until now, in the order in which it happened."""
    starts = tuple(sorted(NOW + timedelta(hours=draw(HOURS)) for _ in range(draw(st.integers(1, 3)))))
    updates = draw(st.sampled_from(["every_visit", "end", "exceptions", "none"]))
    story = Story(starts=starts, updates=updates)
    told = [*story.people(), story.received(NOW - timedelta(days=20))]
    told.append(draw(st.sampled_from([story.accepted(), story.declined()])))
    told += [*(story.booked(n) for n in range(1, len(starts) + 1)), story.series_booked(BEGINNING)]
    for number in range(1, len(starts) + 1):
        told += draw(_lives(story, number, most_acts))
    told += draw(_of_the_series(story))
    told += draw(_offers(story))
    for version in range(2, 2 + draw(st.integers(0, 2))):
        consents = {"text_consent": draw(st.booleans()), "email_consent": draw(st.booleans())}
        told.append(story.patient(version, **consents))
    if draw(st.booleans()):
        told.append(story.clinic(2, reminder_minutes=(1440, 60)))
    if draw(st.booleans()):
        told.append(story.amended(updates=draw(st.sampled_from(["every_visit", "exceptions"]))))
        told.append(story.ended(at=NOW - timedelta(minutes=draw(st.integers(0, 100)))))
    return told


@st.composite
def _lives(draw: st.DrawFn, story: Story, number: int, most: int) -> list[Event]:
    """Acts on one visit, mostly of the last minutes, each as its state allows."""
    told: list[Event] = []
    state, version, start = "booked", 1, story.starts[number - 1]
    agos = sorted(draw(st.lists(st.integers(0, 12) | st.integers(0, 60 * 24 * 14), max_size=most)), reverse=True)
    for minutes in agos:
        at, version = NOW - timedelta(minutes=minutes), version + 1
        act = draw(st.sampled_from(["move", "confirm", "cancel", "miss"] if state in OPEN else ["restore"]))
        match act:
            case "move":
                was, start = start, draw(st.sampled_from([story.starts[number - 1], *_times(draw)]))
                by = draw(st.sampled_from(["clinic", "patient"]))
                told.append(story.moved(number, version, start, at, by, was))
                state = "booked"
            case "confirm":
                told.append(story.confirmed(number, version, start))
                state = "confirmed"
            case "cancel":
                told.append(story.cancelled(number, version, at, starts_at=start))
                state = "cancelled"
            case "miss":
                told.append(story.missed(number, version, at, starts_at=start))
                state = "missed"
            case _:
                told.append(story.restored(number, version, at, starts_at=start))
                state = "booked"
    if state in OPEN and draw(st.booleans()):
        ended = NOW - timedelta(hours=draw(st.integers(0, 40)))
        told.append(story.completed(number, version + 1, ended, start))
    return told


def _times(draw: st.DrawFn) -> list[datetime]:
    return [NOW + timedelta(hours=draw(HOURS)) for _ in range(2)]


@st.composite
def _of_the_series(draw: st.DrawFn, story: Story) -> list[Event]:
    told: list[Event] = []
    ago = sorted(draw(st.lists(st.integers(0, 600), max_size=3)), reverse=True)
    for version, minutes in enumerate(ago, 2):
        at = NOW - timedelta(minutes=minutes)
        match draw(st.sampled_from(["changed", "cancelled", "completed", "added"])):
            case "changed":
                told.append(story.series_changed(version, at))
            case "added":
                told.append(story.series_changed(version, at, visits=len(story.starts) + version))
            case "cancelled":
                told.append(story.series_cancelled(version, at))
            case _:
                told.append(story.series_completed(at, version))
    return told


@st.composite
def _offers(draw: st.DrawFn, story: Story) -> list[Event]:
    if not draw(st.booleans()):
        return []
    told = [story.offered(at=NOW - timedelta(minutes=draw(st.integers(5, 600))))]
    if draw(st.booleans()):
        how = draw(st.sampled_from(["accepted", "declined", "lapsed", "taken"]))
        told.append(story.offer_ended(how, at=NOW - timedelta(minutes=draw(st.integers(0, 4)))))
    return told
