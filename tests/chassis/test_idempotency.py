import threading

import pytest
from sqlalchemy import text

from services.chassis import context, idempotency
from services.chassis.idempotency import IdempotencyKeyReused, earlier_answer, remember
from tests.chassis.facts import new_id, value

REQUEST = {"order_id": "one"}


def book(booking, key="key-1", request=REQUEST):
    """What a view does: answer as before, or act and remember the answer."""
    with booking.sessions.begin() as session:
        if answer := earlier_answer(session, key, request):
            return answer
        session.execute(text("INSERT INTO effects (session_id, number) VALUES (:id, 1)"), {"id": new_id()})
        number = session.scalar(text("SELECT count(*) FROM effects"))
        remember(session, key, 201, {"number": number})
        return 201, {"number": number}


def count(booking):
    return value(booking, "SELECT count(*) FROM effects")


def test_the_same_request_is_done_once_and_answered_alike(booking):
    assert [book(booking) for _ in range(3)] == [(201, {"number": 1})] * 3
    assert count(booking) == 1


def test_ten_at_the_same_time_have_one_effect_and_one_answer(booking):
    answers = []
    gate = threading.Barrier(10)

    def act():
        gate.wait()
        answers.append(book(booking))

    threads = [threading.Thread(target=act) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert answers == [(201, {"number": 1})] * 10
    assert count(booking) == 1


def test_a_key_cannot_be_used_for_another_request(booking):
    book(booking)
    with pytest.raises(IdempotencyKeyReused):
        book(booking, request={"order_id": "two"})
    assert count(booking) == 1


def test_a_key_belongs_to_whoever_used_it(booking):
    book(booking)
    context.actor.set(context.Actor("somebody else", frozenset({"desk"})))
    for _ in range(2):
        assert book(booking) == (201, {"number": 2})


def test_a_request_that_failed_may_be_sent_again_under_its_key(booking):
    session = booking.sessions()
    idempotency.earlier_answer(session, "key-1", REQUEST)
    session.rollback()
    assert book(booking) == (201, {"number": 1})
