"""The tables of booking. Their making, with constraints and triggers, is in `migrations`."""

from services.booking.models.base import Base
from services.booking.models.clinic import (
    Absence,
    Clinic,
    Closure,
    Hours,
    Licence,
    Location,
    Resource,
    Room,
    SpecialHours,
    Therapist,
)
from services.booking.models.feed import Feed
from services.booking.models.order import LedgerEntry, Order, Renewal
from services.booking.models.series import Claim, History, Measure, Series, SessionNote, Visit
from services.booking.models.waitlist import Freed, Offer, Waiting

__all__ = [
    "Absence",
    "Base",
    "Claim",
    "Clinic",
    "Closure",
    "Feed",
    "Freed",
    "History",
    "Hours",
    "LedgerEntry",
    "Licence",
    "Location",
    "Measure",
    "Offer",
    "Order",
    "Renewal",
    "Resource",
    "Room",
    "Series",
    "SessionNote",
    "SpecialHours",
    "Therapist",
    "Visit",
    "Waiting",
]
