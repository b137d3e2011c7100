"""Why a message is as it is: told in order, in sentences, and never more than may be told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.schedule import is_waking
from services.notify.why.explaining import About, sentence, sentences
from tests.notify.facts import (
    NOW,
    PATIENT_EMAIL,
    PATIENT_NAME,
    PATIENT_PHONE,
    PHYSICIAN_EMAIL,
    PHYSICIAN_NAME,
    ZONE,
    Story,
)
from tests.notify.world import World

Ask = Callable[..., Any]
ABOUT = About("reminder_2880", "text", ZoneInfo(ZONE), NOW)
AT = NOW.isoformat()


def test_a_reminder_tells_when_it_was_planned_for_and_why() -> None:
    entry = {"what": "planned", "at": AT, "due_at": AT, "moment": AT}
    assert sentence(entry, ABOUT) == "Planned for Tue Mar 2 10:00 because the clinic reminds 48 h before a visit."


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            {"what": "deferred", "because": "quiet_hours", "moment": "2027-03-02T03:00:00+00:00",
             "due_at": "2027-03-02T13:00:00+00:00"},
            "Deferred to Tue Mar 2 08:00: quiet hours.",
        ),
        (
            {"what": "deferred", "because": "quiet_hours", "moment": "2027-03-03T03:00:00+00:00",
             "due_at": "2027-03-03T01:30:00+00:00"},
            "Brought forward to Tue Mar 2 20:30: quiet hours.",
        ),
        (
            {"what": "fell_back", "channel": "text", "to": "email", "because": "opted_out"},
            "Fell back from text to e-mail: the number had opted out.",
        ),
        ({"what": "merged", "visits": 2}, "Tells of the 2 visits of that day in one message."),
        ({"what": "superseded", "because": "visit_cancelled"}, "No longer planned: the visit was cancelled."),
        ({"what": "capped", "because": "texts_a_day", "limit": 3, "due_at": "2027-03-03T13:00:00+00:00"},
         "Put off to Wed Mar 3 08:00: no more than 3 texts a day to one person."),
        ({"what": "expired", "because": "told_too_late"}, "Not sent: we learnt of it when its time was over."),
        (
            {"what": "tried", "channel": "text", "outcome": "delivered", "provider_id": "SM12", "at": AT,
             "delivered_at": "2027-03-02T15:01:00+00:00"},
            "Handed to Twilio at Tue Mar 2 10:00 (SM12), delivered at Tue Mar 2 10:01.",
        ),
        (
            {"what": "tried", "channel": "text", "outcome": "wrong_address", "code": "21211", "at": AT},
            "Twilio could not deliver it (Tue Mar 2 10:00), the address is wrong (21211).",
        ),
        (
            {"what": "tried", "channel": "email", "outcome": "unknown", "code": "timeout", "at": AT},
            "SendGrid was called at Tue Mar 2 10:00 and it is not known whether it took the message: timeout.",
        ),
        ({"what": "heard", "event": "delivered", "at": AT}, ""),
        ({"what": "heard", "event": "undelivered", "at": AT}, "Twilio reported undelivered at Tue Mar 2 10:00."),
        ({"what": "answered", "meaning": "confirm", "at": AT}, "The patient answered at Tue Mar 2 10:00: they come."),
        ({"what": "task", "kind": "call_patient", "at": AT}, "The desk was asked to call the patient."),
    ],
)  # fmt: skip
def test_every_decision_has_its_sentence(entry: dict[str, Any], said: str) -> None:
    assert sentence({"at": AT, **entry}, ABOUT) == said


def test_an_entry_that_nobody_knows_yet_is_told_by_its_name() -> None:
    assert sentence({"what": "held_for_review", "at": AT}, ABOUT) == "Held for review."
    assert sentence({"what": None}, ABOUT) == ""


_FACTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_NAMES = st.sampled_from(
    ["because", "reason", "channel", "to", "moment", "due_at", "visits", "limit", "at", "outcome", "code",
     "provider_id", "delivered_at", "event", "meaning", "kind", "done_at"]
)  # fmt: skip
_WHAT = st.sampled_from(
    ["planned", "retimed", "deferred", "fell_back", "merged", "superseded", "capped", "expired", "failed", "resent",
     "marked_sent", "tried", "heard", "answered", "task"]
)  # fmt: skip


@given(st.dictionaries(_NAMES, _FACTS), _WHAT | _FACTS)
def test_nothing_that_an_entry_holds_breaks_the_telling(facts: dict[str, Any], what: Any) -> None:
    assert all(said.endswith(".") for said in sentences([{**facts, "what": what}], ABOUT))


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_words_that_are_no_code_are_not_repeated(words: str) -> None:
    said = sentence({"what": "superseded", "because": f"{words}!", "at": AT}, ABOUT)
    assert said == "No longer planned."


def told(ask: Ask, world: World, kind: str, **wanted: Any) -> dict[str, Any]:
    answer = ask("GET", f"/messages/{world.message(kind, **wanted).id}", "desk")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


def test_a_message_tells_its_way_from_the_plan_to_the_phone(world: World, story: Story, ask: Ask) -> None:
    world.tell(*story.all_booked())
    world.send_all()
    world.becomes("series_confirmation", "delivered")
    message = told(ask, world, "series_confirmation")
    assert [entry["what"] for entry in message["trail"]][:2] == ["planned", "tried"]
    assert "delivered" in [entry["facts"].get("event") for entry in message["trail"]]
    planned, handed = message["why"]
    assert planned.endswith("because the series was booked.")
    assert handed.startswith("Handed to Twilio at Tue Mar 2 10:0")
    assert f"({message['provider_id']}), delivered at Tue Mar 2 10:0" in handed
    assert sorted(message["trail"], key=lambda entry: entry["at"]) == message["trail"]


def test_what_waits_for_the_morning_says_so(world: World, story: Story, ask: Ask) -> None:
    night = NOW + timedelta(hours=13)
    assert not is_waking(night, ZoneInfo(ZONE))
    world.tell(*story.people(), story.booked(), story.series_booked(at=night))
    why = told(ask, world, "series_confirmation")["why"]
    assert why == [
        "Planned for Tue Mar 2 23:00 because the series was booked.", "Deferred to Wed Mar 3 08:00: quiet hours.",
    ]  # fmt: skip


def test_a_reminder_of_a_cancelled_visit_says_why_it_is_not_sent(world: World, story: Story, ask: Ask) -> None:
    world.tell(*story.all_booked(), story.cancelled())
    message = told(ask, world, "reminder_2880", session_id=story.sessions[0])
    assert message["state"] == "superseded"
    assert message["why"][-1] == "No longer planned: the visit was cancelled."


def test_an_email_in_place_of_a_text_says_why(world: World, story: Story, ask: Ask) -> None:
    world.tell(story.clinic(), story.patient(text_consent=False), *story.booking())
    why = told(ask, world, "series_confirmation")["why"]
    assert "Fell back from text to e-mail: the person has not agreed to it." in why


def test_the_patients_answer_is_part_of_it(world: World, story: Story, ask: Ask) -> None:
    world.tell(*story.all_booked())
    world.at(story.starts[0] - timedelta(hours=47))
    world.send_all()
    world.becomes("reminder_2880", "delivered", session_id=story.sessions[0])
    world.sandbox.reply(PATIENT_PHONE, body="C")
    message = told(ask, world, "reminder_2880", session_id=story.sessions[0])
    assert message["why"][-1].endswith("they come.")
    assert "answered" not in [entry["what"] for entry in told(ask, world, "series_confirmation")["trail"]]


def test_what_the_desk_was_asked_is_part_of_it(world: World, story: Story, ask: Ask) -> None:
    world.tell(story.clinic(), story.physician(email=None), story.received())
    world.send_all()
    message = told(ask, world, "referral_received")
    assert message["why"][-2:] == [
        "Fell back from e-mail to the desk: there is no address.", "The desk was asked to send it by fax.",
    ]  # fmt: skip


def test_what_is_told_names_nobody(world: World, story: Story, ask: Ask) -> None:
    world.tell(*story.all_booked())
    world.send_all()
    world.becomes("series_confirmation", "delivered")
    world.sandbox.reply(PATIENT_PHONE, body="Is parking free?")
    for message in world.messages():
        text = ask("GET", f"/messages/{message.id}", "desk").get_data(as_text=True)
        secrets = (PATIENT_NAME, PATIENT_PHONE, PATIENT_EMAIL, PHYSICIAN_NAME, PHYSICIAN_EMAIL, "Harbor", "parking")
        assert not [word for word in secrets if word in text]


def test_a_message_without_a_trail_is_told_from_what_became_of_it(world: World, story: Story, ask: Ask) -> None:
    world.tell(*story.all_booked())
    world.query("UPDATE messages SET trail = '[]', state = 'expired', reason = 'too_late'")
    why = told(ask, world, "series_confirmation")["why"]
    assert why[0].startswith("Planned for")
    assert why[1] == "Not sent: its time was over before it could go."
