"""What is known of how a patient is reached, and what they agreed to, as more is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

CONSENTS = {"text": "text_consent", "email": "email_consent"}
"""Channel → field of a contact."""
NAMES = ("name", "born_on", "phone", "email", "language", "timezone", *CONSENTS.values())
REFERRAL = "referral"
"""The source of what a physician's office says about the patient's consent."""

Contact = dict[str, Any]
"""NAMES, and `consents`: channel → {agreed, source, at}."""


def after(held: Mapping[str, Any], told: Mapping[str, Any], *, source: str, at: str) -> Contact:
    """What is known once this was told; what is not in it stays as it is.

    What patients said themselves counts more than what a referral says of their consent, and what was said later more
    than what was said before. `at` is an ISO instant.
    """
    known = {**dict.fromkeys(NAMES), **held, **{name: told[name] for name in told if name not in CONSENTS.values()}}
    consents = dict(held.get("consents") or {})
    for channel, name in CONSENTS.items():
        if name in told and _counts(consents.get(channel), told[name], held.get(name), source, at):
            known[name] = told[name]
            consents[channel] = {"agreed": told[name], "source": source, "at": at}
    return {**known, "consents": consents}


def _counts(before: Mapping[str, Any] | None, agreed: Any, held: Any, source: str, at: str) -> bool:
    if before is None:
        return agreed is not None and agreed != held
    if before["source"] != REFERRAL and source == REFERRAL:
        return False
    if source == REFERRAL:
        return bool(at >= before["at"] and agreed != before["agreed"])
    return bool(at > before["at"])


def joined(contacts: Sequence[Mapping[str, Any]]) -> Contact:
    """One person's contact from several records: the first counts, the others fill its gaps; one no is a no."""
    known: Contact = {name: next((c[name] for c in contacts if c.get(name) is not None), None) for name in NAMES}
    consents: Contact = {}
    for channel, name in CONSENTS.items():
        if any(contact.get(name) is False for contact in contacts):
            known[name] = False
        said = [c["consents"][channel] for c in contacts if channel in (c.get("consents") or {})]
        if agreeing := [one for one in said if one["agreed"] == known[name]]:
            consents[channel] = max(agreeing, key=lambda one: one["at"])
    return {**known, "consents": consents}


def consented_at(contact: Mapping[str, Any]) -> str | None:
    """When they last agreed, or said no, as an ISO instant; None when it is not known."""
    said = (contact.get("consents") or {}).values()
    return max((one["at"] for one in said), default=None)
