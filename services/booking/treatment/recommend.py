"""The follow-up of a series: drafted from its measures, decided and signed by the therapist."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Series
from services.booking.refusals import NothingKept
from services.booking.treatment.noted import noted_in
from services.booking.treatment.outcome import drafted, is_signed
from services.care.recommend import FollowUp
from services.chassis import audit, clock, context
from services.chassis.refusals import NotFound
from services.chassis.seal import Seal


def recommendation(session: Session, seal: Seal, series_id: UUID) -> dict[str, Any]:
    """The draft with its reasons, and what was signed: None before, and once another visit took place.

    Raises `NotFound`.
    """
    series = session.get(Series, series_id)
    if series is None:
        raise NotFound(series_id=str(series_id))
    return _shown(session, seal, series)


def sign(session: Session, seal: Seal, series_id: UUID, follow_up: FollowUp, words: str) -> dict[str, Any]:
    """The therapist's own decision, whatever the draft says; signing again replaces it.

    Raises `NotFound`, `NothingKept`.
    """
    series = reading.series(session, series_id)
    if not series.completed:
        raise NothingKept
    series.follow_up, series.recommendation = follow_up, seal.close(words)
    series.signed_by, series.signed_at = context.actor.get().id, clock.now(session)
    audit.record(session, "recommendation_signed", "series", series.id)
    return _shown(session, seal, series)


def _shown(session: Session, seal: Seal, series: Series) -> dict[str, Any]:
    noted = noted_in(session, seal, series.id)
    return {
        "series_id": series.id,
        "planned": series.visits,
        "kept": len(noted),
        "drafted": drafted(noted, series.visits),
        "signed": _signed(seal, series) if is_signed(series.signed_at, noted) else None,
    }


def _signed(seal: Seal, series: Series) -> dict[str, Any]:
    words = seal.open(series.recommendation) if series.recommendation else ""
    return {
        "follow_up": series.follow_up,
        "recommendation": words,
        "signed_by": series.signed_by,
        "signed_at": series.signed_at,
    }
