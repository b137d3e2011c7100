"""The first tables of referrals."""

from alembic import op

from services.chassis.migrations import chassis_0001

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE patients (
    id uuid PRIMARY KEY,
    match_key text NOT NULL UNIQUE,
    contact text NOT NULL,
    version integer NOT NULL
);

CREATE TABLE physicians (
    id uuid PRIMARY KEY,
    npi text NOT NULL UNIQUE,
    contact text NOT NULL,
    version integer NOT NULL
);

CREATE SEQUENCE referral_numbers;
CREATE FUNCTION next_reference() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT 'R-' || to_char(fascia_now(), 'YYYY') || '-' || CASE
        WHEN number < 1000000 THEN lpad(number::text, 6, '0') ELSE number::text END
    FROM nextval('referral_numbers') AS number
$$;

CREATE TABLE referrals (
    id uuid PRIMARY KEY,
    reference text NOT NULL UNIQUE DEFAULT next_reference(),
    patient_id uuid NOT NULL REFERENCES patients,
    physician_id uuid NOT NULL REFERENCES physicians,
    status text NOT NULL,
    version integer NOT NULL,
    received_at timestamptz NOT NULL,
    received_from text NOT NULL,
    issued_on date NOT NULL,
    start_by date,
    valid_until date NOT NULL,
    visits integer NOT NULL,
    frequency_visits integer NOT NULL,
    frequency_days integer NOT NULL,
    session_minutes integer NOT NULL,
    techniques text[] NOT NULL,
    home_visit boolean NOT NULL,
    updates text NOT NULL,
    clinical text NOT NULL,
    review text,
    reviewed_at timestamptz,
    reviewed_by text,
    visits_kept integer NOT NULL DEFAULT 0,
    CONSTRAINT referrals_status_known
        CHECK (status IN ('received', 'accepted', 'declined', 'active', 'completed'))
);
CREATE INDEX referrals_patient_id ON referrals (patient_id);
CREATE INDEX referrals_physician_id ON referrals (physician_id);
CREATE INDEX referrals_status_id ON referrals (status, id);

CREATE TABLE placer_numbers (
    key text PRIMARY KEY,
    fingerprint text NOT NULL,
    referral_id uuid NOT NULL REFERENCES referrals DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX placer_numbers_referral_id ON placer_numbers (referral_id);

CREATE TABLE series (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referrals,
    version integer NOT NULL,
    completed boolean NOT NULL
);
CREATE INDEX series_referral_id ON series (referral_id);

CREATE TABLE visits_kept (
    session_id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referrals,
    completed_at timestamptz NOT NULL
);
CREATE INDEX visits_kept_referral_id ON visits_kept (referral_id);
"""


def upgrade() -> None:
    chassis_0001.upgrade()
    op.execute(TABLES)
