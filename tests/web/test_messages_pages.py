"""The pages of messages, tasks and wishes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, jsonify

from services.web.app import app_for
from services.web.settings import Settings
from tests.web.conftest import Browser
from tests.web.test_visit import VISIT, asked

Told = dict[str, Any]
MESSAGE = "0190f3a0-0000-7000-8000-0000000000d1"
TASK = "0190f3a0-0000-7000-8000-0000000000d2"
PATIENT = "0190f3a0-0000-7000-8000-0000000000d3"
LINK = "0190f3a0-0000-7000-8000-0000000000d4"


@pytest.fixture
def web(behind: tuple[str, Any], keys: tuple[str, str], migrated: Callable[[str], str]) -> Any:
    """As in the other tests, with notify behind it too."""
    settings = Settings(
        database_url=migrated("web"), signing_key=keys[0], session_secret="only for tests",
        referrals=behind[0], booking=behind[0], notify=behind[0],
    )  # fmt: skip
    made = app_for(settings)
    made.test_client_class = Browser
    yield made
    made.extensions["engine"].dispose()


@pytest.fixture
def told(behind: tuple[str, Told]) -> Told:
    answers = behind[1]
    answers["POST api/referrals/patients/names"] = [{"patient_id": PATIENT, "name": "Grace Hopper"}]
    answers["POST api/notify/people/names"] = [{"person_id": PATIENT, "name": "Grace Hopper", "role": "patient"}]
    answers["GET api/notify/tasks"] = lambda: _tasks(answers)
    answers["tasks"] = []
    return answers


def _tasks(answers: Told) -> Any:
    done = answers["asked"][-1][1]["query"].get("done")
    return [] if done else answers["tasks"]


def message(**said: Any) -> Told:
    return {
        "id": MESSAGE, "kind": "reminder_2880", "title": "Reminder, 48 h before", "channel": "text", "to": "patient",
        "state": "delivered", "reason": None, "due_at": "2027-03-09T14:00:00+00:00", "sent_at": None,
        "send_before": "2027-03-10T14:00:00+00:00", "provider_id": "SM12", "session_id": VISIT, "series_id": None,
        "starts_at": "2027-03-11T14:00:00+00:00", "patient_id": PATIENT, "recipient_id": PATIENT, "covers": [],
        "tries": [], "trail": [], "why": [], "waits_for_desk": False, **said,
    }  # fmt: skip


def line(what: str, at: str, kind: str, **said: Any) -> Told:
    nothing = dict.fromkeys(("title", "to", "state", "reason", "text", "session_id", "message_id"))
    return {**nothing, "what": what, "at": at, "id": MESSAGE, "kind": kind, "channel": "text", **said}


def test_a_patients_messages_are_a_timeline_by_day(at_desk: Browser, told: Told) -> None:
    told[f"GET api/notify/patients/{PATIENT}/timeline"] = [
        line("message", "2027-03-11T14:00:00Z", "reminder_120", title="Reminder, 2 h before", to="patient",
             state="planned"),
        line("reply", "2027-03-09T14:00:00Z", "unclear", text="Can I bring <b>my</b> dog?"),
        line("consent", "2027-03-09T13:00:00Z", "revoked", reason="desk"),
        line("task", "2027-03-08T13:00:00Z", "read_reply", state="open"),
    ]  # fmt: skip
    page = at_desk.get(f"/patient/{PATIENT}/messages").text
    assert "Grace Hopper" in page
    assert f'href="/message/{MESSAGE}"' in page
    assert "To come (1 planned)" in page
    assert page.index("Thursday, 11 March 2027") < page.index("Tuesday, 9 March 2027")
    assert "text to the patient" in page
    assert "Can I bring &lt;b&gt;my&lt;/b&gt; dog?" in page
    assert "No more texts" in page
    assert "said by the desk" in page
    assert "Read and answer" in page


def test_filters_are_passed_on_and_kept(at_desk: Browser, told: Told) -> None:
    name = f"GET api/notify/sessions/{VISIT}/timeline"
    told[name] = []
    page = at_desk.get(f"/visit/{VISIT}/messages?what=message&channel=&state=failed").text
    assert asked(told, name)[0]["query"] == {"what": "message", "state": "failed", "limit": "100"}
    assert '<option value="failed" selected>' in page
    assert "Nothing like that" in page
    assert f'href="/visit/{VISIT}"' in page


def test_older_messages_are_on_the_next_page(web: Flask, at_desk: Browser, told: Told) -> None:
    def paged() -> Any:
        answer = jsonify([line("message", "2027-03-11T14:00:00Z", "moved", title="Moved", to="patient", state="sent")])
        answer.headers["Link"] = '</api/notify/physicians/x/timeline?before=abc%3D&what=message>; rel="next"'
        return answer

    told[f"GET api/notify/physicians/{PATIENT}/timeline"] = paged
    page = at_desk.get(f"/physician/{PATIENT}/messages?what=message").text
    assert f'href="/physician/{PATIENT}/messages?what=message&amp;before=abc%3D"' in page


@pytest.mark.parametrize("path", [f"/visit/{VISIT}/messages", f"/patient/{PATIENT}/messages", "/messages", "/tasks"])
def test_where_there_is_nothing_yet_the_page_says_what_will_be(at_desk: Browser, told: Told, path: str) -> None:
    told["GET api/notify/messages"] = []
    for whose in (f"sessions/{VISIT}", f"patients/{PATIENT}"):
        told[f"GET api/notify/{whose}/timeline"] = []
    assert "appear here" in at_desk.get(path).text


def test_a_message_tells_why(at_desk: Browser, told: Told) -> None:
    trail = [
        {"at": "2027-03-09T14:00:00Z", "what": "planned", "facts": {}, "sentence": "Planned because."},
        {"at": "2027-03-09T14:00:00Z", "what": "heard", "facts": {}, "sentence": ""},
    ]
    told[f"GET api/notify/messages/{MESSAGE}"] = message(trail=trail)
    page = at_desk.get(f"/message/{MESSAGE}").text
    assert "Planned because." in page
    assert page.count("<li class=") == 1
    assert "SM12" in page
    assert "Send again" not in page
    assert f'href="/patient/{PATIENT}/messages"' in page


def test_what_nobody_can_tell_of_is_sent_again_only_when_confirmed(at_desk: Browser, told: Told) -> None:
    told[f"GET api/notify/messages/{MESSAGE}"] = message(state="unknown", waits_for_desk=True)
    page = at_desk.get(f"/message/{MESSAGE}").text
    before, confirm = page.split("<summary", 1)[1].split("</summary>", 1)
    assert "Send again" in before
    assert "then the patient gets it twice" in confirm
    told[f"POST api/notify/messages/{MESSAGE}/resend"] = {}
    assert "It goes out again now." in at_desk.flashed(f"/message/{MESSAGE}/send-again", {"key": "k1"})
    assert asked(told, f"POST api/notify/messages/{MESSAGE}/resend")[0]["headers"]["Idempotency-Key"] == "k1"


def test_a_refusal_to_send_again_is_told_in_notifys_words(at_desk: Browser, told: Told) -> None:
    told[f"GET api/notify/messages/{MESSAGE}"] = message()
    refusal = {"code": "too_late", "message": "The time for this message is past.", "errors": {}}
    told[f"POST api/notify/messages/{MESSAGE}/resend"] = (409, refusal)
    assert "The time for this message is past." in at_desk.flashed(f"/message/{MESSAGE}/send-again")


def task(kind: str, **said: Any) -> Told:
    nothing = dict.fromkeys(("message", "session_id", "code", "text", "done_at"))
    return {**nothing, "id": TASK, "kind": kind, "patient_id": PATIENT, "conversation": [],
            "created_at": "2027-03-09T14:00:00Z", **said}  # fmt: skip


def test_a_task_shows_the_conversation_and_what_can_be_done(at_desk: Browser, told: Told) -> None:
    said = [
        {"at": "2027-03-09T13:00:00Z", "kind": "reminder_120"},
        {"at": "2027-03-09T14:00:00Z", "text": "Who is this?"},
    ]
    told["tasks"] = [
        task("read_reply", text="Who is this?", conversation=said),
        task("unknown_delivery", message=message(state="unknown")),
    ]
    page = at_desk.get("/tasks").text
    assert page.count("Who is this?") == 1
    assert "Find out whether it arrived" in page
    assert "Mark as sent" in page
    told[f"POST api/notify/messages/{MESSAGE}/mark-sent"] = {}
    assert at_desk.submit(f"/message/{MESSAGE}/mark-sent", {"from": "tasks"}).location == "/tasks"


def test_a_task_is_done_and_taken_back(at_desk: Browser, told: Told) -> None:
    for act in ("done", "reopen"):
        told[f"POST api/notify/tasks/{TASK}/{act}"] = {}
        at_desk.flashed(f"/tasks/{TASK}/{act}")
        assert asked(told, f"POST api/notify/tasks/{TASK}/{act}")


def test_tasks_are_the_desks(sign_in: Callable[..., Browser], told: Told) -> None:
    therapist = sign_in("therapist")
    told["GET api/notify/messages"] = []
    assert ">Tasks<" not in therapist.get("/messages").text
    assert ">Tasks<" in sign_in("desk").get("/messages").text


def preferences(**said: Any) -> Any:
    channel = {"agreed": True, "source": "referral", "at": "2027-03-01T14:00:00Z", "open": True, "closed_because": None}
    known = {"person_id": PATIENT, "role": "patient", "language": "es", "text": channel, "email": channel, **said}
    return lambda: (jsonify(known), 200, {"ETag": '"abc"'})


def test_wishes_tell_who_said_so_and_are_changed_as_they_were_read(at_desk: Browser, told: Told) -> None:
    closed = {"agreed": True, "source": "reply", "at": None, "open": False, "closed_because": "opted_out"}
    told[f"GET api/notify/people/{PATIENT}/preferences"] = preferences(text=closed)
    told[f"GET api/notify/people/{PATIENT}/links"] = [
        {"id": LINK, "purpose": "series", "expires_at": "2027-04-01T14:00:00Z", "revoked_at": None},
        {"id": TASK, "purpose": "report", "expires_at": "2027-03-01T14:00:00Z", "revoked_at": None},
    ]
    page = at_desk.get(f"/person/{PATIENT}").text
    assert "says the referral, Mon 1 Mar 2027, 09:00" in page
    assert "only START from that phone opens it again" in page
    assert "Their visits" in page
    assert ">Report" not in page
    name = f"PUT api/notify/people/{PATIENT}/preferences"
    told[name] = {}
    filled = {"role": "patient", "tag": "abc", "email": "on", "language": "en"}
    assert "Saved." in at_desk.flashed(f"/person/{PATIENT}", filled)
    [change] = asked(told, name)
    assert change["body"] == {"text": False, "email": True, "language": "en"}
    assert change["headers"]["If-Match"] == '"abc"'


def test_links_are_ended_one_by_one_or_all(at_desk: Browser, told: Told) -> None:
    told[f"GET api/notify/people/{PATIENT}/preferences"] = preferences()
    told[f"GET api/notify/people/{PATIENT}/links"] = []
    told[f"POST api/notify/links/{LINK}/revoke"] = {}
    told[f"POST api/notify/people/{PATIENT}/links/revoke"] = {}
    assert "opens nothing any more" in at_desk.flashed(f"/person/{PATIENT}/links/{LINK}/end")
    assert "opens anything any more" in at_desk.flashed(f"/person/{PATIENT}/links/end")


@pytest.mark.parametrize("path", ["/messages", "/tasks", f"/message/{MESSAGE}", f"/person/{PATIENT}"])
def test_without_a_sign_in_nothing_of_it_is_shown(web: Flask, told: Told, path: str) -> None:
    assert web.test_client().get(path).location == f"/login?after={path}"
