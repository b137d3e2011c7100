"""The tables of booking. Their making, with constraints and triggers, is in `migrations`."""

from services.booking.models.base import Base
from services.booking.models.clinic import Clinic, Closure, Hours, Resource, Room, Therapist
from services.booking.models.order import LedgerEntry, Order
from services.booking.models.series import Claim, Series, SessionNote, Visit

__all__ = [
    "Base",
    "Claim",
    "Clinic",
    "Closure",
    "Hours",
    "LedgerEntry",
    "Order",
    "Resource",
    "Room",
    "Series",
    "SessionNote",
    "Therapist",
    "Visit",
]
