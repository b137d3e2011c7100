"""The providers' own client libraries, pointed at the sandbox, and its JSON side for assertions."""

import time
from collections.abc import Callable
from typing import Any

import requests
from sendgrid import SendGridAPIClient
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from services.sandbox.settings import Settings
from tests.sandbox.server import settings_for_tests

CLINIC = "+15005550006"
PATIENT = "+12025550117"


class ToSandbox(TwilioHttpClient):
    def __init__(self, base: str) -> None:
        super().__init__(timeout=10)
        self.base = base

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        return super().request(method, url.replace("https://api.twilio.com", self.base), *args, **kwargs)


class Sandbox:
    """A running sandbox as a test sees it."""

    def __init__(self, base: str, settings: Settings | None = None) -> None:
        self.base, self.settings = base, settings or settings_for_tests()
        sid, token = self.settings.twilio_account_sid, self.settings.twilio_auth_token
        self.twilio = Client(sid, token, http_client=ToSandbox(base))
        self.sendgrid = SendGridAPIClient(self.settings.sendgrid_api_key, host=base)
        self.messages_url = f"{base}/2010-04-01/Accounts/{sid}/Messages.json"

    def post_text(self, **fields: str) -> requests.Response:
        sid, token = self.settings.twilio_account_sid, self.settings.twilio_auth_token
        return requests.post(self.messages_url, data=fields, auth=(sid, token), timeout=10)

    def post_mail(self, body: Any, **headers: str) -> requests.Response:
        bearer = {"Authorization": f"Bearer {self.settings.sendgrid_api_key}"}
        return requests.post(f"{self.base}/v3/mail/send", json=body, headers=bearer | headers, timeout=30)

    def turn(self, **knobs: Any) -> requests.Response:
        return requests.put(f"{self.base}/sandbox/knobs", json=knobs, timeout=10)

    def reply(self, phone: str = PATIENT, **fields: Any) -> requests.Response:
        return requests.post(f"{self.base}/sandbox/phones/{phone}/reply", json=fields, timeout=20)

    def texts(self, **query: str) -> list[dict[str, Any]]:
        return self.get("messages.json", **query)["messages"]

    def emails(self, **query: str) -> list[dict[str, Any]]:
        return self.get("emails.json", **query)["emails"]

    def get(self, path: str, **query: str) -> Any:
        return requests.get(f"{self.base}/sandbox/{path}", params=query, timeout=10).json()

    def reset(self) -> None:
        requests.post(f"{self.base}/sandbox/reset", timeout=10).raise_for_status()


def eventually(fact: Callable[[], Any], seconds: float = 30) -> Any:
    """The fact's value as soon as it holds."""
    until = time.monotonic() + seconds
    while not (value := fact()):
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.02)
    return value


def mail(**changes: Any) -> dict[str, Any]:
    """A mail/send body that SendGrid accepts."""
    return {
        "personalizations": [{"to": [{"email": "dr.lee@ortho.example"}]}],
        "from": {"email": "desk@harbor.example"},
        "subject": "Referral received",
        "content": [{"type": "text/plain", "value": "The referral was received."}],
    } | changes
