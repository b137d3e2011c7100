"""From a message and its facts to the words that are sent.

Texts: the alphabet of `gsm`, one segment, no health detail. E-mails: see `mail`. There is one template for each
kind, channel and language; what a person's own language lacks is said in the next one that was asked for, and at
last in English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateNotFound, select_autoescape

from services.notify.wording import gsm, mail
from services.notify.wording.mail import Words

SHORTEST_NAME = 8
FOLDERS = {"text": "texts", "email": "emails"}

_templates = Environment(
    loader=PackageLoader("services.notify", "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_templates.filters["unbroken"] = mail.unbroken


@lru_cache(maxsize=1024)
def spoken(kind: str, channel: str, *languages: str) -> str:
    """The first of these languages in which this can be said, by its ISO 639-1 code; else English."""
    for language in languages:
        code = re.split("[-_]", language.lower())[0]
        if _exists(f"{FOLDERS[channel]}/{code}/{_name(kind)}.txt"):
            return code
    return "en"


def text_message(kind: str, language: str, facts: dict[str, Any]) -> str:
    """One segment. What would be longer is told without the address, with fewer of the other times, and at last
    with the clinic's name shortened: nothing else can be.

    `facts`: clinic, phone, day, time, visits, confirmed, link, address … as the template needs them.
    """
    name = " ".join(gsm.downgrade(facts["clinic"]).split())
    for told in _ever_shorter({**facts, "clinic": name}):
        body = _text(kind, language, told)
        excess = gsm.septets(body) - gsm.SEGMENT
        if excess <= 0:
            return body
        if excess <= len(name) - SHORTEST_NAME and not _says_where(told):
            break
    return _text(kind, language, {**told, "clinic": _shortened(name, max(len(name) - excess, SHORTEST_NAME))})


def email(kind: str, language: str, facts: dict[str, Any]) -> Words:
    """Subject, plain text and HTML, all made from the one template."""
    source = _templates.get_template(f"emails/{spoken(kind, 'email', language)}/{_name(kind)}.txt").render(facts)
    letter = mail.read(source)
    html = _templates.get_template("emails/layout.html").render(letter=letter, language=language)
    return Words(letter.subject, mail.plain(letter), html)


def phone(number: str) -> str:
    """A North American number as it is written there; any other as E.164."""
    return f"{number[2:5]}-{number[5:8]}-{number[8:]}" if re.fullmatch(r"\+1\d{10}", number) else number


def _ever_shorter(facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield facts
    if _says_where(facts):
        facts = {**facts, "address": None, "home": False}
        yield facts
    while facts.get("choices"):
        facts = {**facts, "choices": facts["choices"][:-1]}
        yield facts


def _says_where(facts: dict[str, Any]) -> bool:
    return bool(facts.get("address") or facts.get("home"))


def _shortened(name: str, length: int) -> str:
    """Whole words, as long as what is left still says who it is."""
    cut = name[:length].rstrip()
    words = cut if name[len(cut) : len(cut) + 1] in ("", " ") else cut.rpartition(" ")[0]
    return words if len(words) >= SHORTEST_NAME else cut


def _text(kind: str, language: str, facts: dict[str, Any]) -> str:
    source = _templates.get_template(f"texts/{spoken(kind, 'text', language)}/{_name(kind)}.txt").render(facts)
    return mail.tidy(gsm.downgrade(source))


def _name(kind: str) -> str:
    return "reminder" if kind.startswith("reminder_") else kind


@lru_cache(maxsize=1024)
def _exists(name: str) -> bool:
    try:
        _templates.get_template(name)
    except TemplateNotFound:
        return False
    return True
