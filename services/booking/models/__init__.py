"""The tables of booking. Their making, with constraints and triggers, is in `migrations`."""

from services.booking.models.base import Base
from services.booking.models.care import DayCheck, NoteVersion
from services.booking.models.claim import Claim, History
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
from services.booking.models.merged import MergedPatient
from services.booking.models.note import KeptAct, SessionNote
from services.booking.models.order import Ending, LedgerEntry, Order, Renewal, Uncovered
from services.booking.models.series import Series
from services.booking.models.visit import Visit
from services.booking.models.waitlist import Freed, Offer, Waiting

__all__ = [
    "Absence",
    "Base",
    "Claim",
    "Clinic",
    "Closure",
    "DayCheck",
    "Ending",
    "Feed",
    "Freed",
    "History",
    "Hours",
    "KeptAct",
    "LedgerEntry",
    "Licence",
    "Location",
    "MergedPatient",
    "NoteVersion",
    "Offer",
    "Order",
    "Renewal",
    "Resource",
    "Room",
    "Series",
    "SessionNote",
    "SpecialHours",
    "Therapist",
    "Uncovered",
    "Visit",
    "Waiting",
]
