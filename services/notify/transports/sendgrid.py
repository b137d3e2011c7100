"""E-mails, through SendGrid's own client library.

Facts: SendGrid's v3 Mail Send and its Event Webhook.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Iterator
from functools import cached_property
from http.client import HTTPException
from socket import gaierror
from typing import TYPE_CHECKING, Any
from urllib.error import URLError

from services.notify.sending.enclosures import Attachment
from services.notify.settings import Settings
from services.notify.transports.answer import Answer, Letter, Meaning, Status, Trace

if TYPE_CHECKING:
    from sendgrid import SendGridAPIClient

EVENTS = {
    "processed": Meaning.SENT,
    "deferred": Meaning.SENT,
    "delivered": Meaning.DELIVERED,
    "open": Meaning.DELIVERED,
    "click": Meaning.DELIVERED,
    "bounce": Meaning.WRONG_ADDRESS,
    "dropped": Meaning.WRONG_ADDRESS,
    "spamreport": Meaning.OPTED_OUT,
    "unsubscribe": Meaning.OPTED_OUT,
    "group_unsubscribe": Meaning.OPTED_OUT,
}
LONGEST_WAIT = 600


def meaning_of(status: int) -> Meaning:
    if 200 <= status < 300:
        return Meaning.SENT
    if status == 429:
        return Meaning.RETRY
    if status in (401, 403, 404, 405):
        return Meaning.CONFIGURATION
    return Meaning.CONTENT if 400 <= status < 500 else Meaning.UNKNOWN


class SendGridTransport:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _client(self) -> SendGridAPIClient:
        from sendgrid import SendGridAPIClient

        client = SendGridAPIClient(self._settings.sendgrid_api_key, host=self._settings.sendgrid_api_url)
        client.client.timeout = self._settings.send_timeout
        return client

    def send(self, letter: Letter) -> Answer:
        from python_http_client.exceptions import HTTPError

        try:
            answer = self._client.send(_mail(letter, self._settings.email_from))
        except HTTPError as error:
            return Answer(meaning_of(error.status_code), code=str(error.status_code), wait=_wait(error.headers))
        except (OSError, HTTPException) as error:
            return _broken(error)
        return Answer(meaning_of(answer.status_code), answer.headers.get("X-Message-Id"))

    def find(self, trace: Trace) -> Answer | None:
        """SendGrid keeps no list that could be asked."""
        return Answer(Meaning.UNKNOWN, code="no_list")

    def look_up(self, provider_id: str) -> Status | None:
        """SendGrid tells by its events only."""
        return None


def _mail(letter: Letter, sender: str) -> dict[str, Any]:
    """Tracking is off: it would rewrite capability links and fetch them."""
    person = {"to": [{"email": letter.address}], "custom_args": {"attempt_id": str(letter.attempt_id)}}
    attached = [*map(_attachment, letter.attachments), *_calendar_file(letter)]
    return {
        "personalizations": [person],
        "from": {"email": sender, "name": letter.sender_name},
        "reply_to": {"email": letter.reply_to},
        "subject": letter.subject,
        "content": [
            {"type": "text/plain", "value": letter.text},
            {"type": "text/html", "value": letter.html},
            *_calendar(letter),
        ],
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
        },
        **({"attachments": attached} if attached else {}),
        **_one_click(letter),
    }


def _attachment(one: Attachment) -> dict[str, str]:
    shown = {"disposition": "inline", "content_id": one.cid} if one.cid else {"disposition": "attachment"}
    return {"content": b64encode(one.content).decode(), "type": one.mime, "filename": one.name, **shown}


def _calendar(letter: Letter) -> Iterator[dict[str, str]]:
    """The part that calendar programs act on; the method is the one parameter that SendGrid takes in a type."""
    if made := letter.calendar:
        yield {"type": f"text/calendar; method={made.method}", "value": made.content.decode()}


def _calendar_file(letter: Letter) -> Iterator[dict[str, str]]:
    """The same to be opened by hand, where the mail program does not know what to do with that part."""
    if made := letter.calendar:
        yield _attachment(Attachment("invite.ics", "application/ics", made.content))


def _one_click(letter: Letter) -> dict[str, dict[str, str]]:
    """RFC 8058: the mail program's own button to unsubscribe."""
    if not letter.preferences:
        return {}
    url = f"<{letter.preferences}/unsubscribe>"
    return {"headers": {"List-Unsubscribe": url, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}}


def _wait(headers: Any) -> float | None:
    reset = headers.get("X-RateLimit-Reset", "") if headers else ""
    return min(max(int(reset) - time.time(), 1), LONGEST_WAIT) if reset.isdigit() else None


def _broken(error: Exception) -> Answer:
    """urllib wraps in a URLError what happens up to the end of writing the request; only what says that no
    connection was made is sure to have left nothing behind."""
    reason = error.reason if isinstance(error, URLError) else None
    unwritten = isinstance(reason, ConnectionRefusedError | gaierror) or getattr(reason, "errno", None) in (101, 113)
    return Answer(Meaning.RETRY if unwritten else Meaning.UNKNOWN, code=type(reason or error).__name__)
