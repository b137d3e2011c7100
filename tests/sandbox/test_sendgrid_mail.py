import base64
import time
from typing import Any

import pytest
import requests
from python_http_client.exceptions import UnauthorizedError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Attachment, Category, CustomArg, Mail

from tests.sandbox.clients import Sandbox, mail

TO = {"email": "dr.lee@ortho.example"}


def test_sendgrids_own_client_sends_a_mail(sandbox: Sandbox) -> None:
    message = Mail("desk@harbor.example", TO["email"], "Update", "Plain words", "<p>Rich words</p>")
    message.personalizations[0].add_custom_arg(CustomArg("attempt", "7"))
    message.add_category(Category("report"))
    message.add_attachment(Attachment(base64.b64encode(b"pdf").decode(), "report.pdf", "application/pdf"))
    answer = sandbox.sendgrid.send(message)
    assert (answer.status_code, answer.body) == (202, b"")
    [email] = sandbox.emails()
    assert email["id"] == answer.headers["X-Message-Id"]
    assert (email["to"], email["subject"]) == ([TO["email"]], "Update")
    assert (email["text"], email["html"]) == ("Plain words", "<p>Rich words</p>")
    assert (email["custom_args"], email["categories"]) == ({"attempt": "7"}, ["report"])
    assert email["attachments"] == [{"filename": "report.pdf", "type": "application/pdf", "bytes": 3}]


def test_a_wrong_key_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(UnauthorizedError) as refused:
        SendGridAPIClient("wrong", host=sandbox.base).send(mail())
    [error] = refused.value.to_dict["errors"]
    assert error.keys() == {"message", "field", "help"}
    assert sandbox.emails() == []


def test_each_personalization_is_an_email_of_its_own(sandbox: Sandbox) -> None:
    people = [{"to": [TO]}, {"to": [{"email": "b@x.example"}], "cc": [{"email": "c@x.example"}], "subject": "Other"}]
    assert sandbox.post_mail(mail(personalizations=people)).status_code == 202
    first, second = sandbox.emails()
    assert first["id"] == second["id"]
    assert (first["subject"], second["subject"]) == ("Referral received", "Other")
    assert [email["subject"] for email in sandbox.emails(to="c@x.example")] == ["Other"]


def test_sandbox_mode_checks_everything_and_keeps_nothing(sandbox: Sandbox) -> None:
    mode = {"sandbox_mode": {"enable": True}}
    assert sandbox.post_mail(mail(mail_settings=mode)).status_code == 200
    assert sandbox.post_mail(mail(mail_settings=mode, subject="")).status_code == 400
    assert sandbox.emails() == []


def test_only_json_is_taken(sandbox: Sandbox) -> None:
    bearer = {"Authorization": f"Bearer {sandbox.settings.sendgrid_api_key}"}
    url = f"{sandbox.base}/v3/mail/send"
    assert requests.post(url, data=mail(), headers=bearer, timeout=10).status_code == 415
    broken = requests.post(url, data=b"{", headers=bearer | {"Content-Type": "application/json"}, timeout=10)
    assert broken.status_code == 400
    assert broken.json() == {"errors": [{"message": "Bad Request", "field": None, "help": None}]}
    assert sandbox.post_mail([mail()]).status_code == 400


def person(**changes: Any) -> dict[str, Any]:
    return {"personalizations": [{"to": [TO]} | changes]}


def block(kind: str, value: Any = "words") -> dict[str, Any]:
    return {"type": kind, "value": value}


def attached(**changes: Any) -> dict[str, Any]:
    return {"attachments": [{"content": "aGVsbG8=", "filename": "a.pdf"} | changes]}


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("personalizations", {"personalizations": []}),
        ("personalizations", {"personalizations": [{"to": [TO]}] * 1001}),
        ("personalizations.0.to", person(to=[])),
        ("personalizations.0.to.0.email", person(to=[{"name": "Dr. Lee"}])),
        ("personalizations.0.to.0.email", person(to=[{"email": "dr.lee"}])),
        ("personalizations.0.to.0.email", person(to=[{"email": ["a@b.example"]}])),
        ("personalizations.0", person(cc=[{"email": "DR.LEE@ortho.example"}])),
        ("personalizations.0.subject", person(subject="")),
        ("personalizations.0.custom_args.attempt", person(custom_args={"attempt": 7})),
        ("personalizations.0.custom_args", person(custom_args={"a": "x" * 10_000})),
        ("personalizations.0.headers.Subject", person(headers={"Subject": "x"})),
        ("personalizations.0.colour", person(colour="green")),
        ("from", {"from": {}}),
        ("from.email", {"from": {"email": "harbor"}}),
        ("reply_to.email", {"reply_to": {"email": "harbor"}}),
        ("subject", {"subject": ""}),
        ("content", {"content": []}),
        ("content.0.value", {"content": [block("text/plain", "")]}),
        ("content.0.type", {"content": [block("")]}),
        ("content.0.type", {"content": [block("text/plain; charset=utf-8")]}),
        ("content.0.type", {"content": [block("text/calendar; charset=utf-8")]}),
        ("content.0.type", {"content": [block("text/calendar; method=REQUEST; charset=utf-8")]}),
        ("content", {"content": [block("text/html"), block("text/plain")]}),
        ("content", {"content": [block("text/calendar"), block("text/html")]}),
        ("attachments.0.content", attached(content="not base64!")),
        ("attachments.0.content", attached(content="")),
        ("attachments.0.filename", attached(filename="")),
        ("attachments.0.disposition", attached(disposition="beside")),
        ("categories", {"categories": [str(number) for number in range(11)]}),
        ("categories", {"categories": ["a", "a"]}),
        ("custom_args.attempt", {"custom_args": {"attempt": 7}}),
        ("send_at", {"send_at": int(time.time()) + 73 * 3600}),
        ("tracking_settings.click_tracking.enable", {"tracking_settings": {"click_tracking": {"enable": "no"}}}),
        ("mail_settings.sandbox_mode", {"mail_settings": {"sandbox_mode": True}}),
        ("colour", {"colour": "green"}),
    ],
)
def test_bad_input_is_refused_naming_its_field_and_kept_nowhere(
    sandbox: Sandbox, field: str, changes: dict[str, Any]
) -> None:
    answer = sandbox.post_mail(mail(**changes))
    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert field in [error["field"] for error in errors]
    assert all(error.keys() == {"message", "field", "help"} for error in errors)
    assert sandbox.emails() == []


def test_a_subject_is_required_somewhere(sandbox: Sandbox) -> None:
    body = mail()
    del body["subject"]
    assert sandbox.post_mail(body).status_code == 400
    assert sandbox.post_mail(body | person(subject="Here")).status_code == 202


def test_a_calendar_may_say_its_method(sandbox: Sandbox) -> None:
    kind = "text/calendar; method=REQUEST"
    assert sandbox.post_mail(mail(content=[block("text/plain"), block(kind, "BEGIN:VCALENDAR")])).status_code == 202
    assert sandbox.emails()[0]["content"][kind] == "BEGIN:VCALENDAR"


def test_plain_html_and_calendar_in_this_order_are_accepted(sandbox: Sandbox) -> None:
    content = [block("text/plain"), block("text/html"), block("text/calendar", "BEGIN:VCALENDAR")]
    assert sandbox.post_mail(mail(content=content)).status_code == 202
    assert sandbox.emails()[0]["content"]["text/calendar"] == "BEGIN:VCALENDAR"


def test_attachments_over_30_mb_are_too_large(sandbox: Sandbox) -> None:
    over = base64.b64encode(bytes(31 * 1024 * 1024)).decode()
    answer = sandbox.post_mail(mail(**attached(content=over)))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (413, None)
    fits = base64.b64encode(bytes(2 * 1024 * 1024)).decode()
    assert sandbox.post_mail(mail(**attached(content=fits))).status_code == 202
