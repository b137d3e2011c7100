"""Why a message is as it is, in sentences: from the entries of its whole trail, in their order of time.

An entry is a mapping with `what`, `at` and facts: codes, times, numbers and ids. What is not known is told by its
name or not at all; nothing that is written into an entry can make this fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from services.notify.why.reasons import CHANNELS, PROVIDERS, TASKS, because, phrase

Entry = Mapping[str, Any]

ASKED = "_when_asked"
"""Ends the name of what a provider did not tell by itself."""


@dataclass(frozen=True, slots=True)
class About:
    """The message. Times are told in `zone`, which is the recipient's."""

    kind: str
    channel: str
    zone: tzinfo
    due_at: datetime


def sentences(entries: Iterable[Entry], about: About) -> list[str]:
    """One for each entry that says something of its own."""
    return [said for entry in entries if (said := sentence(entry, about))]


def sentence(entry: Entry, about: About) -> str:
    """Empty for what an earlier sentence says already."""
    tell = _TELL.get(str(entry.get("what")))
    said = tell(entry, about) if tell else phrase(entry.get("what"))
    return f"{said[0].upper()}{said[1:]}." if said else ""


def when(value: object, zone: tzinfo) -> str:
    """`Tue Mar 9 09:00`; empty for what is no time."""
    instant = _instant(value)
    if instant is None:
        return ""
    local = instant.astimezone(zone)
    return f"{local:%a %b} {local.day} {local:%H:%M}"


def _instant(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, datetime) and value.tzinfo else None


def _with(said: str, reason: str, joint: str = ": ") -> str:
    return f"{said}{joint}{reason}" if reason else said


def _why(entry: Entry) -> str:
    return phrase(entry.get("because") or entry.get("reason"))


def _due(entry: Entry, about: About) -> str:
    return when(entry.get("due_at"), about.zone) or when(about.due_at, about.zone)


def _planned(entry: Entry, about: About) -> str:
    moment = when(entry.get("moment"), about.zone) or _due(entry, about)
    return _with(f"planned for {moment}", because(about.kind), " because ")


def _retimed(entry: Entry, about: About) -> str:
    return _with(f"now planned for {_due(entry, about)}", _why(entry))


def _deferred(entry: Entry, about: About) -> str:
    """Quiet hours may also make it earlier: a reminder goes before the night, not after it."""
    due, moment = _instant(entry.get("due_at")), _instant(entry.get("moment"))
    verb = "brought forward" if due and moment and due < moment else "deferred"
    return _with(f"{verb} to {_due(entry, about)}", _why(entry) or "quiet hours")


def _fell_back(entry: Entry, about: About) -> str:
    way, instead = (CHANNELS.get(str(entry.get(name)), "") for name in ("channel", "to"))
    is_number = way == "text" and entry.get("because") == "opted_out"
    why = "the number had opted out" if is_number else _why(entry)
    return _with(f"fell back from {way or 'another way'}{f' to {instead}' if instead else ''}", why)


def _merged(entry: Entry, about: About) -> str:
    visits = entry.get("visits")
    if not isinstance(visits, int):
        return "merged with other visits of that day"
    return "tells of one visit only now" if visits == 1 else f"tells of the {visits} visits of that day in one message"


def _superseded(entry: Entry, about: About) -> str:
    return _with("no longer planned", _why(entry))


def _capped(entry: Entry, about: About) -> str:
    limit, due = entry.get("limit"), when(entry.get("due_at"), about.zone)
    allowed = f"no more than {limit} texts a day to one person" if isinstance(limit, int) else phrase("texts_a_day")
    return f"put off{f' to {due}' if due else ''}: {allowed}"


def _expired(entry: Entry, about: About) -> str:
    return _with("not sent", _why(entry) or phrase("too_late"))


def _failed(entry: Entry, about: About) -> str:
    return _with("given up", _why(entry))


def _tried(entry: Entry, about: About) -> str:
    channel = str(entry.get("channel"))
    provider, at = PROVIDERS.get(channel, "the provider"), when(entry.get("at"), about.zone)
    name = phrase(entry.get("provider_id"))
    given = f" ({name})" if name else ""
    code = phrase(entry.get("code"))
    match entry.get("outcome"):
        case "sent" | "delivered" as outcome:
            arrived = when(entry.get("delivered_at"), about.zone)
            ending = f", delivered at {arrived}" if arrived else ", delivered" if outcome == "delivered" else ""
            return f"handed to {provider} at {at}{given}{ending}"
        case None:
            return f"being handed to {provider} since {at}"
        case "unknown":
            return _with(f"{provider} was called at {at} and it is not known whether it took the message", code)
        case "retry":
            return _with(f"{provider} did not take it at {at}, so it was tried again", code)
        case "later":
            return f"{provider} says it is quiet hours for the recipient, so it waits"
        case "configuration":
            return _with(f"{provider} refuses our account or number, so the channel waits", code)
        case outcome:
            return _with(f"{provider} could not deliver it ({at}){given}", _failure(phrase(outcome), code), ", ")


def _failure(reason: str, code: str) -> str:
    return f"{reason} ({code})" if code else reason


def _heard(entry: Entry, about: About) -> str:
    """A provider's report; that it is on its way or has arrived is told with the handing over."""
    event = str(entry.get("event"))
    if event.endswith(ASKED):
        return _found_out(entry, event.removesuffix(ASKED), about)
    if event in ("accepted", "queued", "sending", "sent", "delivered", "processed"):
        return ""
    at = when(entry.get("at"), about.zone)
    return f"{PROVIDERS.get(about.channel, 'the provider')} reported {phrase(event)} at {at}" if phrase(event) else ""


def _found_out(entry: Entry, status: str, about: About) -> str:
    """Its report was lost on the way."""
    provider, at = PROVIDERS.get(about.channel, "the provider"), when(entry.get("at"), about.zone)
    return f"{provider} was asked at {at}, as no report had come: {phrase(status) or 'nothing known'}"


def _answered(entry: Entry, about: About) -> str:
    at, meaning = when(entry.get("at"), about.zone), phrase(entry.get("meaning"))
    return _with(f"the patient answered at {at}", meaning)


def _task(entry: Entry, about: About) -> str:
    kind = str(entry.get("kind"))
    asked = TASKS.get(kind) or phrase(kind)
    done = when(entry.get("done_at"), about.zone)
    return f"the desk was asked to {asked}{f', done {done}' if done else ''}"


_TELL: dict[str, Callable[[Entry, About], str]] = {
    "planned": _planned,
    "retimed": _retimed,
    "deferred": _deferred,
    "fell_back": _fell_back,
    "merged": _merged,
    "superseded": _superseded,
    "capped": _capped,
    "expired": _expired,
    "failed": _failed,
    "resent": lambda entry, about: f"sent again by the desk's decision at {when(entry.get('at'), about.zone)}",
    "marked_sent": lambda entry, about: f"marked as sent by the desk at {when(entry.get('at'), about.zone)}",
    "tried": _tried,
    "heard": _heard,
    "answered": _answered,
    "task": _task,
}
