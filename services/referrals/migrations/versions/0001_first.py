"""The first tables of referrals."""

from services.chassis.migrations import chassis_0001

revision = "0001"
down_revision = None


def upgrade() -> None:
    chassis_0001.upgrade()
