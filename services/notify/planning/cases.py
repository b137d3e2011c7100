"""What is known, as `schedule` wants it: cases, and how the people in them can be reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.notify import schedule
from services.notify.models import Block, Clinic, Contact, MergedPatient
from services.notify.people.agreement import agrees
from services.notify.schedule import Case, Policy, Reach

Row = Mapping[str, Any]
Rows = Mapping[str, Mapping[str, list[Row]]]
"""By table, then by referral."""


@dataclass(frozen=True, slots=True)
class Known:
    """A case and the patient whose it is, as far as that is known."""

    case: Case
    patient_id: UUID | None


def policy(session: Session) -> tuple[Policy, datetime] | None:
    """The clinic's policy, and now; None until the clinic is known."""
    known = select(Clinic.timezone, Clinic.reminder_minutes, Clinic.messages, func.fascia_now()).limit(1)
    row = session.execute(known).one_or_none()
    return (policy_of(row[0], row[1], row[2]), row[3]) if row else None


def policy_of(timezone: str, reminder_minutes: Iterable[int], messages: Row | None) -> Policy:
    """`messages` is what `MessagePolicy` says; what it does not say is as usual."""
    told = dict(messages or {})
    given: dict[str, Any] = {
        name: time.fromisoformat(told[name]) for name in ("texts_from", "texts_until") if name in told
    }
    given |= {name: told[name] for name in _AS_TOLD if name in told}
    if "grace_minutes" in told:
        given["grace"] = timedelta(minutes=told["grace_minutes"])
    return Policy(_zone(timezone), tuple(reminder_minutes), **given)


_AS_TOLD = ("texts_a_day", "texts_per_second", "invite", "full_content")

_OF_REFERRALS = ("series", "series_acts", "visits", "visit_acts", "offers", "renewals", "choices")

_ABOUT = """
WITH named AS (
    SELECT patient_id FROM referrals WHERE id = ANY (CAST(:ids AS uuid[]))
    UNION SELECT patient_id FROM series WHERE referral_id = ANY (CAST(:ids AS uuid[]))
    UNION SELECT patient_id FROM visits WHERE referral_id = ANY (CAST(:ids AS uuid[]))
    UNION SELECT patient_id FROM offers WHERE referral_id = ANY (CAST(:ids AS uuid[]))
), whose AS (
    SELECT patient_id FROM named
    UNION SELECT other.patient_id FROM merged_patients AS mine JOIN merged_patients AS other USING (person_id)
     WHERE mine.patient_id = ANY (ARRAY (SELECT patient_id FROM named))
), about AS (
    SELECT unnest(CAST(:ids AS uuid[])) AS id
    UNION SELECT id FROM referrals WHERE :all AND patient_id = ANY (ARRAY (SELECT patient_id FROM whose))
    UNION SELECT referral_id FROM series WHERE :all AND patient_id = ANY (ARRAY (SELECT patient_id FROM whose))
    UNION SELECT referral_id FROM visits WHERE :all AND patient_id = ANY (ARRAY (SELECT patient_id FROM whose))
    UNION SELECT referral_id FROM offers WHERE :all AND patient_id = ANY (ARRAY (SELECT patient_id FROM whose))
)
SELECT 'referrals', to_jsonb(r) || jsonb_build_object('referral_id', id)
    FROM referrals r WHERE id = ANY (ARRAY (SELECT id FROM about))
UNION ALL SELECT 'replies', to_jsonb(r) - 'body'
    FROM replies r WHERE answer IS NOT NULL AND referral_id = ANY (ARRAY (SELECT id FROM about))
UNION ALL SELECT 'asked', jsonb_build_object('referral_id', id) FROM about
"""
# Arrays, so that each part is looked up by its index, whatever is known of how many there are.
_EVERYTHING = text(
    _ABOUT
    + "".join(
        f" UNION ALL SELECT '{name}', to_jsonb(r) FROM {name} r WHERE referral_id = ANY (ARRAY (SELECT id FROM about))"
        for name in _OF_REFERRALS
    )
)


def load(session: Session, referral_ids: list[UUID], whole_patients: bool = True) -> list[Known]:
    """All that is known of these referrals; of all their patients' others too, under any record, if wanted."""
    rows: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    found: Any = session.execute(_EVERYTHING, {"ids": referral_ids, "all": whole_patients})
    for table, row in found:
        rows[table][row["referral_id"]].append(row)
    return [_known(id_, rows) for id_ in sorted(rows["asked"])]


def reach(session: Session, people: set[UUID]) -> dict[UUID, Reach]:
    """How those of them whose contact is known can be reached. Physicians are never texted."""
    person = select(MergedPatient.person_id).where(MergedPatient.patient_id == Contact.id).scalar_subquery()
    rows: Any = session.execute(
        select(
            Contact.id, person, Contact.timezone,
            Contact.phone.is_not(None), agrees("text"), _blocked(Contact.phone_hash, "text"),
            Contact.email.is_not(None), agrees("email"), _blocked(Contact.email_hash, "email"),
            Contact.delivery == "fax",
        ).where(Contact.id.in_(people))
    )  # fmt: skip
    return {row[0]: _reach(*row) for row in rows}


def _reach(
    id_: UUID, person: UUID | None, zone: str | None, has_number: bool, texts: bool, text_blocked: str | None,
    has_address: bool, emails: bool, email_blocked: str | None, fax: bool,
) -> Reach:  # fmt: skip
    no_text = text_blocked or (None if texts else "no_consent") if has_number else "no_number"
    no_email = email_blocked or (None if emails else "no_consent") if has_address else "no_address"
    no_email = "fax_wanted" if fax else no_email
    return Reach(
        id_, text=no_text is None, email=no_email is None, zone=_zone(zone) if zone else None,
        no_text=no_text, no_email=no_email, person_id=person or id_,
    )  # fmt: skip


def _blocked(address_hash: Any, channel: str) -> Any:
    """Why, or NULL."""
    return select(Block.reason).where(Block.address_hash == address_hash, Block.channel == channel).scalar_subquery()


def _known(referral_id: str, rows: Rows) -> Known:
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
        row["number"], _zone(row["timezone"]) if row["timezone"] else None, done, _maybe(asked_at),
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
        _at(row["answer_by"]), _zone(row["timezone"]) if row["timezone"] else None, _maybe(row["offered_at"]),
        _maybe(row["ended_at"]), row["how"], row["wanted"], _maybe(row["answered_at"]),
    )  # fmt: skip


_at = datetime.fromisoformat


def _maybe(value: str | None) -> datetime | None:
    return _at(value) if value else None


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
