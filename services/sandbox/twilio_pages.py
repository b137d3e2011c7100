"""Twilio's list of messages: filters, newest first, pages by token, as twilio's client library walks it."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from .messages import Text
from .texts import Refusal

ERROR_MESSAGES = {
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
}
FILTERS = ("To", "From", "DateSent", "DateSent<", "DateSent>")


def resource(text: Text, account_sid: str) -> dict[str, Any]:
    """A Message resource, with the fields and types of the real one."""
    uri = f"/2010-04-01/Accounts/{account_sid}/Messages/{text.sid}"
    pending = text.messaging_service_sid and text.sender is None
    return {
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "body": text.body,
        "date_created": _rfc2822(text.created_at),
        "date_sent": _rfc2822(text.sent_at),
        "date_updated": _rfc2822(text.updated_at or text.created_at),
        "direction": text.direction,
        "error_code": text.error_code,
        "error_message": ERROR_MESSAGES.get(text.error_code or 0),
        "from": text.sender,
        "messaging_service_sid": text.messaging_service_sid,
        "num_media": str(text.media),
        "num_segments": "0" if pending else str(text.segments),
        "price": None,
        "price_unit": "USD",
        "sid": text.sid,
        "status": text.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": text.to,
        "uri": f"{uri}.json",
    }


def wanted(args: Mapping[str, str]) -> Callable[[Text], bool]:
    """The filter that a list request's parameters describe.

    ``DateSent`` takes a day, meant whole, or an instant (GMT); ``<`` and ``>`` include their bound.
    :raises Refusal: for a date that cannot be read
    """
    tests = list(_tests(args))
    return lambda text: all(test(text) for test in tests)


def page(texts: list[Text], args: Mapping[str, str], account_sid: str) -> dict[str, Any]:
    """One page of ``texts`` (newest first) as Twilio answers it."""
    size = min(max(_number(args.get("PageSize"), 50), 1), 1000)
    number = _number(args.get("Page"), 0)
    start = _start(texts, args.get("PageToken"), number, size)
    chosen = texts[start : start + size]
    base = f"/2010-04-01/Accounts/{account_sid}/Messages.json"
    query = {name: args[name] for name in FILTERS if args.get(name)} | {"PageSize": size}

    def uri(page_number: int, token: str | None = None) -> str:
        return f"{base}?{urlencode(query | {'Page': page_number} | ({'PageToken': token} if token else {}))}"

    more = start + size < len(texts)
    return {
        "end": number * size + max(len(chosen) - 1, 0),
        "first_page_uri": uri(0),
        "messages": [resource(text, account_sid) for text in chosen],
        "next_page_uri": uri(number + 1, f"PA{chosen[-1].sid}") if more else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": uri(number - 1, f"PB{chosen[0].sid}") if number and chosen else None,
        "start": number * size,
        "uri": uri(number, args.get("PageToken")),
    }


def _tests(args: Mapping[str, str]) -> Iterator[Callable[[Text], bool]]:
    if to := args.get("To"):
        yield lambda text: text.to == to
    if sender := args.get("From"):
        yield lambda text: text.sender == sender
    if day := args.get("DateSent"):
        start = _instant(day).replace(hour=0, minute=0, second=0)
        yield lambda text: text.sent_at is not None and start <= text.sent_at < start + timedelta(days=1)
    if earliest := args.get("DateSent>"):
        since = _instant(earliest)
        yield lambda text: text.sent_at is not None and text.sent_at >= since
    if latest := args.get("DateSent<"):
        # Sent times are told to the second, so the bound's own second belongs to it.
        until = _instant(latest) + (timedelta(days=1) if len(latest) == 10 else timedelta(seconds=1))
        yield lambda text: text.sent_at is not None and text.sent_at < until


def _start(texts: list[Text], token: str | None, number: int, size: int) -> int:
    """A token names the text that the page comes after (PA) or before (PB)."""
    if not token:
        if number:
            raise Refusal(20001, "PageToken is required when Page is greater than 0")
        return 0
    if not re.fullmatch(r"P[AB](SM|MM)[0-9a-f]{32}", token):
        raise Refusal(20001, "PageToken is not valid")
    places = [place for place, text in enumerate(texts) if text.sid == token[2:]]
    if not places:
        raise Refusal(20001, "PageToken is not valid")
    return places[0] + 1 if token[1] == "A" else max(places[0] - size, 0)


def _instant(value: str) -> datetime:
    for form in ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            return datetime.strptime(value, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise Refusal(20001, "DateSent must be YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ")


def _number(value: str | None, default: int) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 9 else default


def _rfc2822(at: datetime | None) -> str | None:
    return format_datetime(at) if at else None
