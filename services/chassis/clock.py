"""Time is the database's: `fascia_now()` is its clock plus an offset that only a demo may set."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

_NOW = select(func.fascia_now())


def now(session: Session) -> datetime:
    """The present instant, aware, UTC."""
    instant = session.scalar(_NOW)
    assert isinstance(instant, datetime)
    return instant


def move(session: Session, ahead: timedelta) -> None:
    """Set how far this service's clock runs ahead of the real one."""
    session.execute(
        text("INSERT INTO demo_clock (ahead) VALUES (:ahead) ON CONFLICT (id) DO UPDATE SET ahead = excluded.ahead"),
        {"ahead": ahead},
    )
