"""Random secrets for docker-compose.yml, one file each: `make_secrets.py FOLDER`.

Makes what is missing and changes nothing that is there. Runs as root in a container, and hands the
files to the folder's owner.
"""

import secrets
import sys
from pathlib import Path
from shutil import chown

from services.local.credentials import Credentials, kept

DATABASES = ("referrals", "booking", "notify", "web")


def complete(folder: Path) -> None:
    """Write each missing secret. The folder is its owner's alone (0700), which protects the files; they
    are readable (0644), because the users inside the containers have other ids."""
    there = set(folder.iterdir())
    Credentials(folder)
    _random(folder / "postgres_password")
    _broker(folder)
    for service in DATABASES:
        _database(folder, service)
    for path in set(folder.iterdir()) - there:
        chown(path, folder.stat().st_uid, folder.stat().st_gid)
        path.chmod(0o644)


def _broker(folder: Path) -> None:
    password = _random(folder / "rabbitmq_password")
    kept(folder / "rabbitmq_user.conf", lambda: f"default_user = fascia\ndefault_pass = {password}\n")
    kept(folder / "amqp_url", lambda: f"amqp://fascia:{password}@rabbitmq:5672//")


def _database(folder: Path, service: str) -> None:
    """A database from before it had an owner of its own is migrated by its one role, as it was."""
    of_before = (folder / f"{service}_database_url").exists()
    url = _url(folder, service, service)
    kept(folder / f"{service}_database_url", lambda: url)
    owned = _url(folder, service, f"{service}_owner")
    kept(folder / f"{service}_owner_database_url", lambda: url if of_before else owned)


def _url(folder: Path, database: str, role: str) -> str:
    password = _random(folder / f"postgres_{role}_password")
    return f"postgresql+psycopg2://{role}:{password}@postgres:5432/{database}"


def _random(path: Path) -> str:
    return kept(path, lambda: secrets.token_hex(24))


if __name__ == "__main__":
    complete(Path(sys.argv[1]))
