"""What stands in a referral's way becomes a task of the desk, once, and is done when referrals says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from services.contracts.referrals import ReferralResumed, ReferralStalled, ScanOverlooked, ScanSettled
from services.notify.models import Task
from services.notify.planning import obstacles

NOON = datetime(2027, 3, 1, 17, tzinfo=UTC)


@pytest.fixture(scope="module")
def engine(migrated: Callable[[str], str]) -> Any:
    made = create_engine(migrated("notify"))
    yield made
    made.dispose()


def stalled(task_id: UUID, minutes: int = 0) -> ReferralStalled:
    return ReferralStalled(asked_at=NOON + timedelta(minutes=minutes), version=1, **_about(task_id))


def resumed(task_id: UUID, minutes: int) -> ReferralResumed:
    return ReferralResumed(resumed_at=NOON + timedelta(minutes=minutes), version=2, **_about(task_id))


def _about(task_id: UUID) -> dict[str, Any]:
    return {"task_id": task_id, "about": "needs_information", "referral_id": task_id, "patient_id": task_id}


def tell(engine: Any, *events: ReferralStalled | ReferralResumed) -> list[Task]:
    with Session(engine) as session, session.begin():
        for event in events:
            (obstacles.stalled if isinstance(event, ReferralStalled) else obstacles.resumed)(session, event)  # type: ignore[operator]
    with Session(engine) as session:
        return session.query(Task).filter_by(about=events[0].task_id).all()


def test_an_obstacle_is_one_task_however_often_it_is_told(engine: Any) -> None:
    event = stalled(uuid4())
    [task] = tell(engine, event, event)
    assert (task.kind, task.created_at, task.done_at) == ("needs_information", NOON, None)


def test_dealt_with_it_is_done_whichever_is_told_first(engine: Any) -> None:
    for order in permutations((0, 1)):
        id_ = uuid4()
        events = [stalled(id_), resumed(id_, 5)]
        [task] = tell(engine, *(events[place] for place in order))
        assert task.done_at == NOON + timedelta(minutes=5)


def test_asked_again_it_is_open_again_in_whatever_order_it_is_told(engine: Any) -> None:
    for order in permutations(range(3)):
        id_ = uuid4()
        events = [stalled(id_), resumed(id_, 5), stalled(id_, 9)]
        [task] = tell(engine, *(events[place] for place in order))
        assert (task.done_at, order) == (None, order)


def test_a_scan_that_nobody_types_in_is_a_task_of_its_own_and_done_with_it(engine: Any) -> None:
    """Of no patient and no referral; whichever is told first."""
    for order in permutations((0, 1)):
        scan = uuid4()
        told = [
            lambda session, id_=scan: obstacles.scan_overlooked(
                session, ScanOverlooked(version=1, document_id=id_, overlooked_at=NOON)
            ),
            lambda session, id_=scan: obstacles.scan_settled(
                session, ScanSettled(version=1, document_id=id_, settled_at=NOON + timedelta(minutes=5))
            ),
        ]
        with Session(engine) as session, session.begin():
            for place in order:
                told[place](session)
        with Session(engine) as session:
            [task] = session.query(Task).filter_by(about=scan).all()
        assert (task.kind, task.patient_id, task.referral_id) == ("scan_overlooked", None, None)
        assert task.done_at == NOON + timedelta(minutes=5)
