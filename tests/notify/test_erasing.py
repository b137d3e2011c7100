"""A patient is erased in notify: what was sent, of which kind and when, stays; to whom and what they wrote goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.contracts.referrals import PatientErased
from tests.notify.facts import NOW, PATIENT_EMAIL, PATIENT_PHONE, Story
from tests.notify.world import World, eventually


def erased(story: Story) -> PatientErased:
    return PatientErased(
        patient_id=story.patient_id, version=9, referral_ids=(story.referral_id,), erased_at=NOW + timedelta(days=60)
    )


def life(world: World, story: Story) -> None:
    """Texts and e-mails went out and were reported; the patient wrote; some messages are still planned."""
    world.tell(*story.all_booked())
    world.send_all()
    world.sandbox.reply(PATIENT_PHONE, body="CANARY could I bring my dog?")
    world.becomes("series_confirmation", "delivered", channel="text")
    eventually(lambda: world.query("SELECT 1 FROM replies"))


def opened(world: World) -> str:
    from services.notify.sealed import SEALED

    return "\n".join(
        world.runtime.seal.open(row[0])
        for place in SEALED
        for row in world.query(f"SELECT {place.column} FROM {place.table} WHERE {place.column} LIKE '%gAAAAA%'")
    )


def test_nobody_tells_to_whom_it_went_or_what_they_wrote(world: World, story: Story) -> None:
    life(world, story)
    before = opened(world)
    assert all(word in before for word in (PATIENT_PHONE, "CANARY", "Zzyzx"))
    world.tell(erased(story))
    after = opened(world)
    assert [one for one in (PATIENT_PHONE, PATIENT_EMAIL, "CANARY", "Zzyzx") if one in after] == []
    assert "Xylander" in after, "the physician's data stays"


def test_what_was_sent_and_when_stays_and_nothing_more_goes(world: World, story: Story) -> None:
    life(world, story)
    sent = {(m.kind, m.channel, m.sent_at) for m in world.messages() if m.sent_at}
    world.tell(erased(story))
    assert {(m.kind, m.channel, m.sent_at) for m in world.messages() if m.sent_at} == sent
    assert world.messages(state="planned") == []
    world.at(story.starts[-1] + timedelta(days=1))
    world.tell(story.clinic(2, reminder_minutes=(60,)))
    assert world.send() == 0
    assert world.messages(state="planned") == []


def test_what_comes_late_brings_nothing_back(world: World, story: Story) -> None:
    life(world, story)
    world.tell(erased(story))
    world.tell(story.patient(50), story.amended(51), story.booked(1, 52), story.completed(2, 53))
    assert world.query("SELECT 1 FROM contacts WHERE id = :id", id=story.patient_id) == []
    assert world.query("SELECT 1 FROM referrals WHERE id = :id", id=story.referral_id) == []
    assert world.messages(state="planned") == []


def test_a_provider_that_tells_late_tells_of_nobody(world: World, story: Story) -> None:
    life(world, story)
    [(attempt, provider)] = world.query(
        "SELECT attempts.id, attempts.provider_id FROM attempts JOIN messages ON messages.id = message_id"
        " WHERE kind = 'series_confirmation' AND attempts.channel = 'text'"
    )
    world.tell(erased(story))
    from services.notify.people.addresses import book_of
    from services.notify.sending.hearing import Event, hear
    from services.notify.transports.answer import Answer, Meaning

    late = Event("twilio", "late", attempt, "read", {"To": PATIENT_PHONE}, Answer(Meaning.DELIVERED, provider))
    hear(world.runtime.sessions, book_of(world.runtime), [late])
    assert world.query("SELECT content FROM callbacks WHERE event = 'read'") == [("",)]
    assert PATIENT_PHONE not in opened(world)


def test_a_stop_outlives_the_patient_as_a_keyed_hash(world: World, story: Story) -> None:
    life(world, story)
    world.sandbox.reply(PATIENT_PHONE, body="STOP")
    eventually(lambda: world.query("SELECT 1 FROM blocks WHERE reason = 'opted_out'"))
    before = world.query("SELECT address_hash FROM blocks")
    world.tell(erased(story))
    assert world.query("SELECT address_hash FROM blocks") == before
    again = Story()
    world.tell(*again.all_booked())
    assert {m.channel for m in world.messages(patient_id=again.patient_id, role="patient") if m.state == "planned"} == {
        "email"
    }


def test_a_refusal_at_the_desk_outlives_the_patient_too(world: World, story: Story) -> None:
    life(world, story)
    from services.notify.people import consent

    with world.runtime.sessions.begin() as session:
        consent.set(session, story.patient_id, "email", False, "desk", NOW)
    assert world.query("SELECT 1 FROM blocks WHERE channel = 'email'") == []
    world.tell(erased(story))
    assert world.query("SELECT channel, reason, source FROM blocks") == [("email", "opted_out", "erased")]


def test_another_patient_with_the_same_number_keeps_what_they_wrote(world: World, story: Story) -> None:
    life(world, story)
    other = Story()
    world.tell(other.patient(name="Bruno Zzyzxworth"))
    world.tell(erased(story))
    kept: list[Any] = world.query("SELECT id FROM contacts WHERE id = :id", id=other.patient_id)
    assert kept
    assert "Bruno" in opened(world)


def test_links_of_the_patient_and_about_their_referral_open_nothing(world: World, story: Story) -> None:
    life(world, story)
    assert world.query("SELECT 1 FROM links WHERE recipient = :id", id=story.patient_id)
    world.tell(erased(story))
    assert world.query("SELECT 1 FROM links WHERE recipient = :id", id=story.patient_id) == []
    assert world.query("SELECT 1 FROM links WHERE revoked_at IS NULL AND referral_id = :id", id=story.referral_id) == []


def test_tasks_about_the_patient_are_done(world: World, story: Story) -> None:
    life(world, story)
    eventually(world.tasks)
    world.tell(erased(story))
    assert world.tasks() == []


def test_it_comes_twice_and_nothing_more_happens(world: World, story: Story) -> None:
    life(world, story)
    world.tell(erased(story), erased(story))
    assert world.query("SELECT count(*) FROM erased") == [(1,)]
    assert world.query("SELECT count(*) FROM audit WHERE act = 'patient_erased'") == [(1,)]
