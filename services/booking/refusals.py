"""What booking refuses, and the facts that go with it."""

from __future__ import annotations

from services.chassis.refusals import Refusal


class NoClinic(Refusal):
    message = "No clinic is loaded yet. Load the clinic's file first."


class NoVisitsLeft(Refusal):
    """Facts: the ledger, and where holds count, how many visits are held."""

    message = "The order does not cover that many more visits."


class OrderExpired(Refusal):
    """Facts: valid_until."""

    message = "The order is no longer valid. Ask the physician to renew it."


class OrderEnded(Refusal):
    """Facts: how (withdrawn, expired, closed), ended_at."""

    message = "The order authorises no visits any more. Ask the physician for a new one."


class StillCovered(Refusal):
    """Facts: sessions, those that the order covers."""

    message = "The order covers these visits: cancel them one by one, if they shall not take place."


class SlotTaken(Refusal):
    """Facts: alternatives, for each visit whose time is taken."""

    message = "Somebody else has this time. Choose one of the alternatives."


class SessionNotOpen(Refusal):
    """Facts: status."""

    message = "This session is over, cancelled or already completed."


class SessionNotCancelled(Refusal):
    """Facts: status."""

    message = "This session is not cancelled, so nobody can be told that it is."


class SessionNotBegun(Refusal):
    """Facts: starts_at."""

    message = "This can be said of a session once it has begun."


class SessionBegun(Refusal):
    """Facts: starts_at."""

    message = "This session has begun: enter whether the patient came."


class TooLateToMove(Refusal):
    """Facts: until, the last moment at which it was possible."""

    message = "It is too late for the patient to move this session themselves. Please call the practice."


class SessionNotToday(Refusal):
    """Facts: starts_at."""

    message = "This session is on another day."


class PatientArrived(Refusal):
    message = "The patient has arrived. Undo that first, if it was a mistake."


class SeriesHeld(Refusal):
    message = "This series is only held. Book it first."


class HoldExpired(Refusal):
    message = "The time was held only for a while, and that is over. Choose again."


class BlockedBySafetyGate(Refusal):
    """Facts: codes of contraindications, certifications that a therapist lacks; max_minutes, where the order's
    sessions are longer than what is safe."""

    message = "The safety gate is closed. Stop where it names a contraindication, and contact the physician."


class StopToday(Refusal):
    """Facts: codes of what was found today."""

    message = "Stop, and contact the physician. This session cannot take place today."


class NotYourNote(Refusal):
    status = 403
    message = "A note is corrected by the therapist who wrote it."


class NothingKept(Refusal):
    message = "No visit of this series took place yet."


class NoNoteYet(Refusal):
    message = "There is no note yet: complete the session."


class PressureAboveCeiling(Refusal):
    """Facts: ceiling, pressure (Walton scale, 1 to 5)."""

    status = 422
    message = "The pressure is above the ceiling that was set for this patient."


class AlreadyWaiting(Refusal):
    message = "This session waits for an earlier time already."


class IdempotencyKeyRequired(Refusal):
    status = 400
    message = "Send an Idempotency-Key header of 1 to 200 characters, a new one for each booking."
