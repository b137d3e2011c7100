"""What becomes of a series: visits moved, cancelled, missed, restored; offers of the waitlist; renewals."""

from alembic import op

revision = "0002"
down_revision = "0001"

KNOWN = """
ALTER TABLE referrals ADD ended_at timestamptz;
ALTER TABLE series ADD cancelled_at timestamptz;
ALTER TABLE visits
    ADD timezone text,
    ADD cancel_asked_at timestamptz,
    ADD cancel_asked_for timestamptz;

CREATE TABLE series_acts (
    series_id uuid,
    version integer,
    referral_id uuid NOT NULL,
    at timestamptz NOT NULL,
    visits integer NOT NULL,
    PRIMARY KEY (series_id, version)
);
CREATE INDEX series_acts_referral_id ON series_acts (referral_id);
INSERT INTO series_acts (series_id, version, referral_id, at, visits)
    SELECT id, 1, referral_id, booked_at, visits FROM series WHERE booked_at IS NOT NULL;

CREATE TABLE visit_acts (
    visit_id uuid,
    version integer,
    referral_id uuid NOT NULL,
    what text NOT NULL CHECK (what IN ('booked', 'moved', 'cancelled', 'missed', 'restored')),
    starts_at timestamptz NOT NULL,
    place text,
    at timestamptz,
    by text,
    moved_from timestamptz,
    PRIMARY KEY (visit_id, version)
);
CREATE INDEX visit_acts_referral_id ON visit_acts (referral_id);

CREATE TABLE offers (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    referral_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    session_id uuid,
    starts_at timestamptz NOT NULL,
    timezone text,
    answer_by timestamptz NOT NULL,
    offered_at timestamptz,
    ended_at timestamptz,
    how text,
    wanted boolean,
    answered_at timestamptz
);
CREATE INDEX offers_referral_id ON offers (referral_id);
CREATE INDEX offers_patient_id ON offers (patient_id);

CREATE TABLE renewals (
    order_id uuid,
    version integer,
    reason text,
    referral_id uuid NOT NULL,
    advised_at timestamptz NOT NULL,
    PRIMARY KEY (order_id, version, reason)
);
CREATE INDEX renewals_referral_id ON renewals (referral_id);

CREATE TABLE replans (referral_id uuid PRIMARY KEY);
"""

SENT = """
ALTER TABLE messages
    ADD happened_at timestamptz,
    ADD zone text,
    ADD was_at timestamptz,
    ADD by text,
    DROP CONSTRAINT messages_logical_key;
UPDATE messages SET zone = (SELECT timezone FROM clinic LIMIT 1);
UPDATE messages SET happened_at = series.completed_at FROM series
    WHERE series.id = subject_id AND kind = 'closing_report';
ALTER TABLE messages
    ALTER zone SET NOT NULL,
    ADD CONSTRAINT messages_logical_key
        UNIQUE NULLS NOT DISTINCT (subject_id, starts_at, happened_at, kind, channel, recipient);
DROP INDEX messages_ready;
CREATE INDEX messages_ready ON messages (channel, zone, ready_at) WHERE state = 'planned';

ALTER TABLE replies ADD offer_id uuid;
"""


def upgrade() -> None:
    op.execute(KNOWN)
    op.execute(SENT)
