"""One look before anything is written: what is plainly taken is refused in a moment."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.booking.refusals import SlotTaken
from services.booking.visits.bookable import Wanted

# A function of the database, because to plan this anew each time costs twenty times as much as to do it.
PLAINLY_TAKEN = text("SELECT plainly_taken(:order, :starts, CAST(:therapists AS bigint[]), CAST(:rooms AS bigint[]))")


def refuse_if_plainly_taken(session: Session, order_id: UUID, visits: Sequence[Wanted]) -> None:
    """Raises `SlotTaken` when a session itself lies in somebody's claim, buffers and ways aside.

    Whoever passes can still be refused: only the claim decides.
    """
    asked = {
        "order": order_id,
        "starts": [one.start_at for one in visits],
        "therapists": [one.therapist for one in visits],
        "rooms": [one.room for one in visits],
    }
    if session.scalar(PLAINLY_TAKEN, asked):
        raise SlotTaken(alternatives=[])
