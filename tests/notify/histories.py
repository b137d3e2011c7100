"""Random lives of one referral and its visits, as booking would tell them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from services.chassis.ids import new_id
from services.contracts.event import Event
from services.contracts.referrals import Copy
from tests.notify.facts import NOW, Story

HOURS = st.integers(-48, 24 * 20)
OPEN, OVER = ("booked", "confirmed"), ("cancelled", "missed")
BEGINNING = NOW - timedelta(days=15)
UPDATES = st.sampled_from(["every_visit", "midpoint_and_end", "end", "exceptions", "none"])
ZONES = st.sampled_from([None, "America/Los_Angeles", "Europe/Berlin"])


@st.composite
def histories(draw: st.DrawFn, most_acts: int = 5) -> list[Event]:
    """Everything that was told until now, in the order in which it happened."""
    story = draw(_stories())
    told = [*story.people(), *(story.physician(id_=copy.physician_id) for copy in story.copies)]
    told += draw(_of_a_referral(story, most_acts))
    if draw(st.booleans()):
        told += draw(_another(story, most_acts))
    for version in range(2, 2 + draw(st.integers(0, 2))):
        consents = {"text_consent": draw(st.booleans()), "email_consent": draw(st.booleans())}
        told.append(story.patient(version, **consents, timezone=draw(ZONES)))
    if draw(st.booleans()):
        told.append(draw(_policies(story)))
    if draw(st.booleans()):
        told.append(story.physician(2, delivery=draw(st.sampled_from(["email", "fax"]))))
    return told


@st.composite
def _stories(draw: st.DrawFn, **known: Any) -> Story:
    """The times of some of their visits fall on one day."""
    hours = sorted(draw(st.lists(HOURS | st.integers(40, 60), min_size=1, max_size=3)))
    copies = tuple(Copy(physician_id=new_id(), updates=draw(UPDATES)) for _ in range(draw(st.integers(0, 1))))
    starts = tuple(NOW + timedelta(hours=hour) for hour in hours)
    return Story(starts=starts, updates=draw(UPDATES), **({"copies": copies} | known))


@st.composite
def _policies(draw: st.DrawFn, story: Story) -> Event:
    return story.policy(
        2, texts_a_day=draw(st.integers(1, 4)), grace_minutes=draw(st.sampled_from([0, 3, 20])),
        invite=draw(st.booleans()), texts_from=draw(st.sampled_from(["08:00", "10:30"])),
        reminder_minutes=draw(st.sampled_from([(2880, 120), (1440, 60)])),
    )  # fmt: skip


@st.composite
def _another(draw: st.DrawFn, story: Story, most_acts: int) -> list[Event]:
    """A second series of the referral, a second referral of the patient, or one of another record of theirs."""
    same = {"patient_id": story.patient_id, "clinic_id": story.clinic_id, "physician_id": story.physician_id}
    if draw(st.booleans()):
        return draw(_of_a_referral(draw(_stories(**same, copies=())), most_acts))
    if draw(st.booleans()):
        return draw(_of_another_record(story, draw(_stories(**same | {"patient_id": new_id()}, copies=())), most_acts))
    second = draw(_stories(**same, copies=story.copies, referral_id=story.referral_id))
    return draw(_of_a_series(second, most_acts))


@st.composite
def _of_another_record(draw: st.DrawFn, story: Story, other: Story, most_acts: int) -> list[Event]:
    told = [other.patient(text_consent=draw(st.booleans())), *draw(_of_a_referral(other, most_acts))]
    for minutes, act in ((9, story.merged), (6, story.separated), (3, story.merged)):
        if draw(st.booleans()):
            told.append(act(other.patient_id, NOW - timedelta(minutes=minutes)))
    return told


@st.composite
def _of_a_referral(draw: st.DrawFn, story: Story, most_acts: int) -> list[Event]:
    told = [story.received(NOW - timedelta(days=20))]
    # Often so shortly before the booking that one e-mail tells of both.
    accepted_at = BEGINNING - timedelta(minutes=draw(st.integers(-5, 5) | st.integers(-60 * 24 * 15, 60 * 24 * 5)))
    told.append(draw(st.sampled_from([story.accepted(accepted_at), story.declined()])))
    if draw(st.integers(0, 3)):
        told += draw(_of_a_series(story, most_acts))
    if draw(st.booleans()):
        copies = draw(st.sampled_from([(), story.copies]))
        told.append(story.amended(updates=draw(UPDATES), copies=copies))
    if draw(st.booleans()):
        told.append(story.ended(at=NOW - timedelta(minutes=draw(st.integers(0, 100)))))
    return told


@st.composite
def _of_a_series(draw: st.DrawFn, story: Story, most_acts: int) -> list[Event]:
    told = [*(story.booked(n) for n in range(1, len(story.starts) + 1)), story.series_booked(BEGINNING)]
    for number in range(1, len(story.starts) + 1):
        told += draw(_lives(story, number, most_acts))
    return [*told, *draw(_of_the_series(story)), *draw(_offers(story))]


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
        ended = NOW - timedelta(minutes=draw(st.integers(0, 5) | st.integers(0, 60 * 40)))
        told.append(story.completed(number, version + 1, ended, start))
    return told


def _times(draw: st.DrawFn) -> list[datetime]:
    return [NOW + timedelta(hours=draw(HOURS)) for _ in range(2)]


@st.composite
def _of_the_series(draw: st.DrawFn, story: Story) -> list[Event]:
    told: list[Event] = []
    ago = sorted(draw(st.lists(st.integers(0, 5) | st.integers(0, 600), max_size=3)), reverse=True)
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
                told.append(story.series_completed(at, version, draw(st.integers(1, len(story.starts)))))
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
