"""Whose a token is: another one can take its place without its owner becoming somebody else."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE tokens ADD account uuid")
    op.execute("UPDATE tokens SET account = id")
    op.execute("ALTER TABLE tokens ALTER account SET NOT NULL")
