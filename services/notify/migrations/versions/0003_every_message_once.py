"""Why each message is as it is; the clinic's policy for messages; copies; consent with its source."""

from alembic import op

from services.chassis.migrations import chassis_0002

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
CREATE INDEX referrals_copies ON referrals USING gin (copies jsonb_path_ops);
ALTER TABLE series_acts ADD completed integer;
ALTER TABLE replans DROP CONSTRAINT replans_pkey, ADD id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;
"""

LINKS = """
ALTER TABLE links RENAME series_id TO object_id;
ALTER TABLE links
    ALTER referral_id DROP NOT NULL,
    DROP CONSTRAINT links_purpose_check,
    ADD CONSTRAINT links_purpose_check
        CHECK (purpose IN ('series', 'report', 'referral', 'choose', 'book', 'offer', 'preferences')),
    DROP CONSTRAINT links_purpose_series_id_recipient_key;
CREATE UNIQUE INDEX links_standing ON links (purpose, object_id, recipient) WHERE revoked_at IS NULL;
CREATE INDEX links_recipient ON links (recipient);
"""


REPLIES = """
CREATE TABLE consents (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    channel text NOT NULL CHECK (channel IN ('text', 'email')),
    agreed boolean NOT NULL,
    source text NOT NULL CHECK (source IN ('referral', 'reply', 'provider', 'desk', 'link')),
    at timestamptz NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT fascia_now()
);
CREATE INDEX consents_person_id_channel_at ON consents (person_id, channel, at);
CREATE INDEX contacts_email_hash ON contacts (email_hash);

CREATE TABLE choices (
    visit_id uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    referral_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    times timestamptz[] NOT NULL,
    gone boolean NOT NULL DEFAULT false,
    reply_id uuid UNIQUE,
    chosen timestamptz,
    refused_at timestamptz,
    PRIMARY KEY (visit_id, asked_at)
);
CREATE INDEX choices_referral_id ON choices (referral_id);

ALTER TABLE visits
    ADD times_asked_at timestamptz,
    ADD times_asked_for timestamptz,
    ADD times_gone boolean NOT NULL DEFAULT false,
    ADD times_look_at timestamptz;
CREATE INDEX visits_times_wanted ON visits (times_look_at) WHERE times_look_at IS NOT NULL;

ALTER TABLE replies
    ADD message_id uuid,
    ADD referral_id uuid,
    ADD answer text CHECK (answer IN ('opted_out', 'we_will_call'));
CREATE INDEX replies_answered ON replies (referral_id) WHERE answer IS NOT NULL;
"""

SENDING = """
ALTER TABLE pauses
    ADD failures integer NOT NULL DEFAULT 1,
    ADD probe uuid;
CREATE INDEX replans_referral_id ON replans (referral_id);
CREATE TABLE buckets (
    sender text PRIMARY KEY,
    tokens double precision NOT NULL,
    filled_at timestamptz NOT NULL
);
"""

WHY = """
ALTER TABLE contacts ADD chosen_language text;
CREATE INDEX messages_to_physicians ON messages (recipient) WHERE role = 'physician';
CREATE INDEX attempts_started ON attempts USING brin (started_at);
CREATE INDEX replies_session_id ON replies (session_id);
CREATE INDEX replies_message_id ON replies (message_id);
CREATE INDEX tasks_message_id ON tasks (message_id);
CREATE INDEX tasks_patient_id ON tasks (patient_id);
CREATE INDEX tasks_session_id ON tasks (session_id);
"""

HEARD = """
ALTER TABLE replans ADD urgent boolean NOT NULL DEFAULT false;
CREATE INDEX replans_urgent ON replans (id) WHERE urgent;
CREATE INDEX replies_sender_hash ON replies (sender_hash);
ALTER TABLE callbacks
    ADD follows jsonb,
    ADD tries integer NOT NULL DEFAULT 0,
    ADD try_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD error text;
CREATE INDEX callbacks_following ON callbacks (try_at) WHERE follows IS NOT NULL;
"""

UNREPORTED = """
ALTER TABLE attempts
    ADD ask_at timestamptz,
    ADD asked integer NOT NULL DEFAULT 0;
CREATE INDEX attempts_unreported ON attempts (ask_at) WHERE outcome = 'sent' AND ask_at IS NOT NULL;
"""

FOLLOWED = "ALTER TABLE referrals ADD sent_by text"


MERGED = """
CREATE TABLE merged_patients (
    patient_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    counts_as uuid,
    changed_at timestamptz NOT NULL
);
CREATE INDEX merged_patients_person_id ON merged_patients (person_id);
"""


def upgrade() -> None:
    chassis_0002.upgrade()
    op.execute(PLANNING)
    op.execute(LINKS)
    op.execute(REPLIES)
    op.execute(SENDING)
    op.execute(WHY)
    op.execute(HEARD)
    op.execute(UNREPORTED)
    op.execute(FOLLOWED)
    op.execute(MERGED)
