"""What notify remembers: who can be reached, what it knows of series and visits, and every message."""

from services.notify.models.base import Base
from services.notify.models.desk import Bucket, Pause, Reply, Task
from services.notify.models.known import Choice, Offer, Referral, Renewal, Replan, Series, SeriesAct, Visit, VisitAct
from services.notify.models.messages import Attempt, Callback, Link, Message
from services.notify.models.people import Block, Clinic, Consent, Contact, MergedPatient

__all__ = [
    "Attempt",
    "Base",
    "Block",
    "Bucket",
    "Callback",
    "Choice",
    "Clinic",
    "Consent",
    "Contact",
    "Link",
    "MergedPatient",
    "Message",
    "Offer",
    "Pause",
    "Referral",
    "Renewal",
    "Replan",
    "Reply",
    "Series",
    "SeriesAct",
    "Task",
    "Visit",
    "VisitAct",
]
