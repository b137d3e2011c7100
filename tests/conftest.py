"""A real RabbitMQ and a real PostgreSQL for every test that asks; nothing starts for those that do not."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from services.local.broker import Broker
from services.local.postgres import Postgres


@pytest.fixture(scope="session")
def local_folder() -> Iterator[Path]:
    """Of the test session's servers. Open to other users, because PostgreSQL has one of its own when we are root."""
    folder = Path(tempfile.mkdtemp(prefix="fascia-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def broker(local_folder: Path) -> Iterator[Broker]:
    """The session's RabbitMQ node. Whoever disturbs it starts it again before leaving."""
    with Broker(local_folder / "broker") as running:
        yield running


@pytest.fixture(scope="session")
def _vhost_names() -> Iterator[str]:
    return (f"test-{number}" for number in count(1))


@pytest.fixture(scope="module")
def amqp_url(broker: Broker, _vhost_names: Iterator[str]) -> Iterator[str]:
    """A vhost of the test module's own."""
    name = next(_vhost_names)
    yield broker.add_vhost(name)
    broker.remove_vhost(name)


@pytest.fixture(scope="session")
def postgres(local_folder: Path) -> Iterator[Postgres]:
    """The session's PostgreSQL server."""
    with Postgres(local_folder / "postgres", databases=(), durable=False) as running:
        yield running


class Databases:
    """Fresh databases on the session's server. Migrations run once per service; the rest are copies."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._numbers = count(1)
        self._templates: dict[str, str] = {}
        self._made: list[str] = []

    def empty(self, name: str = "empty") -> str:
        """The URL of a new, empty database."""
        return self._new(name, template="template0")

    def migrated(self, service: str) -> str:
        """The URL of a new database at the service's newest version."""
        if service not in self._templates:
            from services.chassis.database import migrate

            template = f"template_{service}"
            migrate(service, self._server.create_database(template))
            self._templates[service] = template
        return self._new(service, template=self._templates[service])

    def drop(self) -> None:
        """All that were made since the last time."""
        while self._made:
            self._server.drop_database(self._made.pop())

    def _new(self, name: str, template: str) -> str:
        fresh = f"{name}_{next(self._numbers)}"
        self._made.append(fresh)
        return self._server.create_database(fresh, template=template)


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest, postgres: Postgres) -> Databases:
    made = request.session.stash[DATABASES] = Databases(postgres)
    return made


DATABASES = pytest.StashKey[Databases]()


@pytest.fixture(scope="session")
def database_url(databases: Databases) -> Callable[[str], str]:
    """`database_url("booking")`: a new, empty database. It lives until its test module ends."""
    return databases.empty


@pytest.fixture(scope="session")
def migrated(databases: Databases) -> Callable[[str], str]:
    """`migrated("booking")`: a new database with the service's tables. It lives until its test module ends."""
    return databases.migrated


@pytest.fixture(autouse=True, scope="module")
def _drop_databases(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each module, so that the disk does not fill; a module without databases costs nothing."""
    yield
    made = request.session.stash.get(DATABASES, None)
    if made is not None:
        made.drop()
