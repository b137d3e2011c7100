"""From rows, as PostgreSQL tells them in JSON, to cases as `schedule` wants them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.notify import schedule
from services.notify.schedule import Case

Row = Mapping[str, Any]
Rows = Mapping[str, Mapping[str, list[Row]]]
"""By table, then by referral."""


@dataclass(frozen=True, slots=True)
class Known:
    """A case and the patient whose it is, as far as that is known."""

    case: Case
    patient_id: UUID | None


def known(referral_id: str, rows: Rows) -> Known:
    mine = {table: found[referral_id] for table, found in rows.items() if referral_id in found}

    def of(table: str) -> list[Row]:
        return mine.get(table, [])

    series_acts, visit_acts = _by(of("series_acts"), "series_id"), _by(of("visit_acts"), "visit_id")
    referral = next(iter(of("referrals")), None)
    case = Case(
        referral_id=UUID(referral_id),
        referral=_referral(referral) if referral else None,
        series=tuple(_series(row, series_acts[row["id"]]) for row in of("series")),
        visits=tuple(_visit(row, visit_acts[row["id"]]) for row in of("visits")),
        offers=tuple(_offer(row) for row in of("offers")),
        renewals=tuple(schedule.Renewal(UUID(row["order_id"]), _at(row["advised_at"])) for row in of("renewals")),
        choices=tuple(_choice(row) for row in of("choices")),
        answers=tuple(
            schedule.Answer(UUID(row["id"]), row["answer"], _at(row["received_at"])) for row in of("replies")
        ),
    )
    told_by = [*of("referrals"), *of("series"), *of("visits"), *of("offers")]
    return Known(case, UUID(told_by[0]["patient_id"]) if told_by else None)


def _by(rows: list[Row], name: str) -> dict[str, list[Row]]:
    """In the order of their versions."""
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["version"]):
        grouped[row[name]].append(row)
    return grouped


def _referral(row: Row) -> schedule.Referral:
    return schedule.Referral(
        row["updates"], _maybe(row["received_at"]), _maybe(row["declined_at"]), _maybe(row["ended_at"]),
        _maybe(row["accepted_at"]), UUID(row["physician_id"]),
        tuple(schedule.Copy(UUID(copy["physician_id"]), copy["updates"]) for copy in row["copies"]),
    )  # fmt: skip


def _series(row: Row, acts: list[Row]) -> schedule.Series:
    done = tuple(schedule.SeriesAct(_at(act["at"]), act["visits"], act["completed"]) for act in acts)
    return schedule.Series(
        UUID(row["id"]), _at(row["last_at"]), _maybe(row["booked_at"]), _maybe(row["completed_at"]),
        _maybe(row["cancelled_at"]), done, row["visits"], row["completed"],
    )  # fmt: skip


def _visit(row: Row, acts: list[Row]) -> schedule.Visit:
    done = tuple(
        schedule.VisitAct(
            act["what"], _at(act["starts_at"]), act["place"], _maybe(act["at"]), act["by"], _maybe(act["moved_from"])
        )
        for act in acts
    )
    asked_at = row["cancel_asked_at"] if row["cancel_asked_for"] == row["starts_at"] else None
    return schedule.Visit(
        UUID(row["id"]), UUID(row["series_id"]), row["status"], _at(row["starts_at"]), _maybe(row["completed_at"]),
        row["number"], ZoneInfo(row["timezone"]) if row["timezone"] else None, done, _maybe(asked_at),
        _at(row["ends_at"]),
    )  # fmt: skip


def _choice(row: Row) -> schedule.Choice:
    return schedule.Choice(
        UUID(row["visit_id"]), _at(row["starts_at"]), _at(row["asked_at"]), row["gone"], _maybe(row["chosen"]),
        row["refused_at"] is not None,
    )  # fmt: skip


def _offer(row: Row) -> schedule.Offer:
    return schedule.Offer(
        UUID(row["id"]), UUID(row["session_id"]) if row["session_id"] else None, _at(row["starts_at"]),
        _at(row["answer_by"]), ZoneInfo(row["timezone"]) if row["timezone"] else None, _maybe(row["offered_at"]),
        _maybe(row["ended_at"]), row["how"], row["wanted"], _maybe(row["answered_at"]),
    )  # fmt: skip


_at = datetime.fromisoformat


def _maybe(value: str | None) -> datetime | None:
    return _at(value) if value else None
