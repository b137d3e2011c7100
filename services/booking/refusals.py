"""What booking refuses, and the facts that go with it."""

from __future__ import annotations

from services.chassis.refusals import Refusal


class NoClinic(Refusal):
    message = "No clinic is loaded yet. Load the clinic's file first."


class NoVisitsLeft(Refusal):
    """Facts: the ledger."""

    message = "The order does not cover that many more visits."


class OrderExpired(Refusal):
    """Facts: valid_until."""

    message = "The order is no longer valid. Ask the physician to renew it."


class SlotTaken(Refusal):
    """Facts: alternatives, for each visit whose time is taken."""

    message = "Somebody else has this time. Choose one of the alternatives."


class SessionNotOpen(Refusal):
    """Facts: status."""

    message = "This session is over, cancelled or already completed."


class SessionNotBegun(Refusal):
    """Facts: starts_at."""

    message = "A session can be completed once it has begun."


class PressureAboveCeiling(Refusal):
    """Facts: ceiling, pressure (Walton scale, 1 to 5)."""

    status = 422
    message = "The pressure is above the ceiling that was set for this patient."


class IdempotencyKeyRequired(Refusal):
    status = 400
    message = "Send an Idempotency-Key header of 1 to 200 characters, a new one for each booking."
