import time

import jwt
import pytest
import time_machine

from services.chassis import context, identity
from services.chassis.identity import Forbidden, Unauthenticated, mint, requires, verify
from tests.chassis.keys import PRIVATE, PUBLIC, pair


def claims(**changes):
    now = int(time.time())
    usual = {"iss": "fascia", "sub": "desk-1", "roles": ["desk"], "aud": "booking", "exp": now + 60}
    return {name: value for name, value in (usual | changes).items() if value is not None}


def signed(**changes):
    return jwt.encode(claims(**changes), PRIVATE, algorithm="EdDSA")


def test_a_token_says_who_is_acting_and_in_which_roles():
    who = verify(mint(PRIVATE, "desk-1", ("desk", "therapist"), "booking"), PUBLIC, "booking")
    assert (who.id, who.role) == ("desk-1", "desk,therapist")


@pytest.mark.parametrize(
    "token",
    [
        signed(exp=int(time.time()) - 60),
        signed(exp=None),
        signed(aud="notify"),
        signed(aud=None),
        signed(iss="somebody"),
        signed(iss=None),
        signed(sub=None),
        jwt.encode(claims(), pair()[0], algorithm="EdDSA"),
        jwt.encode(claims(), "a password that is long enough for HS256", algorithm="HS256"),
        jwt.encode(claims(), None, algorithm="none"),
        "",
        "a.b.c",
    ],
    ids=[
        "expired", "never expiring", "for another service", "for nobody", "of another issuer", "of no issuer",
        "without a subject", "under another key", "under a password", "unsigned", "empty", "nonsense",
    ],
)  # fmt: skip
def test_a_token_that_proves_nothing_is_refused(token):
    with pytest.raises(Unauthenticated):
        verify(token, PUBLIC, "booking")


def test_a_token_lives_for_a_minute_and_a_little():
    token = mint(PRIVATE, "desk-1", ("desk",), "booking")
    with time_machine.travel(time.time() + identity.LIFETIME + 11), pytest.raises(Unauthenticated):
        verify(token, PUBLIC, "booking")


@requires("desk")
def view():
    return "seen"


def act_as(*roles):
    context.actor.set(context.Actor("somebody", frozenset(roles)))


def test_without_an_identity_a_view_is_closed():
    with pytest.raises(Unauthenticated):
        view()


@pytest.mark.parametrize("roles", [(), ("therapist",), ("d", "e", "s", "k")])
def test_another_role_or_none_at_all_is_not_enough(roles):
    act_as(*roles)
    with pytest.raises(Forbidden) as refusal:
        view()
    assert refusal.value.facts == {"needs": ["admin", "desk"]}


@pytest.mark.parametrize("role", ["desk", "admin"])
def test_the_role_or_an_admin_gets_through(role):
    act_as(role)
    assert view() == "seen"
