"""The patients' phones: a person answers a text, and Twilio's inbound webhook tells the clinic.

Words that opt out and in: Twilio's support for opt-out keywords on long codes.
"""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

from .courier import Answer
from .messages import Text
from .segments import segments
from .settings import Settings
from .store import Store
from .texts import is_e164, new_sid
from .twilio_hooks import TwilioHooks

OPT_OUT = {"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"}
OPT_IN = {"START", "YES", "UNSTOP"}
HELP = {"HELP", "INFO"}
UNSUBSCRIBED = "You are unsubscribed and will get no more messages from this number. Reply START to resubscribe."
RESUBSCRIBED = "You will get messages from this number again. Reply HELP for help, STOP to unsubscribe."
ABOUT = "Reply STOP to unsubscribe. Message and data rates may apply."
PLACES = {f"{side}{part}": "" for side in ("From", "To") for part in ("City", "State", "Zip")}


class NoSuchPhone(ValueError):
    """Not a number that can write to the clinic; the text says why."""


@dataclass
class Reply:
    """An inbound text and the webhook's answers so far: HTTP statuses, or ``ct`` and ``rt`` for none."""

    text: Text
    opt_out_type: str = ""
    answers: list[int | str] = field(default_factory=list)


class Phones:
    """Texts coming in, with Twilio's own answers to the opt-out words."""

    def __init__(self, settings: Settings, store: Store, hooks: TwilioHooks) -> None:
        self._settings, self._store, self._hooks = settings, store, hooks

    def reply(self, number: str, body: str, to: str = "", repeat: int = 1) -> Reply:
        """The phone ``number`` sends ``body`` to the clinic; its webhook is called ``repeat`` times.

        :param to: the clinic's number; by default the one that last wrote to this phone
        :raises NoSuchPhone: when either number is unknown or malformed
        """
        last = self._last_to(number)
        to = to or (last.sender if last and last.sender else "")
        self._check(number, body, to)
        text = self._store.add_text(
            Text(
                sid=new_sid("SM"),
                to=to,
                sender=number,
                body=body,
                direction="inbound",
                status="received",
                segments=segments(body),
                messaging_service_sid=last.messaging_service_sid if last else None,
            )
        )
        self._store.change_text(text.sid, sent_at=text.created_at)
        reply = Reply(text, self._keyword(text))
        for _ in range(repeat if self._settings.sms_hook_url else 0):
            self._hooks.send(self._settings.sms_hook_url, self._fields(reply), lambda a: self._answered(reply, a))
        return reply

    def _check(self, number: str, body: str, to: str) -> None:
        if not is_e164(number):
            raise NoSuchPhone("a phone number in E.164 form is expected")
        if not to:
            raise NoSuchPhone("this phone has no text to answer; say which number it writes to")
        if not body.strip() or len(body) > 1600:
            raise NoSuchPhone("a text of 1 to 1600 characters is expected")

    def _last_to(self, number: str) -> Text | None:
        received = self._store.texts(lambda text: text.phone == number and text.direction != "inbound", limit=1)
        return received[0] if received else None

    def _keyword(self, text: Text) -> str:
        word = text.body.strip().upper()
        if word in OPT_OUT:
            self._store.opt_out(text.phone)
            self._answer(text, UNSUBSCRIBED)
            return "STOP"
        if word in OPT_IN:
            if self._store.opt_in(text.phone):
                self._answer(text, RESUBSCRIBED)
            return "START"
        if word in HELP:
            self._answer(text, ABOUT)
            return "HELP"
        return ""

    def _answer(self, inbound: Text, body: str) -> None:
        self._store.add_text(
            Text(
                sid=new_sid("SM"),
                to=inbound.phone,
                sender=inbound.to,
                body=body,
                direction="outbound-reply",
                status="delivered",
                segments=segments(body),
                messaging_service_sid=inbound.messaging_service_sid,
            )
        )

    def _answered(self, reply: Reply, answer: Answer) -> None:
        reply.answers.append(answer.short)
        self._store.note_callback(reply.text.sid, "received", answer.short)
        for body in spoken(answer.body) if answer.accepted else []:
            if not self._store.opted_out(reply.text.phone):
                self._answer(reply.text, body)

    def _fields(self, reply: Reply) -> dict[str, str]:
        text = reply.text
        fields = PLACES | {
            "AccountSid": self._settings.twilio_account_sid,
            "ApiVersion": "2010-04-01",
            "Body": text.body,
            "From": text.phone,
            "FromCountry": "US",
            "MessageSid": text.sid,
            "NumMedia": "0",
            "NumSegments": str(text.segments),
            "SmsMessageSid": text.sid,
            "SmsSid": text.sid,
            "SmsStatus": "received",
            "To": text.to,
            "ToCountry": "US",
        }
        if text.messaging_service_sid:
            fields["MessagingServiceSid"] = text.messaging_service_sid
        if reply.opt_out_type:
            fields["OptOutType"] = reply.opt_out_type
        return fields


def spoken(twiml: bytes) -> list[str]:
    """The messages of a TwiML answer; none when it is empty or not TwiML."""
    try:
        response = ElementTree.fromstring(twiml) if twiml.lstrip().startswith(b"<") else None  # noqa: S314
    except ElementTree.ParseError:
        return []
    if response is None or response.tag != "Response":
        return []
    texts = ["".join(message.itertext()) for message in response.iter() if message.tag in ("Message", "Sms")]
    return [re.sub(r"^\s+|\s+$", "", text) for text in texts if text.strip()]
