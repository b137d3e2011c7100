from __future__ import annotations

from collections.abc import Callable

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from services.chassis.tables import chassis
from services.notify.models import Base


def test_the_migrated_database_is_what_the_models_say(migrated: Callable[[str], str]) -> None:
    engine = create_engine(migrated("notify"))
    ours = {"include_object": lambda thing, name, kind, *_: kind != "table" or name not in chassis.tables}
    with engine.connect() as connection:
        options = {**ours, "compare_type": True, "compare_server_default": False}
        context = MigrationContext.configure(connection, opts=options)
        found = [difference for difference in compare_metadata(context, Base.metadata) if _is_ours(difference)]
    engine.dispose()
    assert found == []


def _is_ours(difference: object) -> bool:
    return "demo_clock" not in str(difference) and "alembic_version" not in str(difference)
