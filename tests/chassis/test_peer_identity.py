"""A service that asks others by itself is known by its own key, and is no more than a service."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ed25519

from services.chassis.identity import Unauthenticated, mint, verify


def pair() -> tuple[str, str]:
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    public = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


WEB, PEER, STRANGER = pair(), pair(), pair()


def test_a_peer_is_known_by_its_own_key():
    who = verify(mint(PEER[0], "notify", ("service",), "booking"), WEB[1], "booking", PEER[1])
    assert (who.id, who.roles) == ("notify", {"service"})


def test_whatever_a_peer_claims_it_is_only_a_service():
    assert verify(mint(PEER[0], "notify", ("admin",), "booking"), WEB[1], "booking", PEER[1]).roles == {"service"}


def test_what_web_signs_keeps_its_roles():
    assert verify(mint(WEB[0], "ada", ("admin",), "booking"), WEB[1], "booking", PEER[1]).roles == {"admin"}


def test_nobody_else_is_known():
    for key, peer in ((STRANGER, PEER[1]), (PEER, None)):
        with pytest.raises(Unauthenticated):
            verify(mint(key[0], "notify", ("service",), "booking"), WEB[1], "booking", peer)


def test_a_peers_token_is_good_for_the_service_it_was_made_for_only():
    with pytest.raises(Unauthenticated):
        verify(mint(PEER[0], "notify", ("service",), "referrals"), WEB[1], "booking", PEER[1])
