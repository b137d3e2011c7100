from pathlib import Path

import jwt
import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from services.local.credentials import Credentials


@pytest.fixture
def credentials(tmp_path: Path) -> Credentials:
    return Credentials(tmp_path / "secrets")


def test_secrets_are_readable_by_their_owner_only(credentials: Credentials) -> None:
    assert credentials.folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in credentials.folder.iterdir()} == {0o600}


def test_secrets_are_made_once(credentials: Credentials) -> None:
    before = {file.name: file.read_text() for file in credentials.folder.iterdir()}
    again = Credentials(credentials.folder)
    assert {file.name: file.read_text() for file in again.folder.iterdir()} == before


def test_no_two_stacks_share_a_secret(credentials: Credentials, tmp_path: Path) -> None:
    others = Credentials(tmp_path / "others")
    shared = [file.name for file in others.folder.iterdir() if file.read_text() == credentials.text(file.name)]
    assert shared == []


def test_what_one_half_of_the_identity_key_signs_the_other_half_checks(credentials: Credentials) -> None:
    token = jwt.encode({"sub": "desk"}, credentials.text("identity_private_key"), algorithm="EdDSA")
    assert jwt.decode(token, credentials.text("identity_public_key"), algorithms=["EdDSA"]) == {"sub": "desk"}


def test_webhooks_are_signed_on_the_curve_that_sendgrid_uses(credentials: Credentials) -> None:
    key = load_pem_private_key(credentials.text("sendgrid_webhook_private_key").encode(), password=None)
    assert key.curve.name == "secp256r1"


def test_the_seal_has_a_key_that_works(credentials: Credentials) -> None:
    seal = Fernet(credentials.text("seal_keys"))
    assert seal.decrypt(seal.encrypt(b"a name")) == b"a name"
