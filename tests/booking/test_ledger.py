from uuid import uuid4

import pytest

from services.booking.orders.ledger import Act, Entry, balance

ONE, TWO, THREE = (uuid4() for _ in range(3))


def test_an_order_that_nobody_used_grants_all_its_visits() -> None:
    ledger = balance(6, [])
    assert (ledger.remaining, ledger.untouched) == (6, True)


def test_a_booked_visit_is_reserved_and_no_longer_remaining() -> None:
    ledger = balance(6, [(ONE, 1, "reserved"), (TWO, 1, "reserved")])
    assert ledger.to_json() == {"granted": 6, "reserved": 2, "consumed": 0, "forfeited": 0, "remaining": 4}


def test_a_visit_is_reserved_until_it_is_consumed_and_never_counted_twice() -> None:
    ledger = balance(6, [(ONE, 1, "reserved"), (TWO, 1, "reserved"), (ONE, 2, "consumed")])
    assert (ledger.reserved, ledger.consumed, ledger.remaining) == (1, 1, 4)


def test_a_returned_visit_can_be_booked_again() -> None:
    ledger = balance(2, [(ONE, 1, "reserved"), (TWO, 1, "reserved"), (TWO, 2, "returned")])
    assert (ledger.reserved, ledger.remaining) == (1, 1)


def test_a_forfeited_visit_is_gone() -> None:
    ledger = balance(2, [(ONE, 1, "reserved"), (ONE, 2, "forfeited")])
    assert (ledger.forfeited, ledger.remaining) == (1, 1)


@pytest.mark.parametrize("fate", ["returned", "forfeited"])
def test_a_restored_visit_is_reserved_as_it_was_before(fate: Act) -> None:
    ledger = balance(2, [(ONE, 1, "reserved"), (ONE, 3, fate), (ONE, 4, "reserved")])
    assert (ledger.reserved, ledger.forfeited, ledger.remaining) == (1, 0, 1)


def test_the_order_in_which_entries_are_read_makes_no_difference() -> None:
    entries: list[Entry] = [(ONE, 1, "reserved"), (ONE, 2, "consumed"), (TWO, 1, "reserved"), (TWO, 4, "returned")]
    assert balance(4, entries) == balance(4, entries[::-1])


def test_an_order_amended_to_fewer_visits_than_were_booked_has_none_left_rather_than_less_than_none() -> None:
    assert balance(1, [(ONE, 1, "reserved"), (TWO, 1, "reserved"), (THREE, 2, "consumed")]).remaining == 0
