"""From a message and its facts to the words that are sent.

Texts: the alphabet of `gsm`, one segment, no health detail. E-mails: plain text whose first line is the
subject, and the same paragraphs as HTML. A language without a template falls back to English.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateNotFound, select_autoescape

from services.notify import gsm

DAYS = {"en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        "es": ("lun", "mar", "mie", "jue", "vie", "sab", "dom")}  # fmt: skip
MONTHS = {"en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
          "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")}  # fmt: skip
SHORTEST_NAME = 8

_templates = Environment(
    loader=PackageLoader("services.notify", "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    text: str
    html: str


def text_message(kind: str, language: str, facts: dict[str, Any]) -> str:
    """One segment. When it would be longer the address is left out, then the clinic's name is shortened: nothing
    else can be.

    `facts`: clinic, phone, day, time, visits, confirmed, link, address … as the template needs them.
    """
    name = gsm.downgrade(facts["clinic"])
    for tried in (facts, {**facts, "address": None}):
        body = _text(kind, language, {**tried, "clinic": name})
        excess = gsm.septets(body) - gsm.SEGMENT
        if excess <= 0:
            return body
    shortened = _shortened(name, max(len(name) - excess, SHORTEST_NAME))
    return _text(kind, language, {**facts, "address": None, "clinic": shortened})


def _shortened(name: str, length: int) -> str:
    """Whole words, as long as what is left still says who it is."""
    cut = name[:length].rstrip()
    words = cut if name[len(cut) : len(cut) + 1] in ("", " ") else cut.rpartition(" ")[0]
    return words if len(words) >= SHORTEST_NAME else cut


def _text(kind: str, language: str, facts: dict[str, Any]) -> str:
    return gsm.downgrade(" ".join(_render(kind, "text", language, facts).split()))


def email(kind: str, language: str, facts: dict[str, Any]) -> Words:
    """Subject, plain text and HTML."""
    rendered = _render(kind, "email", language, facts)
    subject, text = rendered.removeprefix("Subject: ").split("\n", 1)
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip())]
    html = _templates.get_template("email.html").render(
        language=language, clinic=facts["clinic"], subject=subject, paragraphs=paragraphs, link=facts.get("link")
    )
    return Words(subject.strip(), "\n\n".join(paragraphs) + "\n", html)


def _render(kind: str, channel: str, language: str, facts: dict[str, Any]) -> str:
    name = "reminder" if kind.startswith("reminder_") else kind
    try:
        template = _templates.get_template(f"{name}.{channel}.{language}.txt")
    except TemplateNotFound:
        template = _templates.get_template(f"{name}.{channel}.en.txt")
    return template.render(facts)


def day(at: datetime, zone: ZoneInfo, language: str) -> str:
    """`Tue Mar 9`, `mar 9 mar`."""
    local = at.astimezone(zone)
    tongue = language if language in DAYS else "en"
    name, month = DAYS[tongue][local.weekday()], MONTHS[tongue][local.month - 1]
    return f"{name} {local.day} {month}" if tongue == "es" else f"{name} {month} {local.day}"


def time(at: datetime, zone: ZoneInfo) -> str:
    """`3:00 PM`."""
    local = at.astimezone(zone)
    return f"{local.hour % 12 or 12}:{local.minute:02} {'AM' if local.hour < 12 else 'PM'}"


def phone(number: str) -> str:
    """A North American number as it is written there; any other as E.164."""
    return f"{number[2:5]}-{number[5:8]}-{number[8:]}" if re.fullmatch(r"\+1\d{10}", number) else number
