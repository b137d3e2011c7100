"""The migrated database is what the models say."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.referrals.models import Base
from tests.referrals.house import House


def test_the_migrated_database_equals_the_models(house: House) -> None:
    with house.running.engine.connect() as connection:
        ours = {"include_name": lambda name, kind, _: kind != "table" or name in Base.metadata.tables}
        context = MigrationContext.configure(connection, opts={"compare_type": True, **ours})
        assert compare_metadata(context, Base.metadata) == []


def test_references_go_on_after_the_millionth(house: House) -> None:
    house.rows("SELECT setval('referral_numbers', 999998)")
    numbers = [house.rows("SELECT next_reference()")[0][0][-8:] for _ in range(2)]
    assert [number.split("-")[-1] for number in numbers] == ["999999", "1000000"]
