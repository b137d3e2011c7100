"""Whom an e-mail goes to: the rules of ``personalizations``."""

from typing import Any

from .mail_shapes import Mistakes, custom_args, filled, headers, is_address, kind_of, listed, send_at

EACH = {
    "to", "cc", "bcc", "from", "subject", "headers", "substitutions", "dynamic_template_data",
    "custom_args", "send_at",
}  # fmt: skip
KINDS = ("to", "cc", "bcc")


def personalizations(mail: dict[str, Any]) -> Mistakes:
    people = mail.get("personalizations")
    if not isinstance(people, list) or not people:
        yield "personalizations", "At least one personalization is required."
        return
    if len(people) > 1000:
        yield "personalizations", f"There is a limit of 1000 personalizations. You provided {len(people)}."
        return
    shared = mail.get("custom_args") if isinstance(mail.get("custom_args"), dict) else {}
    for place, one in enumerate(people):
        yield from _personalization(f"personalizations.{place}", one, shared or {})
    if sum(len(listed(one, kind)) for one in people for kind in KINDS) > 1000:
        yield "personalizations", "There is a limit of 1000 total recipients (to + cc + bcc) per request."


def _personalization(field: str, one: Any, shared: dict[str, Any]) -> Mistakes:
    if not isinstance(one, dict):
        yield field, f"Invalid type. Expected: object, given: {kind_of(one)}."
        return
    for name in one.keys() - EACH:
        yield f"{field}.{name}", f"Additional property {name} is not allowed"
    yield from _recipients(field, one)
    if "subject" in one and not filled(one["subject"]):
        yield f"{field}.subject", "The subject must be a string of at least one character."
    yield from custom_args(f"{field}.custom_args", one.get("custom_args"), shared)
    yield from headers(f"{field}.headers", one.get("headers"))
    yield from send_at(f"{field}.send_at", one.get("send_at"))


def _recipients(field: str, one: dict[str, Any]) -> Mistakes:
    if not listed(one, "to"):
        yield f"{field}.to", "The to array is required and must have at least one email object."
    for kind in KINDS:
        if kind in one and not isinstance(one[kind], list):
            yield f"{field}.{kind}", f"Invalid type. Expected: array, given: {kind_of(one[kind])}."
        for place, recipient in enumerate(listed(one, kind)):
            yield from _recipient(f"{field}.{kind}.{place}", recipient)
    yield from _unique(field, one)


def _recipient(field: str, recipient: Any) -> Mistakes:
    if not isinstance(recipient, dict):
        yield field, f"Invalid type. Expected: object, given: {kind_of(recipient)}."
    elif "email" not in recipient:
        yield f"{field}.email", "The to email parameter is required."
    elif not isinstance(recipient["email"], str):
        yield f"{field}.email", f"Invalid type. Expected: string, given: {kind_of(recipient['email'])}."
    elif not is_address(recipient["email"]):
        yield f"{field}.email", "Does not contain a valid address."
    elif not isinstance(recipient.get("name", ""), str):
        yield f"{field}.name", f"Invalid type. Expected: string, given: {kind_of(recipient['name'])}."


def _unique(field: str, one: dict[str, Any]) -> Mistakes:
    seen: set[str] = set()
    for kind in KINDS:
        for address in addresses(one, kind):
            if address.lower() in seen:
                yield field, f"Each email address should be unique. [{address}] is again in {field}.{kind}."
                return
            seen.add(address.lower())


def addresses(one: dict[str, Any], kind: str) -> list[str]:
    """The addresses of a personalization's ``to``, ``cc`` or ``bcc``."""
    entries = [entry.get("email") for entry in listed(one, kind) if isinstance(entry, dict)]
    return [address for address in entries if isinstance(address, str)]
