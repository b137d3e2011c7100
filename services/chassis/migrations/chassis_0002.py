"""An audit trail that only grows and is chained; who was erased; how far the re-sealing has come."""

from __future__ import annotations

from alembic import op

AUDIT = """
ALTER TABLE audit
    ADD number bigint,
    ADD hash bytea,
    ADD CONSTRAINT audit_chained CHECK ((number IS NULL) = (hash IS NULL));
CREATE UNIQUE INDEX audit_number ON audit (number) WHERE number IS NOT NULL;
CREATE INDEX audit_waiting ON audit (id) WHERE number IS NULL;

CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'what is in the audit trail stays as it is' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE TRIGGER audit_stays
    BEFORE UPDATE OF id, at, actor, role, act, object_type, object_id, request_id, facts OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_is_chained_once BEFORE UPDATE OF number, hash ON audit
    FOR EACH ROW WHEN (OLD.hash IS NOT NULL) EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
"""

ERASED = """
CREATE TABLE erased (
    id uuid PRIMARY KEY,
    erased_at timestamptz NOT NULL
);
"""

KEYS = """
CREATE TABLE key_rotations (
    place text PRIMARY KEY,
    key_id text NOT NULL,
    after jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""

PRUNING = "CREATE INDEX idempotency_created_at ON idempotency USING brin (created_at)"


def upgrade() -> None:
    for step in (AUDIT, ERASED, KEYS, PRUNING):
        op.execute(step)
