"""API tokens. Web keeps no events of its own."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE tokens (
            id uuid PRIMARY KEY,
            label text NOT NULL,
            roles text[] NOT NULL,
            digest bytea NOT NULL UNIQUE,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            revoked_at timestamptz
        )
        """
    )
