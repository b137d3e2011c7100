"""Reports that are lost: of a text that was handed over the provider is asked by its id, a few times, and it counts
as if it had been told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from services.notify.models import Message
from services.notify.sending import following, unreported
from services.notify.transports.twilio import TwilioTransport
from tests.notify.facts import PATIENT_EMAIL, PATIENT_PHONE, Story
from tests.notify.world import World, eventually, free_port

Ask = Callable[..., Any]


@pytest.fixture
def silent(world: World, story: Story) -> Message:
    """A confirmation that was handed over by text, of which every report is lost."""
    world.sandbox.turn(twilio={"callbacks": {"lost": 1}, "outcomes": {PATIENT_PHONE: 30005}})
    world.tell(story.clinic(), story.patient(), *story.booking())
    world.send()
    eventually(lambda: world.sandbox.texts()[0]["status"] == "undelivered")
    message = world.message("series_confirmation")
    assert message.state == "sent"
    return message


def an_hour_later(world: World) -> int:
    world.query("UPDATE attempts SET ask_at = clock_timestamp() WHERE ask_at IS NOT NULL")
    asked = unreported.ask_due(world.runtime, world.transports)
    follow(world)
    return asked


def follow(world: World) -> None:
    while following.some(world.runtime):
        pass
    world.plan_anew()


def test_a_text_that_did_not_arrive_is_followed_by_an_email_though_its_report_is_lost(
    world: World, silent: Message
) -> None:
    assert an_hour_later(world) == 1
    assert world.message("series_confirmation", channel="text").state == "failed"
    world.send_all()
    world.becomes("series_confirmation", "delivered", channel="email")
    assert len(world.sandbox.emails(to=PATIENT_EMAIL)) == 1
    assert world.tasks() == ["address_wrong"]


def test_a_text_that_arrived_is_known_to_have(world: World, silent: Message) -> None:
    world.query("UPDATE attempts SET provider_id = :sid", sid=a_delivered_text(world))
    an_hour_later(world)
    assert world.message("series_confirmation").state == "delivered"
    assert world.query("SELECT ask_at FROM attempts") == [(None,)]
    assert an_hour_later(world) == 0


def a_delivered_text(world: World) -> str:
    text = world.sandbox.post_text(To="+12025550199", From=world.settings.twilio_from, Body="Hello").json()

    def ours() -> dict[str, Any]:
        return next(one for one in world.sandbox.texts() if one["sid"] == text["sid"])

    eventually(lambda: ours()["status"] == "delivered")
    return str(text["sid"])


def test_it_is_asked_after_an_hour_and_not_before(world: World, silent: Message) -> None:
    assert unreported.ask_due(world.runtime, world.transports) == 0
    [(wait,)] = world.query("SELECT extract(epoch FROM ask_at - started_at) FROM attempts")
    assert round(wait) == world.settings.unreported_after == 3600


def test_what_the_provider_does_not_tell_is_asked_three_times_with_growing_gaps(world: World, silent: Message) -> None:
    world.query("UPDATE attempts SET provider_id = 'SM' || repeat('0', 32)")
    gaps = []
    while an_hour_later(world):
        gaps += world.query("SELECT round(extract(epoch FROM ask_at - clock_timestamp()) / 3600) FROM attempts")
        assert len(gaps) < 9
    assert [gap for (gap,) in gaps] == [3, 9, None]
    assert world.message("series_confirmation").state == "sent", "it is not sent again: it may have arrived"


def test_its_late_report_has_no_second_effect(world: World, silent: Message) -> None:
    an_hour_later(world)
    world.send_all()
    world.becomes("series_confirmation", "delivered", channel="email")
    before = world.query("SELECT state, attempts, fence, ready_at, trail FROM messages ORDER BY id")
    late_report(world, "undelivered", ErrorCode="30005")
    follow(world)
    assert world.query("SELECT state, attempts, fence, ready_at, trail FROM messages ORDER BY id") == before
    assert world.query("SELECT count(*) FROM callbacks WHERE provider = 'twilio'") == [(1,)]
    assert len(world.sandbox.emails()) == 1


def test_after_its_late_report_it_is_not_asked_about(world: World, silent: Message) -> None:
    late_report(world, "delivered")
    assert world.message("series_confirmation").state == "delivered"
    assert an_hour_later(world) == 0


def test_our_configuration_that_is_refused_is_found_out_once(world: World, story: Story) -> None:
    world.sandbox.turn(twilio={"callbacks": {"lost": 1}, "outcomes": {PATIENT_PHONE: 30034}})
    world.tell(story.clinic(), story.patient(), *story.booking())
    world.send()
    eventually(lambda: world.sandbox.texts()[0]["status"] == "failed")
    an_hour_later(world)
    assert world.tasks() == ["channel_stopped"]
    late_report(world, "failed", ErrorCode="30034")
    follow(world)
    message = world.message("series_confirmation")
    assert (message.state, message.attempts) == ("planned", 0)
    assert world.query("SELECT failures FROM pauses") == [(1,)]


def late_report(world: World, status: str, **more: str) -> None:
    """The one that was lost, as the provider would have told it."""
    [(attempt, sid)] = world.query("SELECT id, provider_id FROM attempts WHERE channel = 'text'")
    form = {"MessageSid": sid, "MessageStatus": status, **more}
    path = f"/hooks/twilio/status/{attempt}"
    signature = signed(world, path, form)
    answer = world.app.test_client().post(path, data=form, headers={"X-Twilio-Signature": signature})
    assert answer.status_code == 204


def signed(world: World, path: str, form: dict[str, str]) -> str:
    from services.sandbox.signing import twilio_signature

    return twilio_signature(world.settings.twilio_auth_token, world.settings.public_url + path, form)


def test_while_the_provider_is_away_nothing_is_spent(world: World, silent: Message) -> None:
    nowhere = TwilioTransport(replace(world.settings, twilio_api_url=f"http://127.0.0.1:{free_port()}"))
    world.query("UPDATE attempts SET ask_at = clock_timestamp()")
    assert unreported.ask_due(world.runtime, {"text": nowhere}) == 0
    [(asked, wait)] = world.query("SELECT asked, extract(epoch FROM ask_at - clock_timestamp()) FROM attempts")
    assert (asked, round(wait / 60)) == (0, 10)


def test_many_workers_ask_once(world: World, silent: Message) -> None:
    asked = list[str]()

    class Noting(TwilioTransport):
        def look_up(self, provider_id: str) -> Any:
            asked.append(provider_id)
            return super().look_up(provider_id)

    world.query("UPDATE attempts SET ask_at = clock_timestamp()")
    way_out = {"text": Noting(world.settings)}
    with ThreadPoolExecutor(6) as workers:
        list(workers.map(lambda _: unreported.ask_due(world.runtime, way_out), range(6)))
    assert len(asked) == 1


def test_a_pass_is_bounded_and_its_rows_are_found_by_an_index(world: World, silent: Message) -> None:
    [(message_id,)] = world.query("SELECT id FROM messages WHERE kind = 'series_confirmation'")
    world.query(
        "INSERT INTO attempts (id, message_id, fence, channel, address, digest, outcome, provider_id, ask_at)"
        " SELECT gen_random_uuid(), :id, 0, 'text', '', '', 'sent', 'SM' || n, clock_timestamp() - interval '1 s'"
        " FROM generate_series(1, 30) AS n",
        id=message_id,
    )
    assert unreported.ask_due(world.runtime, world.transports) == unreported.BATCH
    assert unreported.ask_due(world.runtime, world.transports) == 30 - unreported.BATCH
    world.query(
        "INSERT INTO attempts (id, message_id, fence, channel, address, digest, outcome)"
        " SELECT gen_random_uuid(), :id, 0, 'text', '', '', 'delivered' FROM generate_series(1, 3000)",
        id=message_id,
    )
    world.query("ANALYZE attempts")
    plan = world.query(f"EXPLAIN {str(unreported._TAKE).replace(':again', '600').replace(':most', '20')}")
    assert "attempts_unreported" in "\n".join(line for (line,) in plan)


def test_an_email_is_never_asked_about(world: World, story: Story) -> None:
    world.sandbox.turn(sendgrid={"callbacks": "off"})
    world.tell(story.clinic(), story.patient(text_consent=False), *story.booking())
    world.send()
    assert world.query("SELECT channel, outcome, ask_at FROM attempts") == [("email", "sent", None)]


def test_why_tells_that_the_provider_was_asked(world: World, silent: Message, ask: Ask) -> None:
    an_hour_later(world)
    why = ask("GET", f"/messages/{silent.id}", "desk").json["why"]
    assert [said for said in why if "Twilio was asked" in said] == [
        "Twilio was asked at Tue Mar 2 10:00, as no report had come: undelivered."
    ]


def test_metrics_tell_of_texts_without_any_report(world: World, silent: Message) -> None:
    world.query("UPDATE attempts SET provider_id = 'SM' || repeat('0', 32)")
    an_hour_later(world)
    told = world.app.test_client().get("/metrics").get_data(as_text=True)
    assert 'fascia_texts_unreported{state="text"} 1.0' in told
