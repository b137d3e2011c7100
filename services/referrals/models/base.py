"""What the tables of referrals have in common."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Literal

from sqlalchemy import Date, DateTime, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase

from services.chassis import database
from services.contracts.booking import Fate, SessionStatus
from services.contracts.referrals import Updates
from services.referrals.course.stages import Stage

Standing = Literal["open", "completed", "cancelled"]
"""Of a series: open while a visit is still to come."""
Verdict = Literal["open", "merged", "apart"]
"""Of two records that may be one person."""
Decision = Literal["open", "confirmed", "refused"]
"""On a contact that was proposed."""


class Base(DeclarativeBase):
    metadata = database.metadata()
    type_annotation_map: ClassVar = {
        str: Text,
        Stage: Text,
        Standing: Text,
        Updates: Text,
        SessionStatus: Text,
        Fate: Text,
        Verdict: Text,
        Decision: Text,
        date: Date,
        datetime: DateTime(timezone=True),
        list[str]: ARRAY(Text),
    }
