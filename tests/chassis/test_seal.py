import pytest
from cryptography.fernet import Fernet

from services.chassis.seal import Seal, UnsealError, keys

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


def test_what_is_sealed_can_be_opened_and_not_read():
    token = Seal([OLD]).close("Ada Doe, +15005550006")
    assert "Doe" not in token
    assert Seal([OLD]).open(token) == "Ada Doe, +15005550006"


def test_keys_are_rotated_by_putting_the_new_one_first():
    before, during, after = Seal([OLD]), Seal([NEW, OLD]), Seal([NEW])
    assert during.open(before.close("Ada")) == "Ada"
    assert after.open(during.close("Ada")) == "Ada"


def test_what_an_unknown_key_sealed_stays_closed():
    with pytest.raises(UnsealError):
        Seal([NEW]).open(Seal([OLD]).close("Ada"))


@pytest.mark.parametrize("token", ["", "Ada", "Ädä", "gAAAA", "\x00"])
def test_what_was_never_sealed_cannot_be_opened(token):
    with pytest.raises(UnsealError):
        Seal([OLD]).open(token)


def test_bytes_can_be_sealed():
    seal = Seal([OLD])
    assert seal.open_bytes(seal.close_bytes(b"\x00\xff")) == b"\x00\xff"


@pytest.mark.parametrize("text", ["", "short", f"{OLD},short"], ids=["none", "short", "one short"])
def test_unusable_keys_are_refused_without_being_quoted(text):
    with pytest.raises(ValueError, match="give Fernet keys") as refusal:
        keys(text)
    assert "short" not in str(refusal.value)
