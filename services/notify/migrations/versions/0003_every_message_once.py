"""Why each message is as it is; the clinic's policy for messages; copies; consent with its source."""

from alembic import op

revision = "0003"
down_revision = "0002"

PLANNING = """
ALTER TABLE messages
    ADD trail jsonb NOT NULL DEFAULT '[]',
    ADD covers jsonb;
ALTER TABLE clinic ADD messages jsonb;
ALTER TABLE contacts
    ADD consented_at timestamptz,
    ADD timezone text,
    ADD delivery text NOT NULL DEFAULT 'email' CHECK (delivery IN ('email', 'fax'));
ALTER TABLE referrals ADD copies jsonb NOT NULL DEFAULT '[]';
"""


def upgrade() -> None:
    op.execute(PLANNING)
