"""Referrals that are amended, withdrawn, or wait again because their series was cancelled."""

from alembic import op

revision = "0002"
down_revision = "0001"

CHANGES = """
ALTER TABLE referrals
    DROP CONSTRAINT referrals_status_known,
    ADD ended_at timestamptz,
    ADD CONSTRAINT referrals_status_known
        CHECK (status IN ('received', 'accepted', 'declined', 'active', 'completed', 'withdrawn'));

ALTER TABLE series ADD standing text;
UPDATE series SET standing = CASE WHEN completed THEN 'completed' ELSE 'open' END;
ALTER TABLE series
    DROP completed,
    ALTER standing SET NOT NULL,
    ADD CONSTRAINT series_standing CHECK (standing IN ('open', 'completed', 'cancelled'));
"""


def upgrade() -> None:
    op.execute(CHANGES)
