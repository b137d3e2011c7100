from collections.abc import Callable

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from services.booking.models import Base
from services.chassis import database
from services.chassis.tables import chassis

OWN = set(Base.metadata.tables)


def _is_ours(name: str | None, kind: str, parents: dict[str, str | None]) -> bool:
    return name in OWN if kind == "table" else True


def test_the_migrated_database_has_exactly_the_tables_of_the_models(migrated: Callable[[str], str]) -> None:
    engine = database.connect(migrated("booking"), pool=1)
    with engine.connect() as connection:
        options = {"include_name": _is_ours, "compare_type": True}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
        listed = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    engine.dispose()
    assert differences == []
    assert set(listed) == OWN | set(chassis.tables) | {"alembic_version", "demo_clock"}


def test_migrating_twice_changes_nothing(database_url: Callable[[str], str]) -> None:
    url = database_url("booking")
    database.migrate("booking", url)
    database.migrate("booking", url)
