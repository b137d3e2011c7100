"""Texts, through Twilio's own client library.

Facts: Twilio's Messages resource and its error dictionary.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import urllib3
from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.response import Response
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from services.notify.settings import Settings
from services.notify.transports.answer import Answer, Letter, Meaning, Status, Trace, Unreachable, code_of

if TYPE_CHECKING:
    from twilio.rest import Client

API = "https://api.twilio.com"
CONNECT_TIMEOUT = 3.05
CLOCK_SKEW = timedelta(seconds=60)
LISTED = 400
"""How many of a number's messages are looked through; a patient gets a few in a week."""

TOLD_AGAIN = "#rc=5&rp=all"
"""Asks Twilio to repeat a callback that we did not take, also after a 5xx; no part of what is signed.
Source: Twilio, Webhooks: Connection Overrides."""

MEANINGS = {
    Meaning.RETRY: {20429, 30001, 30022},
    Meaning.UNREACHABLE: {30003},
    Meaning.WRONG_ADDRESS: {21211, 21614, 21635, 30005, 30006, 21612},
    Meaning.OPTED_OUT: {21610, 30004},
    Meaning.CONTENT: {30007, 21617, 21602},
    Meaning.CONFIGURATION: {20003, 21606, 21603, 21659, 21408, 21608, 30002, 30034, 30035},
    Meaning.LATER: {30610},
}
_BY_CODE = {code: meaning for meaning, codes in MEANINGS.items() for code in codes}


def meaning_of(code: int | None, status: int = 400) -> Meaning:
    """What an error code means; by the HTTP status when the code is not in the table."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status == 429:
        return Meaning.RETRY
    if status in (401, 403, 404):
        return Meaning.CONFIGURATION
    return Meaning.UNKNOWN if status >= 500 or status < 400 else Meaning.CONTENT


class TimedClient(HttpClient):  # type: ignore[misc]
    """Twilio's HTTP, with time-outs, without logs, and to the address that is configured.

    Over connections that are kept; without `requests`, which takes more time for each text than Twilio's library.
    """

    def __init__(self, base: str, timeout: float, connections: int) -> None:
        self._base = base
        self._pool = _pool(base)(
            maxsize=connections, retries=False, ca_certs=certifi.where(),
            timeout=urllib3.Timeout(connect=min(CONNECT_TIMEOUT, timeout), read=timeout),
        )  # fmt: skip

    def request(
        self, method: str, uri: str, params: Any = None, data: Any = None, headers: Any = None, auth: Any = None,
        timeout: float | None = None, allow_redirects: bool = False,
    ) -> Response:  # fmt: skip
        url = uri.replace(API, self._base, 1) + (f"?{urlencode(params, doseq=True)}" if params else "")
        body = urlencode(data, doseq=True) if data else None
        signed = {**(headers or {}), **(urllib3.make_headers(basic_auth=":".join(auth)) if auth else {})}
        answer = self._pool.request(method, url, body=body, headers=signed, redirect=allow_redirects)
        return Response(answer.status, answer.data.decode(errors="replace"), answer.headers)


def _pool(base: str) -> Callable[..., urllib3.PoolManager]:
    """Through the proxy that the environment names, if it does."""
    parts = urlsplit(base)
    proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
    return partial(urllib3.ProxyManager, proxy) if proxy else urllib3.PoolManager


class TwilioTransport:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sender = "messaging_service_sid" if settings.twilio_from.startswith("MG") else "from_"

    @cached_property
    def _client(self) -> Client:
        from twilio.rest import Client  # 12 MB that an idle worker does not need

        settings = self._settings
        http = TimedClient(settings.twilio_api_url, settings.send_timeout, connections=4 * settings.senders)
        return Client(settings.twilio_account_sid, settings.twilio_auth_tokens[0], http_client=http)

    def send(self, letter: Letter) -> Answer:
        callback = f"{self._settings.public_url}/hooks/twilio/status/{letter.attempt_id}{TOLD_AGAIN}"
        sender: Any = {self._sender: self._settings.twilio_from}
        try:
            message = self._client.messages.create(
                to=letter.address, body=letter.text, status_callback=callback, **sender
            )
        except TwilioException as error:
            return refusal(error)
        except HTTPError as error:
            return _broken(error)
        return Answer(Meaning.SENT, message.sid) if message.sid else Answer(Meaning.UNKNOWN, code="no_sid")

    def find(self, trace: Trace) -> Answer | None:
        """By number and body, among the messages made since: the list knows nothing of our attempt ids.

        Not filtered by `DateSent`, which is empty as long as a message is queued.
        """
        try:
            messages = self._client.messages.list(to=trace.address, limit=LISTED)
        except (TwilioException, HTTPError) as error:
            raise Unreachable(type(error).__name__) from None
        for message in messages:
            made = message.date_created
            if made and made < trace.since - CLOCK_SKEW:
                continue
            if message.sid not in trace.known and "outbound" in str(message.direction) and trace.is_body(message.body):
                return reported(str(message.status), message.error_code, message.sid)
        return None

    def look_up(self, provider_id: str) -> Status | None:
        try:
            message = self._client.messages(provider_id).fetch()
        except (TwilioException, HTTPError) as error:
            if getattr(error, "status", None) == 404:
                return None
            raise Unreachable(type(error).__name__) from None
        return Status(str(message.status), reported(str(message.status), message.error_code, message.sid))


def reported(status: str, error_code: int | None, sid: str | None) -> Answer:
    """What a status of Twilio's (in a callback, in its list) says about a message."""
    if status in ("delivered", "read"):
        return Answer(Meaning.DELIVERED, sid)
    if status not in ("failed", "undelivered", "canceled"):
        return Answer(Meaning.SENT, sid)
    meaning = _BY_CODE.get(error_code or 0, Meaning.UNREACHABLE)
    return Answer(meaning, sid, code_of(error_code) or status)


def refusal(error: TwilioException) -> Answer:
    status, code = getattr(error, "status", None), getattr(error, "code", None)
    if status is None:
        return Answer(Meaning.UNKNOWN, code=type(error).__name__)
    return Answer(meaning_of(code, status), code=code_of(code or status))


def _broken(error: HTTPError) -> Answer:
    """Without a connection nothing was written; with one, anything may have happened."""
    unwritten = isinstance(error, ConnectTimeoutError | NewConnectionError)
    return Answer(Meaning.RETRY if unwritten else Meaning.UNKNOWN, code=type(error).__name__)
