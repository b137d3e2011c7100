"""SendGrid's rules for a mail/send body: every mistake, with the field SendGrid names for it.

Limits: 1000 recipients, 10 categories, 10,000 bytes of custom arguments, 30 MB of attachments, 72 hours.
[SendGrid: Mail Send, errors and limitations]
"""

from typing import Any

from .mail_content import attachments, content
from .mail_people import personalizations
from .mail_shapes import Mistakes, custom_args, filled, headers, is_address, kind_of, named, send_at

HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#"
TOP = {
    "personalizations", "from", "reply_to", "reply_to_list", "subject", "content", "attachments",
    "template_id", "sections", "headers", "categories", "custom_args", "send_at", "batch_id", "asm",
    "ip_pool_name", "mail_settings", "tracking_settings",
}  # fmt: skip
SETTINGS: dict[str, dict[str, dict[str, type]]] = {
    "mail_settings": {
        "bypass_list_management": {"enable": bool},
        "bypass_spam_management": {"enable": bool},
        "bypass_bounce_management": {"enable": bool},
        "bypass_unsubscribe_management": {"enable": bool},
        "footer": {"enable": bool, "text": str, "html": str},
        "sandbox_mode": {"enable": bool},
    },
    "tracking_settings": {
        "click_tracking": {"enable": bool, "enable_text": bool},
        "open_tracking": {"enable": bool, "substitution_tag": str},
        "subscription_tracking": {"enable": bool, "text": str, "html": str, "substitution_tag": str},
        "ganalytics": {
            "enable": bool,
            "utm_source": str,
            "utm_medium": str,
            "utm_term": str,
            "utm_content": str,
            "utm_campaign": str,
        },
    },
}


def mistakes(mail: Any) -> list[dict[str, str | None]]:
    """What is wrong with a parsed body, as SendGrid's ``errors``; empty when it can be accepted.

    :raises TooLarge: for attachments over 30 MB in all
    """
    if not isinstance(mail, dict):
        return [{"message": "Bad Request", "field": None, "help": None}]
    found = list(_mistakes(mail))
    return [{"message": message, "field": field, "help": _help(field)} for field, message in found]


def _help(field: str) -> str:
    return HELP + "message." + ".".join(part for part in field.split(".") if not part.isdigit())


def _mistakes(mail: dict[str, Any]) -> Mistakes:
    yield from ((name, f"Additional property {name} is not allowed") for name in mail if name not in TOP)
    yield from personalizations(mail)
    yield from _sender(mail)
    yield from _subject(mail)
    yield from content(mail)
    yield from attachments(mail.get("attachments", []))
    yield from _categories(mail.get("categories", []))
    yield from custom_args("custom_args", mail.get("custom_args"), {})
    yield from headers("headers", mail.get("headers"))
    yield from send_at("send_at", mail.get("send_at"))
    yield from _settings(mail)


def _sender(mail: dict[str, Any]) -> Mistakes:
    sender = mail.get("from")
    if not isinstance(sender, dict) or "email" not in sender:
        yield "from", "The from object with its email parameter is required."
    elif not is_address(sender["email"]):
        yield "from.email", "The from email does not contain a valid address."
    reply_to = mail.get("reply_to")
    if reply_to is not None and not (isinstance(reply_to, dict) and is_address(reply_to.get("email"))):
        yield "reply_to.email", "The reply_to email does not contain a valid address."


def _subject(mail: dict[str, Any]) -> Mistakes:
    if "subject" in mail and not filled(mail["subject"]):
        yield "subject", "The subject must be a string of at least one character."
    people = mail.get("personalizations")
    each = people if isinstance(people, list) else []
    covered = bool(each) and all(isinstance(one, dict) and one.get("subject") for one in each)
    if "subject" not in mail and not mail.get("template_id") and not covered:
        yield "subject", "The subject is required, here or in every personalization."


def _categories(categories: Any) -> Mistakes:
    if not isinstance(categories, list) or not all(isinstance(one, str) for one in categories):
        yield "categories", "Categories must be an array of strings."
        return
    if len(categories) > 10:
        yield "categories", f"There is a limit of 10 categories. You provided {len(categories)} categories."
    if len(set(categories)) != len(categories):
        yield "categories", "The categories must be a unique list."
    if any(len(one) > 255 for one in categories):
        yield "categories", "Each category must not be longer than 255 characters."


def _settings(mail: dict[str, Any]) -> Mistakes:
    for group, known in SETTINGS.items():
        given = mail.get(group, {})
        if not isinstance(given, dict):
            yield group, f"Invalid type. Expected: object, given: {kind_of(given)}."
            continue
        for name, values in given.items():
            yield from _setting(f"{group}.{name}", values, known.get(name))


def _setting(field: str, values: Any, known: dict[str, type] | None) -> Mistakes:
    if known is None:
        yield field, "Bad Request"
    elif not isinstance(values, dict):
        yield field, f"Invalid type. Expected: object, given: {kind_of(values)}."
    else:
        yield from _switches(field, values, known)


def _switches(field: str, values: dict[str, Any], known: dict[str, type]) -> Mistakes:
    for name, value in values.items():
        if name not in known:
            yield f"{field}.{name}", f"Additional property {name} is not allowed"
        elif not isinstance(value, known[name]):
            yield f"{field}.{name}", f"Invalid type. Expected: {named(known[name])}, given: {kind_of(value)}."
