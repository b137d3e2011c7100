from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.sandbox.clients import CLINIC, PATIENT, Sandbox, ToSandbox, eventually

GOOD = {"To": PATIENT, "From": CLINIC, "Body": "See you on Tuesday."}
SERVICE = "MG" + "5" * 32
FIELDS = {
    "account_sid", "api_version", "body", "date_created", "date_sent", "date_updated", "direction", "error_code",
    "error_message", "from", "messaging_service_sid", "num_media", "num_segments", "price", "price_unit", "sid",
    "status", "subresource_uris", "to", "uri",
}  # fmt: skip


def test_twilios_own_client_creates_and_fetches_a_text(sandbox: Sandbox) -> None:
    created = sandbox.twilio.messages.create(to=PATIENT, from_=CLINIC, body="See you [soon].")
    assert (created.status, created.num_segments, created.direction) == ("queued", "1", "outbound-api")
    fetched = eventually(lambda: (text := sandbox.twilio.messages(created.sid).fetch()).date_sent and text)
    assert fetched.body == "See you [soon]."
    assert abs(fetched.date_sent - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_created_text_is_answered_with_the_fields_of_the_real_resource(sandbox: Sandbox) -> None:
    answer = sandbox.post_text(**GOOD)
    assert answer.status_code == 201
    text = answer.json()
    assert text.keys() == FIELDS
    assert text["sid"].startswith("SM")
    assert len(text["sid"]) == 34
    assert text["uri"].endswith(f"/Messages/{text['sid']}.json")
    assert text["date_created"].endswith("+0000")
    assert text["date_sent"] is None


def test_through_a_messaging_service_a_text_is_accepted_before_a_sender_is_chosen(sandbox: Sandbox) -> None:
    text = sandbox.post_text(To=PATIENT, MessagingServiceSid=SERVICE, Body="Hello").json()
    assert (text["status"], text["from"], text["num_segments"]) == ("accepted", None, "0")
    delivered = eventually(lambda: (t := sandbox.twilio.messages(text["sid"]).fetch()).status == "delivered" and t)
    assert (delivered.from_, delivered.num_segments) == (CLINIC, "1")


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (21604, {"To": ""}),
        (21211, {"To": "2025550117"}),
        (21211, {"To": "+1202555011"}),
        (21211, {"To": "+0123456789"}),
        (21211, {"To": "+15005550001"}),
        (21612, {"To": "+15005550002"}),
        (21408, {"To": "+15005550003"}),
        (21610, {"To": "+15005550004"}),
        (21614, {"To": "+15005550009"}),
        (21603, {"From": ""}),
        (21212, {"From": "the clinic's number"}),
        (21212, {"From": "+15005550001"}),
        (21606, {"From": "+15005550007"}),
        (21611, {"From": "+15005550008"}),
        (21701, {"MessagingServiceSid": "MG123"}),
        (21266, {"From": PATIENT}),
        (21602, {"Body": ""}),
        (21617, {"Body": "a" * 1601}),
        (21609, {"StatusCallback": "not a url"}),
        (21609, {"StatusCallback": "ftp://clinic.example/x"}),
        (21609, {"StatusCallback": "https://under_score.example/x"}),
        (21609, {"StatusCallback": "https://clinic.example/" + "x" * 4000}),
    ],
)
def test_bad_input_is_refused_with_twilios_code_and_kept_nowhere(
    sandbox: Sandbox, code: int, changes: dict[str, str]
) -> None:
    answer = sandbox.post_text(**GOOD | changes)
    assert answer.status_code == 400
    told = answer.json()
    assert (told["code"], told["status"]) == (code, 400)
    assert told["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert sandbox.texts() == []


def test_the_client_library_raises_the_code(sandbox: Sandbox) -> None:
    with pytest.raises(TwilioRestException) as refused:
        sandbox.twilio.messages.create(to="+15005550009", from_=CLINIC, body="Hello")
    assert (refused.value.status, refused.value.code) == (400, 21614)


def test_unknown_parameters_are_ignored_and_json_is_not_read(sandbox: Sandbox) -> None:
    assert sandbox.post_text(**GOOD, Colour="green").status_code == 201
    settings = sandbox.settings
    known = (settings.twilio_account_sid, settings.twilio_auth_token)
    as_json = requests.post(sandbox.messages_url, json=GOOD, auth=known, timeout=10)
    assert (as_json.status_code, as_json.json()["code"]) == (400, 21604)


def test_a_wrong_token_is_refused(sandbox: Sandbox) -> None:
    stranger = Client(sandbox.settings.twilio_account_sid, "wrong", http_client=ToSandbox(sandbox.base))
    with pytest.raises(TwilioRestException) as refused:
        stranger.messages.create(to=PATIENT, from_=CLINIC, body="Hello")
    assert (refused.value.status, refused.value.code) == (401, 20003)
    assert sandbox.texts() == []


def test_an_unknown_text_is_not_found(sandbox: Sandbox) -> None:
    with pytest.raises(TwilioRestException) as refused:
        sandbox.twilio.messages("SM" + "0" * 32).fetch()
    assert (refused.value.status, refused.value.code) == (404, 20404)


def test_a_path_twilio_does_not_have_is_refused_in_its_own_form(sandbox: Sandbox) -> None:
    settings = sandbox.settings
    known = (settings.twilio_account_sid, settings.twilio_auth_token)
    answer = requests.put(sandbox.messages_url, auth=known, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (405, 20004)


def test_the_client_library_walks_all_pages_newest_first(sandbox: Sandbox) -> None:
    for number in range(7):
        assert sandbox.post_text(**GOOD | {"Body": f"text {number}"}).status_code == 201
    bodies = [text.body for text in sandbox.twilio.messages.stream(page_size=3)]
    assert bodies == [f"text {number}" for number in reversed(range(7))]
    assert [text.body for text in sandbox.twilio.messages.list(limit=2)] == bodies[:2]
    first = sandbox.twilio.messages.page(page_size=3)
    second = first.next_page()
    assert second is not None
    assert [text.body for text in second] == bodies[3:6]
    third = second.next_page()
    assert third is not None
    assert third.next_page() is None
    again = third.previous_page()
    assert again is not None
    assert [text.body for text in again] == bodies[3:6]


def test_a_page_stays_in_place_while_new_texts_arrive(sandbox: Sandbox) -> None:
    for number in range(4):
        sandbox.post_text(**GOOD | {"Body": f"text {number}"})
    stream = sandbox.twilio.messages.stream(page_size=2)
    seen = [next(stream).body, next(stream).body]
    sandbox.post_text(**GOOD | {"Body": "late"})
    assert seen + [text.body for text in stream] == ["text 3", "text 2", "text 1", "text 0"]


def test_a_page_cannot_be_asked_for_by_number_alone(sandbox: Sandbox) -> None:
    settings = sandbox.settings
    known = (settings.twilio_account_sid, settings.twilio_auth_token)
    assert requests.get(sandbox.messages_url, params={"Page": "2"}, auth=known, timeout=10).status_code == 400


def test_the_list_is_filtered_by_recipient_sender_and_day(sandbox: Sandbox) -> None:
    for to in (PATIENT, "+12025550143"):
        sandbox.post_text(**GOOD | {"To": to})
    eventually(lambda: all(text["status"] == "delivered" for text in sandbox.texts()))
    now = datetime.now(UTC)

    def found(**wanted: Any) -> int:
        return len(sandbox.twilio.messages.list(**wanted))

    assert found(to=PATIENT) == 1
    assert found(from_=CLINIC) == 2
    assert found(from_=PATIENT) == 0
    assert found(to=PATIENT, date_sent=now) == 1
    assert found(to=PATIENT, date_sent_after=now - timedelta(minutes=5)) == 1
    assert found(to=PATIENT, date_sent_after=now + timedelta(minutes=5)) == 0
    assert found(to=PATIENT, date_sent_before=now - timedelta(minutes=5)) == 0
    assert found(to=PATIENT, date_sent_before=(now + timedelta(days=1)).date()) == 1
    assert found(date_sent=now - timedelta(days=1)) == 0
