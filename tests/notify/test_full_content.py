"""What goes with an e-mail: reports where a practice wants them, calendar objects, a button to unsubscribe."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import icalendar
import pytest

from services.chassis import logs
from services.contracts import booking
from services.notify.sending import fetching
from tests.notify.booking import PDF, PNG
from tests.notify.facts import NOW, PATIENT_EMAIL, PHYSICIAN_EMAIL, Story
from tests.notify.world import World

POLICY = booking.MessagePolicy(
    texts_from="08:00", texts_until="21:00", texts_a_day=3, grace_minutes=3, invite=False, full_content=True
)
REPORTS = ("session_update", "closing_report")


def finished(world: World, story: Story, **policy: Any) -> None:
    """All visits took place, and everything about it is due."""
    world.tell(*story.all_booked(), story.clinic(2, **policy))
    world.tell(*(story.completed(number) for number in (1, 2, 3)), story.series_completed())
    world.at(story.starts[-1] + timedelta(hours=1))


def by_email(story: Story) -> list[Any]:
    return [story.clinic(), story.patient(phone=None), story.received(), story.accepted(), *story.booking()]


def sent_to(world: World, address: str, subject: str = "") -> list[dict[str, Any]]:
    return [one for one in world.sandbox.emails() if one["to"] == [address] and subject in one["subject"]]


def test_by_default_a_physician_gets_a_link_and_booking_is_not_even_asked(world: World, story: Story) -> None:
    finished(world, story)
    world.send_all()
    (closing,) = sent_to(world, PHYSICIAN_EMAIL, "closing report")
    assert not closing["attachments"]
    assert "/l/" in closing["text"]
    assert "Oswestry" not in closing["text"] + closing["html"]
    assert not [path for path in world.booking.asked if "report" in path]


def test_with_full_content_the_report_is_in_the_email(world: World, story: Story) -> None:
    finished(world, story, messages=POLICY)
    world.send_all()
    (closing,) = sent_to(world, PHYSICIAN_EMAIL, "closing report")
    assert ["Pain, 0 to 10", "7", "3", "-4, improving"] in _table(closing["text"])
    assert ["Range of motion: lumbar flexion", "41°", "55.5°", "+14.5, improving"] in _table(closing["text"])
    assert closing["attachments"] == [
        {"filename": "closing-report-R-2027-0042.pdf", "type": "application/pdf", "bytes": len(PDF)},
        {"filename": "chart.png", "type": "image/png", "bytes": len(PNG), "content_id": "chart"},
    ]
    assert 'src="cid:chart"' in closing["html"]
    assert "attached as a PDF" in closing["text"]


def test_before_anything_was_measured_there_is_no_chart(world: World, story: Story) -> None:
    world.booking.measured = False
    finished(world, story, messages=POLICY)
    world.send_all()
    (closing,) = sent_to(world, PHYSICIAN_EMAIL, "closing report")
    assert [one["type"] for one in closing["attachments"]] == ["application/pdf"]
    assert "cid:" not in closing["html"]


def test_nothing_is_sent_half_while_booking_is_away(world: World, story: Story) -> None:
    world.booking.away = True
    finished(world, story, messages=POLICY)
    world.tell(story.renewal(at=story.starts[-1]))
    world.send_all()
    assert not sent_to(world, PHYSICIAN_EMAIL, "closing report")
    waiting = world.message("closing_report", channel="email")
    assert (waiting.state, waiting.reason) == ("planned", "retry:upstream_away")
    assert waiting.ready_at > story.starts[-1] + timedelta(hours=1, seconds=20)
    assert sent_to(world, PHYSICIAN_EMAIL, "renewal"), "what needs nothing from booking is not held up"
    world.booking.away = False
    world.at(story.starts[-1] + timedelta(hours=1, minutes=2))
    world.send_all()
    assert len(sent_to(world, PHYSICIAN_EMAIL, "closing report")) == 1


def test_a_report_that_is_not_there_leaves_the_link(world: World, story: Story) -> None:
    world.booking.gone = True
    finished(world, story, messages=POLICY)
    world.send_all()
    (closing,) = sent_to(world, PHYSICIAN_EMAIL, "closing report")
    assert not closing["attachments"]
    assert "/l/" in closing["text"]


def test_a_report_that_is_too_large_for_an_email_stays_behind_the_link(
    world: World, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MOST_BYTES", len(PDF))
    finished(world, story, messages=POLICY)
    world.send_all()
    (closing,) = sent_to(world, PHYSICIAN_EMAIL, "closing report")
    assert not closing["attachments"]
    assert "Oswestry" not in closing["text"]


def test_an_answer_that_nobody_understands_makes_the_email_wait(
    world: World, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_rows", lambda *_: 1 / 0)
    finished(world, story, messages=POLICY)
    world.send_all()
    assert not sent_to(world, PHYSICIAN_EMAIL, "closing report")
    assert world.message("closing_report", channel="email").reason == "retry:not_completed"


def test_nothing_of_a_report_is_kept_or_logged(world: World, story: Story, capfd: pytest.CaptureFixture[str]) -> None:
    root, level = logging.getLogger(), logging.getLogger().level
    before = root.handlers[:]
    logs.configure("notify-test", level=logging.DEBUG)
    try:
        finished(world, story, messages=POLICY)
        world.send_all()
    finally:
        root.handlers, root.level = before, level
    out, err = capfd.readouterr()
    assert "handed_over" in out
    assert not [word for word in ("Oswestry", "lumbar", "improving", "%PDF") if word in out + err]
    kept = str(world.query("SELECT * FROM messages, attempts")) + str(world.query("SELECT * FROM audit"))
    assert not [word for word in ("Oswestry", "lumbar", "improving") if word in kept]


def test_a_booked_series_comes_with_its_calendar(world: World, story: Story) -> None:
    world.tell(*by_email(story))
    world.send_all()
    (booked,) = sent_to(world, PATIENT_EMAIL, "visits at")
    calendar = _calendar(booked, "PUBLISH")
    assert len(calendar.walk("VEVENT")) == 3
    assert not [event for event in calendar.walk("VEVENT") if "ATTENDEE" in event], "published to nobody in particular"
    assert "attached for your calendar" in booked["text"]


def test_a_moved_visit_is_moved_in_the_calendar_too(world: World, story: Story) -> None:
    world.tell(*by_email(story))
    world.send_all()
    world.tell(story.moved(1, 2))
    world.at(NOW + timedelta(minutes=4))
    world.send_all()
    (moved,) = sent_to(world, PATIENT_EMAIL, "has changed")
    (event,) = _calendar(moved, "REQUEST").walk("VEVENT")
    assert event["UID"] == str(story.sessions[0])
    assert event["ATTENDEE"] == f"mailto:{PATIENT_EMAIL}"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert event["ORGANIZER"] == "mailto:desk@harbor.example"
    assert f"/sessions/{story.sessions[0]}/calendar?method=request" in world.booking.asked


def test_a_cancelled_visit_is_taken_out_of_the_calendar(world: World, story: Story) -> None:
    world.tell(*by_email(story))
    world.send_all()
    world.tell(story.cancelled(1, 2))
    world.at(NOW + timedelta(minutes=4))
    world.send_all()
    (cancelled,) = sent_to(world, PATIENT_EMAIL, "is cancelled")
    (event,) = _calendar(cancelled, "CANCEL").walk("VEVENT")
    assert event["STATUS"] == "CANCELLED"
    assert event["ATTENDEE"] == f"mailto:{PATIENT_EMAIL}"


def test_a_visit_that_was_changed_meanwhile_is_told_without_a_calendar(world: World, story: Story) -> None:
    world.booking.gone = True
    world.tell(*by_email(story))
    world.send_all()
    (booked,) = sent_to(world, PATIENT_EMAIL, "visits at")
    assert not booked["attachments"]
    assert "calendar" not in booked["text"]


def test_an_address_cannot_say_more_than_an_address() -> None:
    with pytest.raises(ValueError, match="CR or LF"):
        fetching.invitation(_request(), "a@b.example\r\nX-EVIL:1")


def test_a_text_asks_booking_for_nothing(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    world.send_all()
    assert world.sandbox.texts()
    assert world.booking.asked == []


def test_a_patient_can_unsubscribe_with_one_click_of_the_mail_program(world: World, story: Story) -> None:
    from services.notify.transports.answer import Letter
    from services.notify.transports.sendgrid import _mail

    ids = [story.patient_id, story.series_id]
    letter = Letter(*ids, 1, "email", PATIENT_EMAIL, "text", "subject", "html", preferences="https://c.example/l/t")
    assert _mail(letter, "desk@harbor.example")["headers"] == {
        "List-Unsubscribe": "<https://c.example/l/t/unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert "headers" not in _mail(Letter(*ids, 1, "email", PHYSICIAN_EMAIL, "text", "s", "h"), "desk@harbor.example")


def _request() -> bytes:
    return (
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\n"
        b"DTSTART:20270309T200000Z\r\nDTSTAMP:20270301T000000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def _calendar(email: dict[str, Any], method: str) -> icalendar.Calendar:
    """The part that a mail program acts on; its type says the method that is in it."""
    calendar = icalendar.Calendar.from_ical(email["content"][f"text/calendar; method={method}"])
    assert calendar["METHOD"] == method
    assert [(one["filename"], one["type"]) for one in email["attachments"]] == [("invite.ics", "application/ics")]
    return calendar


def _table(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("  ") if cell] for line in text.splitlines()]
