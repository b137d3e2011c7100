"""Twilio's webhooks: signed form posts, retried as Twilio retries them.

By default a webhook is tried twice, the second time only when no connection could be made; an answer, even a
500, is final. The URL's fragment changes that (``#rc=5&rp=all``), and is not part of what is signed.
[Twilio: Webhooks, connection overrides]
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qs, urldefrag, urlencode

from .courier import Answer, Courier
from .signing import twilio_signature

PAUSE = 0.5
"""Seconds between two attempts."""


@dataclass(frozen=True)
class RetryPolicy:
    """``count`` further attempts after a failure of one of the kinds ``on``; times in seconds."""

    count: int = 1
    on: frozenset[str] = frozenset({"ct"})
    connect: float = 5.0
    read: float = 15.0

    @classmethod
    def of(cls, fragment: str) -> Self:
        told = {name: values[-1] for name, values in parse_qs(fragment).items()}
        return cls(
            count=_between(told.get("rc"), 0, 5, default=1),
            on=frozenset(told.get("rp", "ct").split(",")),
            connect=_between(told.get("ct"), 100, 10_000, default=5_000) / 1000,
            read=_between(told.get("rt"), 100, 15_000, default=15_000) / 1000,
        )

    def covers(self, answer: Answer) -> bool:
        kind = answer.failure or f"{(answer.status or 0) // 100}xx"
        return kind in self.on or ("all" in self.on and kind in ("ct", "rt", "4xx", "5xx"))


class TwilioHooks:
    """Posts webhooks for one account."""

    def __init__(self, courier: Courier, auth_token: str) -> None:
        self._courier, self._auth_token = courier, auth_token

    def send(
        self, url: str, fields: dict[str, str], answered: Callable[[Answer], None], retries: int | None = None
    ) -> None:
        """Post now and, after failures the policy covers, again later; ``answered`` is told every answer.

        :param retries: overrides the policy: that many further attempts after any failure
        """
        target, fragment = urldefrag(url)
        policy = RetryPolicy.of(fragment)
        if retries is not None:
            policy = RetryPolicy(retries, frozenset({"all"}), policy.connect, policy.read)
        token = str(uuid.uuid4())

        def attempt(left: int) -> None:
            answer = self._post(target, fields, policy, token)
            answered(answer)
            if left and policy.covers(answer):
                self._courier.later(PAUSE, lambda: attempt(left - 1))

        attempt(policy.count)

    def _post(self, url: str, fields: dict[str, str], policy: RetryPolicy, token: str) -> Answer:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": token,
            "X-Twilio-Signature": twilio_signature(self._auth_token, url, fields),
        }
        return self._courier.post(url, urlencode(fields).encode(), headers, policy.connect, policy.read)


def _between(told: str | None, low: int, high: int, default: int) -> int:
    return min(max(int(told), low), high) if told and told.isascii() and told.isdigit() else default
