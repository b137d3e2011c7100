"""Referrals that come in every way, and whose visits an EHR can follow."""

from alembic import op

from services.chassis.migrations import chassis_0002

revision = "0003"
down_revision = "0002"

VISITS = """
CREATE TABLE visits (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referrals (id),
    series_id uuid NOT NULL,
    version integer NOT NULL,
    number integer NOT NULL,
    status text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    home_visit boolean NOT NULL,
    fate text,
    CONSTRAINT visits_status
        CHECK (status IN ('booked', 'confirmed', 'arrived', 'completed', 'cancelled', 'missed'))
);
CREATE INDEX visits_referral_id ON visits (referral_id);
CREATE INDEX visits_starts_at ON visits (starts_at);
CREATE INDEX visits_missed ON visits (referral_id) WHERE status = 'missed';
"""

PEOPLE = """
ALTER TABLE patients ADD merged_into uuid REFERENCES patients;
CREATE INDEX patients_merged_into ON patients (merged_into);

CREATE TABLE patient_keys (
    key text NOT NULL,
    patient_id uuid NOT NULL REFERENCES patients,
    PRIMARY KEY (key, patient_id)
);
CREATE INDEX patient_keys_patient_id ON patient_keys (patient_id);
INSERT INTO patient_keys SELECT match_key, id FROM patients;
ALTER TABLE patients DROP match_key;

CREATE TABLE patient_matches (
    id uuid PRIMARY KEY,
    patient_id uuid NOT NULL REFERENCES patients,
    other_id uuid NOT NULL REFERENCES patients,
    referral_id uuid REFERENCES referrals,
    score integer NOT NULL,
    reasons jsonb NOT NULL,
    verdict text NOT NULL,
    raised_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by text,
    UNIQUE (patient_id, other_id),
    CONSTRAINT patient_matches_verdict CHECK (verdict IN ('open', 'merged', 'apart'))
);
CREATE INDEX patient_matches_other_id ON patient_matches (other_id);
CREATE INDEX patient_matches_open ON patient_matches (id) WHERE verdict = 'open';

CREATE TABLE physician_accounts (
    account text NOT NULL,
    physician_id uuid NOT NULL REFERENCES physicians,
    PRIMARY KEY (account, physician_id)
);
CREATE INDEX physician_accounts_physician_id ON physician_accounts (physician_id);

CREATE TABLE physician_proposals (
    id uuid PRIMARY KEY,
    physician_id uuid NOT NULL REFERENCES physicians,
    referral_id uuid NOT NULL REFERENCES referrals DEFERRABLE INITIALLY DEFERRED,
    contact text NOT NULL,
    fingerprint text NOT NULL,
    decision text NOT NULL,
    proposed_at timestamptz NOT NULL,
    proposed_by text NOT NULL,
    decided_at timestamptz,
    decided_by text,
    UNIQUE (physician_id, fingerprint),
    CONSTRAINT physician_proposals_decision CHECK (decision IN ('open', 'confirmed', 'refused'))
);
CREATE INDEX physician_proposals_open ON physician_proposals (id) WHERE decision = 'open';
"""

REFERRALS = """
ALTER TABLE referrals
    DROP CONSTRAINT referrals_status_known,
    ADD missing text[] NOT NULL DEFAULT '{}',
    ADD renews_id uuid REFERENCES referrals,
    ADD review_started_at timestamptz,
    ADD visit_news text,
    ADD visit_news_at timestamptz,
    ADD contacted_at timestamptz,
    ADD first_visit_at timestamptz,
    ADD completed_at timestamptz,
    ADD cancel_asked_at timestamptz,
    ADD ended_because text,
    ADD changed_at timestamptz NOT NULL DEFAULT fascia_now(),
    ADD reminded_at timestamptz,
    ALTER issued_on DROP NOT NULL,
    ALTER valid_until DROP NOT NULL,
    ALTER visits DROP NOT NULL,
    ALTER frequency_visits DROP NOT NULL,
    ALTER frequency_days DROP NOT NULL,
    ALTER session_minutes DROP NOT NULL,
    ADD CONSTRAINT referrals_status_known
        CHECK (status IN ('received', 'needs_information', 'in_review', 'accepted', 'declined', 'active', 'completed',
                          'expired', 'withdrawn', 'closed')),
    ADD CONSTRAINT referrals_terms_known
        CHECK (status IN ('needs_information', 'declined', 'expired', 'withdrawn', 'closed')
               OR (issued_on IS NOT NULL AND valid_until IS NOT NULL AND visits IS NOT NULL
                   AND frequency_visits IS NOT NULL AND frequency_days IS NOT NULL AND session_minutes IS NOT NULL));
CREATE INDEX referrals_renews_id ON referrals (renews_id);
CREATE INDEX referrals_received_at ON referrals (received_at);
CREATE INDEX referrals_received_from_id ON referrals (received_from, id);
CREATE INDEX referrals_to_expire ON referrals (valid_until)
    WHERE status IN ('received', 'needs_information', 'in_review', 'accepted');
CREATE INDEX referrals_to_start ON referrals (start_by)
    WHERE status IN ('received', 'needs_information', 'in_review', 'accepted');
CREATE INDEX referrals_quiet ON referrals (changed_at)
    WHERE reminded_at IS NULL AND status IN ('received', 'needs_information', 'in_review', 'accepted', 'active');
CREATE INDEX referrals_reminded ON referrals (reminded_at) WHERE reminded_at IS NOT NULL;
UPDATE referrals SET first_visit_at = kept.first_at
FROM (SELECT referral_id, min(completed_at) AS first_at FROM visits_kept GROUP BY 1) AS kept
WHERE kept.referral_id = referrals.id;

CREATE TABLE referral_copies (
    referral_id uuid NOT NULL REFERENCES referrals,
    physician_id uuid NOT NULL REFERENCES physicians,
    updates text NOT NULL,
    place integer NOT NULL,
    PRIMARY KEY (referral_id, physician_id)
);
CREATE INDEX referral_copies_physician_id ON referral_copies (physician_id);

CREATE TABLE referral_versions (
    referral_id uuid NOT NULL REFERENCES referrals,
    version integer NOT NULL,
    terms text NOT NULL,
    amended_at timestamptz NOT NULL,
    amended_by text NOT NULL,
    PRIMARY KEY (referral_id, version)
);
"""

FORMS = """
CREATE TABLE clinic (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    phone text NOT NULL,
    email text NOT NULL
);

CREATE TABLE intake_codes (
    id uuid PRIMARY KEY,
    hash text NOT NULL UNIQUE,
    kind text NOT NULL,
    physician_id uuid REFERENCES physicians,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    referral_id uuid REFERENCES referrals,
    CONSTRAINT intake_codes_kind CHECK (kind IN ('referral', 'permission'))
);
CREATE INDEX intake_codes_physician_id ON intake_codes (physician_id);
CREATE INDEX intake_codes_referral_id ON intake_codes (referral_id);

CREATE TABLE documents (
    id uuid PRIMARY KEY,
    referral_id uuid REFERENCES referrals,
    code_id uuid REFERENCES intake_codes,
    content text NOT NULL,
    sha256 text NOT NULL,
    media_type text NOT NULL,
    size integer NOT NULL,
    received_at timestamptz NOT NULL,
    received_from text NOT NULL,
    waits_since timestamptz NOT NULL DEFAULT fascia_now(),
    reminded_at timestamptz,
    discarded_at timestamptz,
    UNIQUE (referral_id, sha256),
    CONSTRAINT documents_discarded CHECK (discarded_at IS NULL OR referral_id IS NULL)
);
CREATE INDEX documents_code_id ON documents (code_id);
CREATE INDEX documents_waiting ON documents (id) WHERE referral_id IS NULL;
CREATE INDEX documents_discarded_at ON documents (discarded_at) WHERE discarded_at IS NOT NULL;
"""

NUMBERS = """
ALTER TABLE placer_numbers ADD sender text;
UPDATE placer_numbers SET sender = CASE WHEN referral_id::text IN (
    SELECT object_id FROM audit WHERE act = 'referral_received' AND role = 'physician'
) THEN received_from ELSE '' END
FROM referrals WHERE referrals.id = placer_numbers.referral_id;
ALTER TABLE placer_numbers
    ALTER sender SET NOT NULL,
    DROP CONSTRAINT placer_numbers_pkey,
    ADD PRIMARY KEY (key, sender);
"""

# Whoever writes something of a patient while they are being erased waits, and then begins again: it finds nobody.
ERASED = """
ALTER TABLE patients ADD erased_at timestamptz;

CREATE FUNCTION stays_erased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    patient uuid;
    gone boolean;
BEGIN
    IF TG_TABLE_NAME = 'documents' THEN
        SELECT patient_id INTO patient FROM referrals WHERE id = NEW.referral_id;
    ELSE
        patient := NEW.patient_id;
    END IF;
    SELECT erased_at IS NOT NULL INTO gone FROM patients WHERE id = patient FOR KEY SHARE;
    IF gone AND current_setting('fascia.rewriting', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'the patient was erased' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stays_erased BEFORE INSERT OR UPDATE OF clinical, review ON referrals
    FOR EACH ROW EXECUTE FUNCTION stays_erased();
CREATE TRIGGER stays_erased BEFORE INSERT OR UPDATE OF referral_id ON documents
    FOR EACH ROW WHEN (NEW.referral_id IS NOT NULL) EXECUTE FUNCTION stays_erased();

CREATE FUNCTION erased_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the patient was erased' USING ERRCODE = 'serialization_failure'; END $$;
CREATE TRIGGER erased_stays BEFORE UPDATE OF contact, merged_into ON patients FOR EACH ROW
    WHEN (OLD.erased_at IS NOT NULL AND current_setting('fascia.rewriting', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION erased_stays();
"""


def upgrade() -> None:
    chassis_0002.upgrade()
    op.execute(VISITS)
    op.execute(PEOPLE)
    op.execute(REFERRALS)
    op.execute(FORMS)
    op.execute(NUMBERS)
    op.execute(ERASED)
