"""Capability links: who gets which, how long they last, and what ends them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Thread
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from services.chassis import clock
from services.chassis.refusals import NotFound
from services.notify import links
from services.notify.links import Purpose, Wanted
from tests.notify.facts import NOW
from tests.notify.world import World

SECRET = "a secret of the tests"


@pytest.fixture
def session(world: World) -> Iterator[Session]:
    with world.runtime.sessions.begin() as session:
        yield session


def wanted(
    session: Session, purpose: Purpose = "series", days: int = 30, object_id: UUID | None = None,
    recipient: UUID | None = None,
) -> Wanted:  # fmt: skip
    until = clock.now(session) + timedelta(days=days)
    return Wanted(purpose, object_id or uuid4(), uuid4(), recipient or uuid4(), "patient", until)


def made(session: Session, *all_: Wanted) -> list[str]:
    return links.make_all(session, SECRET, all_)


@pytest.mark.parametrize("purpose", links.OBJECTS)
def test_a_token_opens_the_one_thing_that_it_was_made_for(session: Session, purpose: Purpose) -> None:
    one = wanted(session, purpose)
    [token] = made(session, one)
    link = links.resolve(session, token)
    found = (link.purpose, link.object_id, link.referral_id, link.recipient, link.role)
    assert found == (one.purpose, one.object_id, one.referral_id, one.recipient, "patient")


def test_a_token_has_128_bits_and_is_nowhere_kept(session: Session) -> None:
    [token] = made(session, wanted(session))
    assert len(token) == links.TOKEN_LENGTH
    assert token not in str(session.connection().exec_driver_sql("SELECT l::text FROM links l").all())


def test_the_same_link_is_written_into_every_message_to_one_person(session: Session) -> None:
    one = wanted(session)
    assert made(session, one) == made(session, one)


def test_two_people_do_not_share_a_link_to_one_thing(session: Session) -> None:
    series = uuid4()
    mine, theirs = made(session, wanted(session, object_id=series), wanted(session, object_id=series))
    assert mine != theirs


def test_a_batch_is_one_statement_and_answers_in_its_own_order(session: Session) -> None:
    asked = [wanted(session) for _ in range(50)]
    asked += asked[:10]
    statements: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *about: statements.append(about[2]))
    tokens = made(session, *asked)
    assert len(statements) == 1
    assert [links.resolve(session, token).object_id for token in tokens] == [one.object_id for one in asked]


def test_an_empty_batch_asks_nothing(session: Session) -> None:
    assert made(session) == []


def test_of_one_link_asked_for_twice_the_later_end_counts(session: Session) -> None:
    short = wanted(session, days=2)
    long = Wanted(**{name: getattr(short, name) for name in Wanted.__slots__} | {"until": short.until + timedelta(5)})
    for asked in ([long, short], [short, long]):
        tokens = made(session, *asked)
        assert len(set(tokens)) == 1
        assert links.resolve(session, tokens[0]).expires_at == long.until


def test_a_link_is_never_shortened(session: Session) -> None:
    long = wanted(session, days=30)
    [token] = made(session, long)
    made(session, wanted(session, days=1, object_id=long.object_id, recipient=long.recipient))
    assert links.resolve(session, token).expires_at == long.until


def test_a_link_ends_with_its_time(world: World, session: Session) -> None:
    [token] = made(session, wanted(session, days=30))
    world.at(NOW + timedelta(days=29))
    links.resolve(session, token)
    world.at(NOW + timedelta(days=31))
    with pytest.raises(links.LinkExpired):
        links.resolve(session, token)


def test_an_expired_token_does_not_come_back_with_the_next_message(world: World, session: Session) -> None:
    one = wanted(session, days=1)
    [old] = made(session, one)
    world.at(NOW + timedelta(days=2))
    [new] = made(session, wanted(session, days=30, object_id=one.object_id, recipient=one.recipient))
    assert links.resolve(session, new).object_id == one.object_id
    with pytest.raises(links.LinkInvalid):
        links.resolve(session, old)


def test_a_revoked_link_opens_nothing_and_the_next_message_has_another(session: Session) -> None:
    one = wanted(session)
    [old] = made(session, one)
    links.revoke(session, links.resolve(session, old).id)
    [new] = made(session, one)
    assert links.resolve(session, new).object_id == one.object_id
    with pytest.raises(links.LinkInvalid):
        links.resolve(session, old)


def test_revoking_twice_is_noted_once(session: Session) -> None:
    [token] = made(session, wanted(session))
    link = links.resolve(session, token).id
    for _ in range(2):
        links.revoke(session, link)
    noted = "SELECT count(*) FROM audit WHERE act = 'link_revoked' AND object_id = %s"
    assert session.connection().exec_driver_sql(noted, (str(link),)).scalar_one() == 1


def test_an_unknown_link_cannot_be_revoked(session: Session) -> None:
    with pytest.raises(NotFound):
        links.revoke(session, uuid4())


def test_all_links_of_one_person_end_together_and_nobody_elses(session: Session) -> None:
    person = uuid4()
    one, two = wanted(session, recipient=person), wanted(session, "preferences", recipient=person)
    mine, also_mine, theirs = made(session, one, two, wanted(session))
    assert links.revoke_all(session, person) == 2
    assert links.revoke_all(session, person) == 0
    for token in (mine, also_mine):
        with pytest.raises(links.LinkInvalid):
            links.resolve(session, token)
    links.resolve(session, theirs)
    assert {link.purpose for link in links.of_person(session, person)} == {"preferences", "series"}


def test_opening_a_link_changes_no_row(world: World) -> None:
    with world.runtime.sessions.begin() as session:
        [token] = made(session, wanted(session))
    before = world.query("SELECT l::text, xmin::text FROM links l")
    with world.runtime.sessions.begin() as session:
        links.resolve(session, token)
    assert world.query("SELECT l::text, xmin::text FROM links l") == before


def test_workers_that_make_the_same_links_at_once_get_the_same_tokens(world: World) -> None:
    with world.runtime.sessions.begin() as session:
        asked = [wanted(session) for _ in range(40)]
    found: list[dict[UUID, str]] = []

    def work(turn: int) -> None:
        mine = asked if turn % 2 else asked[::-1]
        with world.runtime.sessions.begin() as session:
            found.append(dict(zip([one.object_id for one in mine], made(session, *mine), strict=True)))

    workers = [Thread(target=work, args=(turn,)) for turn in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 8
    assert all(tokens == found[0] for tokens in found)
