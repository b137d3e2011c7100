from datetime import UTC, datetime, timedelta

import pytest

from services.chassis import clock


def now(running):
    with running.sessions.begin() as session:
        return clock.now(session)


def test_the_clock_is_the_database_s_and_aware(notify):
    assert abs(now(notify) - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize("ahead", [timedelta(days=3), timedelta(0), -timedelta(hours=1)])
def test_the_clock_can_be_moved_again_and_again(notify, ahead):
    for offset in (timedelta(days=9), ahead):
        with notify.sessions.begin() as session:
            clock.move(session, offset)
    assert abs(now(notify) - datetime.now(UTC) - ahead) < timedelta(seconds=5)


def test_time_passes_within_a_transaction(notify):
    with notify.sessions.begin() as session:
        assert clock.now(session) < clock.now(session)
