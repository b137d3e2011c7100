"""Who listens to what: one durable queue for each pair."""

from __future__ import annotations

from services.contracts import booking, notify, referrals
from services.contracts.event import Event

SUBSCRIPTIONS: dict[str, tuple[type[Event], ...]] = {
    "referrals": (
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
        notify.ConsentChanged,
        booking.ClinicChanged,
    ),
    "booking": (
        referrals.ReferralAccepted,
        referrals.ReferralAmended,
        referrals.ReferralEnded,
        referrals.PatientsMerged,
        referrals.PatientsSeparated,
        referrals.PatientErased,
        notify.PatientReplied,
        notify.OfferAnswered,
        notify.TimeChosen,
    ),
    "notify": (
        referrals.PatientContactChanged,
        referrals.PhysicianContactChanged,
        referrals.ReferralReceived,
        referrals.ReferralAccepted,
        referrals.ReferralAmended,
        referrals.ReferralEnded,
        referrals.ReferralDeclined,
        referrals.ReferralStalled,
        referrals.ReferralResumed,
        referrals.ScanOverlooked,
        referrals.ScanSettled,
        referrals.PatientsMerged,
        referrals.PatientsSeparated,
        referrals.PatientErased,
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
        booking.ChoiceRefused,
        booking.DeskAsked,
    ),
}

PUBLISHERS = ("referrals", "booking", "notify")


def exchange_name(publisher: str) -> str:
    return f"{publisher}.events"


def queue_name(consumer: str, event: type[Event]) -> str:
    """Fixed names of ours: `notify.booking.session_booked`."""
    return f"{consumer}.{event.event_type()}"
