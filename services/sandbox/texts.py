"""Twilio's rules for a new message: what it refuses, with which code, and what it makes of the rest.

Codes and causes: Twilio's error and warning dictionary; magic numbers: Twilio's test credentials, and one range of
the sandbox's own.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from .messages import Text
from .segments import segments

POOL_SENDER = "+15005550006"
"""The number a Messaging Service sends from here, as the sandbox has no sender pools."""

HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?")
TO_MAGIC = {
    "+15005550001": (21211, "Invalid 'To' Phone Number: {masked}"),
    "+15005550002": (21612, "The 'To' phone number {masked} is not currently reachable via SMS"),
    "+15005550003": (
        21408,
        "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {masked}",
    ),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number: {masked}"),
}
FROM_MAGIC = {
    "+15005550001": (21212, "Invalid From Number (caller ID): {masked}"),
    "+15005550007": (
        21606,
        "The From phone number {masked} is not a valid, SMS-capable inbound phone number or"
        " short code for your account.",
    ),
    "+15005550008": (21611, "This 'From' number has exceeded the maximum number of queued messages"),
}

NOBODYS = re.compile(r"\+1500(?!555)\d{7}")
"""Numbers that no phone has: a text to one is taken, and then not delivered. Of area code 500, but for Twilio's own."""
NOBODY = 30005


@dataclass(eq=False)
class Refusal(Exception):
    """Twilio says no."""

    code: int
    message: str
    status: int = 400


def new_text(form: Mapping[str, str], media: int, opted_out: Callable[[str], bool]) -> Text:
    """The message a create request asks for.

    :param form: the form fields as sent; unknown ones are ignored, as Twilio does
    :raises Refusal: with Twilio's code
    """
    to = _recipient(form.get("To", "").strip())
    sender, service = _sender(form.get("From", "").strip(), form.get("MessagingServiceSid", "").strip())
    if to == sender:
        raise Refusal(21266, "'To' and 'From' number cannot be the same")
    body = _body(form.get("Body", ""), media)
    callback = _callback(form.get("StatusCallback", ""))
    if opted_out(to):
        raise Refusal(21610, "Attempt to send to unsubscribed recipient")
    return Text(
        sid=new_sid("MM" if media else "SM"),
        to=to,
        sender=sender,
        body=body,
        media=media,
        direction="outbound-api",
        status="accepted" if service else "queued",
        segments=segments(body),
        messaging_service_sid=service,
        status_callback=callback,
    )


def new_sid(kind: str) -> str:
    return kind + secrets.token_hex(16)


def is_e164(number: str) -> bool:
    """E.164, and ten digits after a +1, as the North American plan has it."""
    plan = r"\+1[2-9]\d{9}" if number.startswith("+1") else r"\+[2-9]\d{6,14}"
    return re.fullmatch(plan, number, re.ASCII) is not None


def _recipient(to: str) -> str:
    if not to:
        raise Refusal(21604, "A 'To' phone number is required.")
    if not is_e164(to):
        raise Refusal(21211, f"Invalid 'To' Phone Number: {_masked(to)}")
    _refuse_magic(to, TO_MAGIC)
    return to


def _sender(sender: str, service: str) -> tuple[str | None, str | None]:
    if not sender and not service:
        raise Refusal(21603, "A 'From' phone number is required.")
    if service and not re.fullmatch(r"MG[0-9a-fA-F]{32}", service):
        raise Refusal(21701, "The Messaging Service does not exist.")
    if sender and not (is_e164(sender) or _is_short_or_name(sender)):
        raise Refusal(21212, f"Invalid From Number (caller ID): {_masked(sender)}")
    _refuse_magic(sender, FROM_MAGIC)
    return sender or None, service or None


def _is_short_or_name(sender: str) -> bool:
    return bool(re.fullmatch(r"\d{5,6}|(?=.*[A-Za-z])[A-Za-z0-9 +&_-]{1,11}", sender, re.ASCII))


def _body(body: str, media: int) -> str:
    if not body.strip() and not media:
        raise Refusal(21602, "Message body is required.")
    if len(body) > 1600:
        raise Refusal(21617, "The concatenated message body exceeds the 1600 character limit.")
    return body


def _callback(url: str) -> str | None:
    if not url:
        return None
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and HOST.fullmatch(parts.hostname or "") and parts.port != 0
    except ValueError:
        valid = False
    if not valid or len(url) > 4000 or re.search(r"\s", url):
        raise Refusal(21609, "The 'StatusCallback' URL is not a valid URL.")
    return url


def _refuse_magic(number: str, magic: Mapping[str, tuple[int, str]]) -> None:
    if number in magic:
        code, message = magic[number]
        raise Refusal(code, message.format(masked=_masked(number)))


def _masked(number: str) -> str:
    return number[:-4] + "XXXX" if len(number) > 4 else "XXXX"
