"""Orders that the account which sent them may follow; patients who are one person under two ids."""

from alembic import op

from services.chassis.migrations import chassis_0002

revision = "0003"
down_revision = "0002"

FOLLOWED = "ALTER TABLE orders ADD sent_by text"

ONE_PERSON = """
CREATE TABLE merged_patients (
    patient_id uuid PRIMARY KEY,
    counts_as uuid,
    changed_at timestamptz NOT NULL
);
CREATE INDEX merged_patients_counts_as ON merged_patients (counts_as);
"""

# What was noted in the clear is sealed by `fascia keys rotate`.
PRIVACY = """
ALTER TABLE session_notes ADD clinical text;
UPDATE session_notes SET clinical = json_build_object(
    'pain_before', pain_before, 'pain_after', pain_after, 'pressure', pressure,
    'techniques', techniques, 'areas', areas,
    'measures', (SELECT coalesce(json_agg(json_build_array(measure, detail, value::text)), '[]')
                   FROM measures WHERE measures.session_id = session_notes.session_id))::text;
ALTER TABLE session_notes
    ALTER clinical SET NOT NULL,
    DROP pain_before, DROP pain_after, DROP pressure, DROP techniques, DROP areas;
DROP TABLE measures;

ALTER TABLE orders DROP CONSTRAINT orders_ceiling;
ALTER TABLE orders ALTER pressure_ceiling TYPE text;

CREATE TABLE kept_acts (
    session_id uuid PRIMARY KEY REFERENCES sessions,
    cpt text,
    units smallint,
    minutes smallint,
    written_at timestamptz NOT NULL,
    written_by text NOT NULL
);

DROP TRIGGER note_versions_only_grow ON note_versions;
CREATE TRIGGER note_versions_only_grow BEFORE UPDATE OR DELETE ON note_versions FOR EACH STATEMENT
    WHEN (current_setting('fascia.rewriting', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION only_append();
DROP TRIGGER day_checks_only_grow ON day_checks;
CREATE TRIGGER day_checks_only_grow BEFORE UPDATE OR DELETE ON day_checks FOR EACH STATEMENT
    WHEN (current_setting('fascia.rewriting', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION only_append();
"""


def upgrade() -> None:
    chassis_0002.upgrade()
    op.execute(ONE_PERSON)
    op.execute(FOLLOWED)
    op.execute(PRIVACY)
