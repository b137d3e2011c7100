"""The ways out: one module for each provider, and what its answers mean."""

from __future__ import annotations

from services.notify.settings import Settings
from services.notify.transports.answer import Transport

__all__ = ["Transport", "transports"]


def transports(settings: Settings) -> dict[str, Transport]:
    """The transport of each channel."""
    from services.notify.transports.sendgrid import SendGridTransport
    from services.notify.transports.twilio import TwilioTransport

    return {"text": TwilioTransport(settings), "email": SendGridTransport(settings)}
