"""The reports, on referrals and visits whose figures are worked out by hand; and what is asked of the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy
from sqlalchemy import event, text

from services.referrals import reports, reports_api
from services.referrals.course.expire import expire_some, remind_some
from tests.referrals.house import Caller, House, a_referral, today
from tests.referrals.test_merging import person
from tests.referrals.test_physicians import _NUMBERS, doctor

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
SPAN = "since=2026-01-01&until=2026-01-31"


@pytest.fixture(autouse=True)
def empty(house: House) -> None:
    """Each test counts everything there is."""
    with house.running.engine.begin() as connection:
        connection.execute(text("TRUNCATE visits, visits_kept, series, referrals CASCADE"))


def made(house: House, physician: dict[str, Any], **columns: Any) -> str:
    """A referral whose columns are put as they are told."""
    referral = house.caller("desk").post("", a_referral(patient=person(), physician=physician, placer=None)).json
    if columns:
        put = ", ".join(f"{name} = :{name}" for name in columns)
        with house.running.engine.begin() as connection:
            connection.execute(text(f"UPDATE referrals SET {put} WHERE id = :id"), {"id": referral["id"], **columns})
    return str(referral["id"])


def visit(house: House, referral_id: str, status: str, starts_at: datetime, fate: str | None = None) -> None:
    row = (
        "INSERT INTO visits (id, referral_id, series_id, version, number, status, starts_at, ends_at, home_visit, fate)"
        " VALUES (:id, :referral, :id, 1, 1, :status, :at, :at, false, :fate)"
    )
    facts = {"id": uuid4(), "referral": referral_id, "status": status, "at": starts_at, "fate": fate}
    with house.running.engine.begin() as connection:
        connection.execute(text(row), facts)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def test_what_is_open_by_stage_and_by_the_days_since_it_came(house: House, desk: Caller) -> None:
    someone, now = doctor(next(_NUMBERS)), datetime.now(UTC)
    ages = {"received": (0, 2.9, 3.1, 7.9), "in_review": (8.1, 14.9), "accepted": (15.1, 30.9, 31.1, 400)}
    for stage, old in ages.items():
        for age in old:
            made(house, someone, status=stage, received_at=now - days(age))
    for stage in ("declined", "completed", "withdrawn"):
        made(house, someone, status=stage, received_at=now - days(1))
    shown = {row["stage"]: row for row in desk.get("/reports/open").json}
    assert list(shown) == ["received", "needs_information", "in_review", "accepted", "active"]
    none = {"under_3_days": 0, "under_8_days": 0, "under_15_days": 0, "under_31_days": 0, "older": 0}
    by_age = {stage: row["by_age"] for stage, row in shown.items()}
    assert by_age == {
        "received": {**none, "under_3_days": 2, "under_8_days": 2},
        "needs_information": none,
        "in_review": {**none, "under_15_days": 2},
        "accepted": {**none, "under_31_days": 2, "older": 2},
        "active": none,
    }
    assert {stage: row["oldest_days"] for stage, row in shown.items()} == {
        "received": 7, "needs_information": None, "in_review": 14, "accepted": 400, "active": None,
    }  # fmt: skip


def test_no_shows_of_a_span_of_days_at_the_practice(house: House, desk: Caller) -> None:
    someone = doctor(next(_NUMBERS))
    first, second, third = (made(house, someone) for _ in range(3))
    begins, ends = datetime(2026, 1, 1, 5, tzinfo=UTC), datetime(2026, 2, 1, 5, tzinfo=UTC)
    for referral, status, at, fate in (
        (first, "missed", begins, "forfeited"),
        (first, "missed", begins - days(0.01), "forfeited"),
        (second, "missed", begins + days(3), "returned"),
        (second, "missed", ends - days(0.01), "forfeited"),
        (second, "missed", ends, "forfeited"),
        (second, "completed", begins + days(9), None),
        (third, "completed", begins + days(4), None),
        (third, "completed", begins + days(5), None),
        (third, "cancelled", begins + days(6), "forfeited"),
        (third, "booked", begins + days(7), None),
    ):
        visit(house, referral, status, at, fate)
    report = desk.get(f"/reports/no-shows?{SPAN}").json
    each = [(one["referral_id"], one["missed"], one["forfeited"], one["kept"]) for one in report["referrals"]]
    assert each == [(second, 2, 1, 1), (first, 1, 1, 0)]
    assert (report["missed"], report["forfeited"], report["kept"], report["rate"]) == (3, 2, 3, 0.5)


def test_of_very_many_no_shows_the_worst_are_listed_and_all_are_counted(
    house: House, desk: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST", 1)
    someone = doctor(next(_NUMBERS))
    mild, worst = made(house, someone), made(house, someone)
    for referral in (mild, worst, worst):
        visit(house, referral, "missed", SINCE + days(5), "returned")
    report = desk.get(f"/reports/no-shows?{SPAN}").json
    assert [one["referral_id"] for one in report["referrals"]] == [worst]
    assert report["missed"] == 3


def test_practices_with_stages_missed_visits_and_medians(house: House, desk: Caller) -> None:
    alone = doctor(next(_NUMBERS), practice=None, name="Dr. Solo")
    one, other = (doctor(next(_NUMBERS), practice="Riverside") for _ in range(2))
    at = SINCE + days(10)
    rows = (
        (one, "completed", {"contacted_at": 1, "first_visit_at": 4, "completed_at": 30, "ended_at": 90}),
        (one, "declined", {"reviewed_at": 2}),
        (other, "closed", {"contacted_at": 2, "ended_at": 11}),
        (other, "received", {"contacted_at": 9}),
        (other, "active", {"contacted_at": 4, "first_visit_at": 7, "reviewed_at": 1}),
        (alone, "withdrawn", {"ended_at": 3}),
    )
    ids = [
        made(house, who, status=stage, received_at=at, **{name: at + days(after) for name, after in steps.items()})
        for who, stage, steps in rows
    ]
    made(house, one, received_at=SINCE - days(1))
    for referral in (ids[0], ids[0], ids[4]):
        visit(house, referral, "missed", at, "returned")
    visit(house, ids[0], "completed", at)
    assert desk.get(f"/reports/practices?{SPAN}").json == [
        {
            "practice": "Riverside", "received": 5, "visits_missed": 3,
            "by_stage": {"active": 1, "closed": 1, "completed": 1, "declined": 1, "received": 1},
            "median_days": {"to_first_contact": 3.0, "to_first_visit": 5.5, "to_closure": 11.0},
        },
        {
            "practice": "Dr. Solo", "received": 1, "visits_missed": 0, "by_stage": {"withdrawn": 1},
            "median_days": {"to_first_contact": None, "to_first_visit": None, "to_closure": 3.0},
        },
    ]  # fmt: skip


def test_where_nothing_was_sent_there_is_nothing_to_report(desk: Caller) -> None:
    assert desk.get(f"/reports/practices?{SPAN}").json == []
    assert desk.get(f"/reports/no-shows?{SPAN}").json["rate"] is None


@pytest.mark.parametrize(
    ("stage", "idle", "raised"),
    [
        ("received", 6.9, 0), ("received", 7.1, 1), ("needs_information", 7.1, 1), ("in_review", 7.1, 1),
        ("accepted", 7.1, 1), ("active", 7.1, 1), ("completed", 70, 0), ("declined", 70, 0), ("expired", 70, 0),
    ],
)  # fmt: skip
def test_who_lies_still_for_days_is_a_task(house: House, stage: str, idle: float, raised: int) -> None:
    referral = made(house, doctor(next(_NUMBERS)), status=stage, changed_at=datetime.now(UTC) - days(idle))
    assert remind_some(house.running) == raised
    assert remind_some(house.running) == 0
    assert len(house.told("referral_stalled", referral_id=referral, about="no_activity")) == raised


@pytest.fixture
def many(house: House, empty: None) -> None:
    """Ten thousand that are over long since, and two visits of each."""
    someone = made(house, doctor(next(_NUMBERS)))
    copies = (
        "INSERT INTO referrals (id, patient_id, physician_id, status, version, received_at, received_from, issued_on,"
        " valid_until, visits, frequency_visits, frequency_days, session_minutes, techniques, home_visit, updates,"
        " clinical, changed_at, reference)"
        " SELECT gen_random_uuid(), patient_id, physician_id, 'closed', 1, received_at - n * interval '1 hour',"
        " received_from, issued_on, valid_until - 400, 8, 2, 7, 45, '{}', false, 'none', 'x',"
        " changed_at - n * interval '1 hour', 'X-' || n FROM referrals, generate_series(1, 10000) n WHERE id = :id"
    )
    visits = (
        "INSERT INTO visits (id, referral_id, series_id, version, number, status, starts_at, ends_at, home_visit)"
        " SELECT gen_random_uuid(), id, id, 1, n, CASE n WHEN 1 THEN 'missed' ELSE 'completed' END,"
        " received_at + n * interval '3 days', received_at + n * interval '3 days', false"
        " FROM referrals, generate_series(1, 2) n WHERE status = 'closed'"
    )
    with house.running.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(copies), {"id": someone})
        connection.execute(text(visits))
        connection.execute(text("ANALYZE"))


@pytest.fixture
def asked(house: House) -> Iterator[list[tuple[str, Any]]]:
    """What is read from the tables of referrals."""
    found: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if "FROM referrals" in statement or "FROM visits" in statement:
            found.append((statement, parameters))

    event.listen(house.running.engine, "before_cursor_execute", note)
    yield found
    event.remove(house.running.engine, "before_cursor_execute", note)


def whole_tables(house: House, statement: str, parameters: Any) -> list[str]:
    """The tables that a statement would read from end to end."""
    with house.running.engine.connect() as connection:
        cursor = connection.connection.cursor()
        cursor.execute(f"EXPLAIN {statement}", parameters)
        return [
            line for (line,) in cursor.fetchall() if "Seq Scan on referrals" in line or "Seq Scan on visits" in line
        ]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("report", ["open", "no-shows", "practices"])
def test_a_report_reads_its_span_and_not_everything(
    house: House, desk: Caller, asked: list[tuple[str, Any]], report: str
) -> None:
    assert desk.get(f"/reports/{report}?since={today() - days(1)}").status_code == 200
    assert asked
    for statement, parameters in list(asked):
        assert whole_tables(house, statement, parameters) == [], statement


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("timer", [expire_some, remind_some])
def test_a_timer_that_finds_nothing_reads_next_to_nothing(
    house: House, asked: list[tuple[str, Any]], timer: Any
) -> None:
    assert timer(house.running) == 0
    for statement, parameters in list(asked):
        assert whole_tables(house, statement, parameters) == [], statement


@pytest.mark.usefixtures("many")
def test_the_medians_that_are_scraped_read_ninety_days(house: House) -> None:
    assert whole_tables(house, reports_api.COUNTS["fascia_referrals_median_hours"][1], None) == []


def test_many_expire_in_as_many_statements_as_one(house: House) -> None:
    def statements(how_many: int) -> int:
        someone = doctor(next(_NUMBERS))
        for place in range(how_many):
            made(house, someone, **{("valid_until", "start_by")[place % 2]: today() - days(1)})
        seen: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        sqlalchemy.event.listen(house.running.engine, "before_cursor_execute", note)
        assert expire_some(house.running) == how_many
        sqlalchemy.event.remove(house.running.engine, "before_cursor_execute", note)
        return len(seen)

    assert statements(12) == statements(2)
