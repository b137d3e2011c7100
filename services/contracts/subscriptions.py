"""Who listens to what: one durable queue for each pair."""

from __future__ import annotations

from services.contracts import booking, notify, referrals
from services.contracts.event import Event

SUBSCRIPTIONS: dict[str, tuple[type[Event], ...]] = {
    "referrals": (
        booking.SeriesBooked,
        booking.SeriesChanged,
        booking.SessionCompleted,
        booking.SeriesCompleted,
        booking.SeriesCancelled,
    ),
    "booking": (
        referrals.ReferralAccepted,
        referrals.ReferralAmended,
        referrals.ReferralEnded,
        notify.PatientReplied,
        notify.OfferAnswered,
    ),
    "notify": (
        referrals.PatientContactChanged,
        referrals.PhysicianContactChanged,
        referrals.ReferralReceived,
        referrals.ReferralAccepted,
        referrals.ReferralAmended,
        referrals.ReferralEnded,
        referrals.ReferralDeclined,
        booking.ClinicChanged,
        booking.SeriesBooked,
        booking.SeriesChanged,
        booking.SeriesCompleted,
        booking.SeriesCancelled,
        booking.SessionBooked,
        booking.SessionConfirmed,
        booking.SessionMoved,
        booking.SessionArrived,
        booking.SessionCompleted,
        booking.SessionCancelled,
        booking.SessionMissed,
        booking.SessionRestored,
        booking.RenewalAdvised,
        booking.WaitlistOffered,
        booking.OfferEnded,
        booking.DeskAsked,
    ),
}

PUBLISHERS = ("referrals", "booking", "notify")


def exchange_name(publisher: str) -> str:
    return f"{publisher}.events"


def queue_name(consumer: str, event: type[Event]) -> str:
    """Fixed names of ours: `notify.booking.session_booked`."""
    return f"{consumer}.{event.event_type()}"
