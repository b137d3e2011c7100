"""No default credentials: each installation makes its own, once."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from services.chassis.seal import Seal


@pytest.fixture
def folder(tmp_path, make_secrets):
    made = tmp_path / "secrets"
    made.mkdir(mode=0o700)
    make_secrets.complete(made)
    return made


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_every_secret_that_docker_compose_wants_is_made(folder, compose):
    wanted = {Path(secret["file"]).name for secret in compose["secrets"].values()}
    assert wanted - contents(folder).keys() == set()


def test_every_file_that_a_container_reads_is_among_its_secrets(given, read):
    assert {name: files - given[name] for name, files in read.items() if files - given[name]} == {}


def test_our_containers_are_given_no_secret_that_they_do_not_read(ours, given, read):
    assert {name: given[name] - read[name] for name in ours if given[name] - read[name]} == {}


def test_only_the_web_container_can_sign_identities(given):
    assert [name for name, secrets in given.items() if "identity_private_key" in secrets] == ["web"]


def test_each_database_is_open_to_the_containers_of_its_service_only(given):
    for service in ("referrals", "booking", "notify", "web"):
        holders = {name for name, secrets in given.items() if f"{service}_database_url" in secrets}
        assert holders == {name for name in given if name.split("-")[0] == service}
        owners = {name for name, secrets in given.items() if f"{service}_owner_database_url" in secrets}
        assert owners == {"migrate"}


def test_a_second_run_changes_nothing(folder, make_secrets):
    before = contents(folder)
    make_secrets.complete(folder)
    assert contents(folder) == before


def test_a_later_run_adds_what_is_missing_and_keeps_what_a_clinic_put_there(folder, make_secrets):
    (folder / "sendgrid_api_key").write_text("SG.the-clinic's-own")
    (folder / "seal_keys").unlink()
    make_secrets.complete(folder)
    assert (folder / "sendgrid_api_key").read_text() == "SG.the-clinic's-own"
    Seal((folder / "seal_keys").read_text().split(",")).close("a name")


def test_two_installations_share_no_secret(folder, tmp_path, make_secrets):
    other = tmp_path / "other"
    other.mkdir()
    make_secrets.complete(other)
    assert set(contents(folder).values()) & set(contents(other).values()) == set()


def test_the_addresses_hold_the_passwords_that_broker_and_database_are_given(folder):
    made = contents(folder)
    assert f":{made['rabbitmq_password']}@" in made["amqp_url"]
    assert f"default_pass = {made['rabbitmq_password']}\n" in made["rabbitmq_user.conf"]
    for service in ("referrals", "booking", "notify", "web"):
        password = made[f"postgres_{service}_password"]
        assert f"//{service}:{password}@postgres:5432/{service}" in made[f"{service}_database_url"]
        password = made[f"postgres_{service}_owner_password"]
        assert f"//{service}_owner:{password}@postgres:5432/{service}" in made[f"{service}_owner_database_url"]


def test_a_database_from_before_it_had_an_owner_of_its_own_is_migrated_by_its_one_role(folder, make_secrets):
    for path in folder.glob("*_owner_*"):
        path.unlink()
    make_secrets.complete(folder)
    made = contents(folder)
    assert made["booking_owner_database_url"] == made["booking_database_url"]
    assert made["postgres_booking_owner_password"]


def test_the_folder_is_closed_and_the_files_in_it_are_readable_for_the_containers(folder):
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}
