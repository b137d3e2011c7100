"""PostgreSQL: engine, sessions, and each service's migrations."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, MetaData, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

Sessions = sessionmaker[Session]

NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}
_MIGRATION_LOCK = 0x0FA5C1A


def metadata() -> MetaData:
    """A fresh MetaData with the house's constraint names; one per service."""
    return MetaData(naming_convention=NAMES)


def connect(url: str, *, pool: int = 10, name: str = "fascia") -> Engine:
    """An engine that never writes a parameter into a log or an error, and never waits for ever."""
    return create_engine(
        url,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=30,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "application_name": name,
            "connect_timeout": 3,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 30_000,
            "options": "-c timezone=UTC -c lock_timeout=4s -c statement_timeout=30s"
            " -c idle_in_transaction_session_timeout=60s",
        },
    )


def sessions(engine: Engine) -> Sessions:
    return sessionmaker(engine, expire_on_commit=False)


def migrate(service: str, url: str) -> None:
    """Bring a service's database to its newest version. Safe to run twice, and at the same time."""
    # ten megabytes that no service needs once it serves
    from alembic import command
    from alembic.config import Config

    engine = connect(url, pool=1, name=f"{service}-migrate")
    try:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent.parent / service / "migrations"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
