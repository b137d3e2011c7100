"""A timeline as pages show it: messages, replies, consents and tasks, by local day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from services.web.desk.clinic import Here
from services.web.wording import words

TASKS = {
    "call_patient": "Call the patient",
    "send_by_fax": "Send by fax",
    "fax": "Send by fax",
    "address_wrong": "Correct the address",
    "not_delivered": "See why it was not delivered",
    "unknown_delivery": "Find out whether it arrived",
    "read_reply": "Read and answer",
    "another_time": "Find another time",
    "cancel_meant": "Did CANCEL mean the visit?",
    "channel_stopped": "Sending has stopped",
    "needs_information": "A referral lacks something",
    "same_patient": "The same patient twice?",
    "physician_contact": "A physician's new contact",
    "cancel_asked": "The physician's office asks to cancel",
    "no_activity": "A referral where nothing happens",
    "scan_overlooked": "A scan to be typed in",
    "uncovered_visits": "Visits that the order no longer covers",
    "absence": "Patients hit by an absence",
    "note": "A note needs attention",
}
ADVICE = {
    "call_patient": "No text or e-mail reaches them. Tell them by phone.",
    "send_by_fax": "No e-mail reaches this practice.",
    "fax": "This practice wants its updates by fax.",
    "address_wrong": "The provider says that this number or address does not exist. Ask for the right one.",
    "not_delivered": "It was not delivered, and goes no other way.",
    "unknown_delivery": "The provider does not tell whether it took this message. Ask the patient if you can.",
    "read_reply": "What the patient wrote was not understood.",
    "cancel_meant": "CANCEL stops all texts. Ask whether they meant their visit.",
    "channel_stopped": "The provider refuses our account or number. Nothing is lost; it goes on once that is mended.",
    "another_time": "They asked for another time, and none was found to offer.",
    "needs_information": "Ask the physician's office for what is missing.",
    "same_patient": "Two records may be one person. Compare them.",
    "physician_contact": "A referral names another e-mail, phone or fax than the known one. Ask before it is used.",
    "no_activity": "Find out what it waits for.",
    "cancel_asked": "Withdraw it, or say that it goes on.",
    "uncovered_visits": "Move or cancel them, or ask the physician to renew the order.",
    "absence": "Somebody is away while visits are booked. Move them, and call those that found no other time.",
    "scan_overlooked": "Nobody typed in what it says. Do, or throw it away.",
}
_CHANNELS = {"text": "text", "email": "e-mail", "desk": "desk"}
_MEANINGS = {
    "confirm": "comes",
    "cannot_come": "cannot come",
    "cancel": "cancels",
    "accept": "takes the offer",
    "decline": "declines the offer",
    "another_time": "wants another time",
    "choose": "picks another time",
    "yes": "says yes",
    "no": "says no",
    "cannot": "cannot come",
    "stop": "wants no texts",
    "revoke": "wants no texts",
    "aside": "nothing to be done",
    "start": "wants texts again",
    "help": "asked for help",
    "unclear": "not understood",
}
_SOURCES = {
    "referral": "the referral",
    "reply": "their own text",
    "provider": "the provider",
    "desk": "the desk",
    "link": "their own page",
}


@dataclass(frozen=True, slots=True)
class Line:
    """`about` is a second, quieter part; `state` a code with a colour of its own."""

    id: str
    what: str
    at: datetime
    title: str
    about: str
    state: str
    is_to_come: bool
    text: str | None = None
    message_id: str | None = None
    session_id: str | None = None


Days = list[tuple[date, list[Line]]]


def by_day(told: Iterable[Mapping[str, Any]], here: Here) -> tuple[Days, Days]:
    """What is to come, the next first, and what has been, the latest first."""
    lines = [line(one, here) for one in told]
    to_come = [one for one in reversed(lines) if one.is_to_come]
    return _days(to_come), _days(one for one in lines if not one.is_to_come)


def _days(lines: Iterable[Line]) -> Days:
    return [(on, list(group)) for on, group in groupby(lines, key=lambda one: one.at.date())]


def line(told: Mapping[str, Any], here: Here) -> Line:
    at = here.at(told["at"])
    title, about = _TELL[told["what"]](told)
    message = told["id"] if told["what"] == "message" else told.get("message_id")
    return Line(
        told["id"], told["what"], at, title, about, told.get("state") or told["kind"], at > here.now,
        told.get("text"), message, told.get("session_id"),
    )  # fmt: skip


def channel(code: str) -> str:
    return _CHANNELS.get(code, words(code))


def source(code: str) -> str:
    return _SOURCES.get(code, words(code))


def task(kind: str) -> str:
    return TASKS.get(kind) or words(kind).capitalize()


def _message(told: Mapping[str, Any]) -> tuple[str, str]:
    to = {"desk": "for the desk"}.get(told["to"], f"{channel(told['channel'])} to the {told['to']}")
    return told["title"] or words(told["kind"]).capitalize(), to


def _reply(told: Mapping[str, Any]) -> tuple[str, str]:
    return "The patient wrote", _MEANINGS.get(told["kind"], words(told["kind"]))


def _consent(told: Mapping[str, Any]) -> tuple[str, str]:
    named = {"text": "texts", "email": "e-mails"}.get(told["channel"], told["channel"])
    said = f"Agreed to {named}" if told["kind"] == "agreed" else f"No more {named}"
    return said, f"said by {source(told['reason'] or '')}"


def _task(told: Mapping[str, Any]) -> tuple[str, str]:
    return task(told["kind"]), "task of the desk"


_TELL = {"message": _message, "reply": _reply, "consent": _consent, "task": _task}
