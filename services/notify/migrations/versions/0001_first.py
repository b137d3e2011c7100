"""The first tables of notify."""

from alembic import op

from services.chassis.migrations import chassis_0001

revision = "0001"
down_revision = None

KNOWN = """
CREATE TABLE clinic (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    name text NOT NULL,
    timezone text NOT NULL,
    phone text NOT NULL,
    email text NOT NULL,
    address text NOT NULL,
    language text NOT NULL,
    reminder_minutes integer[] NOT NULL
);

CREATE TABLE contacts (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    role text NOT NULL CHECK (role IN ('patient', 'physician')),
    name text NOT NULL,
    phone text,
    phone_hash bytea,
    email text,
    email_hash bytea,
    fax text,
    practice text,
    language text NOT NULL,
    text_consent boolean NOT NULL,
    email_consent boolean NOT NULL
);
CREATE INDEX contacts_phone_hash ON contacts (phone_hash);

CREATE TABLE blocks (
    address_hash bytea NOT NULL,
    channel text NOT NULL CHECK (channel IN ('text', 'email')),
    reason text NOT NULL,
    source text NOT NULL,
    at timestamptz NOT NULL DEFAULT fascia_now(),
    PRIMARY KEY (address_hash, channel)
);

CREATE TABLE referrals (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    reference text NOT NULL,
    patient_id uuid NOT NULL,
    physician_id uuid NOT NULL,
    updates text NOT NULL,
    received_at timestamptz,
    accepted_at timestamptz,
    declined_at timestamptz
);
CREATE INDEX referrals_patient_id ON referrals (patient_id);
CREATE INDEX referrals_physician_id ON referrals (physician_id);

CREATE TABLE series (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    referral_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    visits integer NOT NULL,
    completed integer NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    booked_at timestamptz,
    completed_at timestamptz
);
CREATE INDEX series_referral_id ON series (referral_id);
CREATE INDEX series_patient_id ON series (patient_id);

CREATE TABLE visits (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    series_id uuid NOT NULL,
    referral_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    number integer NOT NULL,
    of_visits integer NOT NULL,
    status text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    home_visit boolean NOT NULL,
    completed_at timestamptz
);
CREATE INDEX visits_referral_id ON visits (referral_id);
CREATE INDEX visits_patient_id ON visits (patient_id);
"""

SENT = """
CREATE TABLE messages (
    id uuid PRIMARY KEY,
    subject_id uuid NOT NULL,
    starts_at timestamptz,
    kind text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('text', 'email', 'desk')),
    recipient uuid NOT NULL,
    role text NOT NULL CHECK (role IN ('patient', 'physician')),
    patient_id uuid NOT NULL,
    referral_id uuid NOT NULL,
    series_id uuid,
    session_id uuid,
    state text NOT NULL DEFAULT 'planned' CHECK (state IN
        ('planned', 'sending', 'sent', 'delivered', 'failed', 'unknown', 'expired', 'superseded')),
    reason text,
    due_at timestamptz NOT NULL,
    ready_at timestamptz NOT NULL,
    send_before timestamptz NOT NULL,
    sent_at timestamptz,
    provider_id text,
    attempt_id uuid,
    attempts integer NOT NULL DEFAULT 0,
    fence integer NOT NULL DEFAULT 0,
    leased_until timestamptz,
    look_at timestamptz,
    looks integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT fascia_now(),
    changed_at timestamptz NOT NULL DEFAULT fascia_now(),
    CONSTRAINT messages_logical_key
        UNIQUE NULLS NOT DISTINCT (subject_id, starts_at, kind, channel, recipient)
);
CREATE INDEX messages_ready ON messages (channel, ready_at) WHERE state = 'planned';
CREATE INDEX messages_closing ON messages (send_before) WHERE state = 'planned';
CREATE INDEX messages_leased ON messages (leased_until) WHERE state = 'sending';
CREATE INDEX messages_unknown ON messages (look_at) WHERE state = 'unknown';
CREATE INDEX messages_referral_id ON messages (referral_id);
CREATE INDEX messages_patient_id ON messages (patient_id);
CREATE INDEX messages_session_id ON messages (session_id);

CREATE TABLE attempts (
    id uuid PRIMARY KEY,
    message_id uuid NOT NULL REFERENCES messages (id),
    fence integer NOT NULL,
    channel text NOT NULL,
    address text NOT NULL,
    digest bytea NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    outcome text,
    code text,
    provider_id text
);
CREATE INDEX attempts_message_id ON attempts (message_id);
CREATE INDEX attempts_provider_id ON attempts (provider_id);

CREATE TABLE callbacks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider text NOT NULL,
    key bytea NOT NULL UNIQUE,
    attempt_id uuid,
    event text NOT NULL,
    content text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX callbacks_attempt_id ON callbacks (attempt_id);

CREATE TABLE replies (
    id uuid PRIMARY KEY,
    provider_id text NOT NULL UNIQUE,
    sender_hash bytea NOT NULL,
    patient_id uuid,
    session_id uuid,
    meaning text NOT NULL,
    body text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT fascia_now()
);
CREATE INDEX replies_patient_id ON replies (patient_id);

CREATE TABLE links (
    id uuid PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    purpose text NOT NULL CHECK (purpose IN ('series', 'report')),
    series_id uuid NOT NULL,
    referral_id uuid NOT NULL,
    recipient uuid NOT NULL,
    role text NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT fascia_now(),
    UNIQUE (purpose, series_id, recipient)
);

CREATE TABLE tasks (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    about uuid NOT NULL,
    message_id uuid,
    reply_id uuid,
    patient_id uuid,
    referral_id uuid,
    session_id uuid,
    code text,
    created_at timestamptz NOT NULL DEFAULT fascia_now(),
    done_at timestamptz,
    UNIQUE (kind, about)
);
CREATE INDEX tasks_open ON tasks (created_at) WHERE done_at IS NULL;

CREATE TABLE pauses (
    channel text PRIMARY KEY,
    until timestamptz NOT NULL,
    code text
);
"""


def upgrade() -> None:
    chassis_0001.upgrade()
    op.execute(KNOWN)
    op.execute(SENT)
