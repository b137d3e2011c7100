"""The rows are made to be what `schedule` says: insert, re-time, supersede.

Only a row that is still planned is ever changed, or one that expired without having been tried. What was handed to
a provider, or may have been, stays as it is and stands for its occasion on every channel: nobody is told the same
by text and by e-mail. A reconcile that finds everything as it should be writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.notify.models import Message
from services.notify.planning import cases, rows
from services.notify.planning.differences import TAKEN, Plan, Row, differences
from services.notify.planning.policy import clinic_policy
from services.notify.planning.reach import reach
from services.notify.schedule import Key, Planned, Told, to_person, to_physician, wishes

ROLES = ("patient", "physician")
COUNTED_FOR = timedelta(days=2)


def reconcile(
    session: Session, referral_ids: list[UUID], roles: tuple[str, ...] = ROLES, only: UUID | None = None
) -> None:
    """Plan the messages about these referrals to people of these roles, whose locks the caller holds; to one
    person only, if said. A patient's are planned with those about all their other referrals."""
    session.flush()
    found = plan(session, referral_ids, roles, only)
    if found is None:
        return
    wrong = differences(found)
    while wrong.touched and (moved := _moved_on(session, wrong.touched, found.rows)):
        # A dispatcher was just claiming some of them.
        found.rows.update({row.key: row for row in moved})
        wrong = differences(found)
    rows.write(session, wrong, found.patients, found.rows, found.now)


def plan(
    session: Session, referral_ids: list[UUID], roles: tuple[str, ...] = ROLES, only: UUID | None = None
) -> Plan | None:
    """None until the clinic is known. Nothing is written."""
    known = clinic_policy(session)
    if known is None or not referral_ids:
        return None
    policy, now = known
    found = cases.load(session, referral_ids, whole_patients="patient" in roles)
    asked = frozenset(referral_ids)
    patients = {one.case.referral_id: one.patient_id for one in found if one.patient_id}
    physicians = [one.case for one in found if one.case.referral_id in asked and "physician" in roles]
    people = reach(session, {*patients.values(), *(id_ for case in physicians for id_ in wishes(case.referral))})
    have = rows.of(session, asked, frozenset(patients.values()), roles, only)
    wanted: list[Planned] = []
    if "patient" in roles:
        reached = {id_: people[id_] for id_ in sorted(set(patients.values())) if id_ in people}
        for person in dict.fromkeys(record.person for record in reached.values()):
            records = {id_: record for id_, record in reached.items() if record.person == person}
            mine = [(one.case, records[one.patient_id]) for one in found if one.patient_id in records]
            wanted += to_person(mine, policy, now, _told(have, records, now))
    for case in physicians:
        for id_ in wishes(case.referral):
            if id_ in people and case.referral_id in patients and only in (None, id_):
                wanted += to_physician(case, people[id_], policy, _told(have, (id_,), now))
    return Plan(
        {message.key: message for message in wanted}, {row.key: row for row in have},
        {one.case.referral_id: one.case for one in found}, patients, people, policy, now,
    )  # fmt: skip


def _told(have: Iterable[Row], records: Collection[UUID], now: datetime) -> Told:
    mine = [row for row in have if row.recipient in records]
    taken = [row for row in mine if row.is_taken]
    counted = [row for row in taken if row.channel == "text" and row.state in TAKEN]
    at = [row.sent_at or row.changed_at for row in counted]
    return Told(
        occasions=frozenset(row.occasion for row in taken),
        texts=tuple(one for one in at if one > now - COUNTED_FOR),
        reminded=frozenset(told for row in taken for told in row.reminds),
        not_arrived=frozenset(row.occasion for row in mine if row.state == "failed" and row.channel == "text"),
    )


def _moved_on(session: Session, touched: frozenset[UUID], have: dict[Key, Row]) -> list[Row]:
    """Locks the rows that are to be changed; those of them that are not as they were read, as they are now.

    Waits for a dispatcher that is claiming one of them, and then sees it as sending.
    """
    before = {row.id: row for row in have.values()}
    lock = select(*rows.COLUMNS).where(Message.id.in_(touched)).order_by(Message.id).with_for_update()
    return [row for row in rows.read(session, lock) if row.state != before[row.id].state]
