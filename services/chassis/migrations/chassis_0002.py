"""An audit trail that only grows, in chains; who was erased; how far the re-sealing has come."""

from __future__ import annotations

from alembic import op

# A transaction takes a chain that no other is at, keeps its end in a setting while it writes, and leaves it behind it:
# nobody waits for anybody, and no row is ever outside a chain.
AUDIT = """
ALTER TABLE audit ADD chain smallint, ADD number bigint, ADD hash bytea;
CREATE TABLE audit_chains (
    chain smallint PRIMARY KEY,
    number bigint NOT NULL,
    hash bytea NOT NULL
) WITH (fillfactor = 10);

CREATE FUNCTION audit_hash(before bytea, row_ audit) RETURNS bytea STABLE LANGUAGE sql AS $$
    SELECT sha256(before || convert_to(json_build_array(
        row_.chain, row_.number, row_.id, extract(epoch FROM row_.at), row_.actor, row_.role, row_.act,
        row_.object_type, row_.object_id, row_.request_id, row_.facts)::text, 'UTF8'))
$$;

CREATE FUNCTION audit_begins() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    mine smallint := 1;
    last audit_chains;
BEGIN
    WHILE NOT pg_try_advisory_xact_lock(262523415, mine) LOOP
        mine := mine + 1;
    END LOOP;
    SELECT * INTO last FROM audit_chains WHERE chain = mine;
    PERFORM set_config('fascia.audit_end', concat_ws(
        ' ', mine, coalesce(last.number, 0), coalesce(encode(last.hash, 'hex'), repeat('00', 32))), true);
    RETURN NULL;
END $$;

CREATE FUNCTION audit_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last text[] := string_to_array(current_setting('fascia.audit_end'), ' ');
BEGIN
    NEW.chain := last[1];
    NEW.number := last[2]::bigint + 1;
    NEW.hash := audit_hash(decode(last[3], 'hex'), NEW);
    PERFORM set_config('fascia.audit_end', concat_ws(' ', NEW.chain, NEW.number, encode(NEW.hash, 'hex')), true);
    RETURN NEW;
END $$;

-- whoever may write the audit does not need the right to change where a chain ends
CREATE FUNCTION audit_ends() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE last text[] := string_to_array(current_setting('fascia.audit_end'), ' ');
BEGIN
    INSERT INTO public.audit_chains AS known (chain, number, hash)
        SELECT last[1]::smallint, last[2]::bigint, decode(last[3], 'hex') WHERE last[2] <> '0'
        ON CONFLICT (chain) DO UPDATE SET number = excluded.number, hash = excluded.hash;
    RETURN NULL;
END $$;

DO $$
DECLARE
    row_ audit;
    nth bigint := 0;
    last bytea := decode(repeat('00', 32), 'hex');
BEGIN
    FOR row_ IN SELECT * FROM audit ORDER BY id LOOP
        nth := nth + 1;
        row_.chain := 1;
        row_.number := nth;
        last := audit_hash(last, row_);
        UPDATE audit SET chain = 1, number = nth, hash = last WHERE id = row_.id;
    END LOOP;
    INSERT INTO audit_chains SELECT 1, nth, last WHERE nth > 0;
END $$;

ALTER TABLE audit ALTER chain SET NOT NULL, ALTER number SET NOT NULL, ALTER hash SET NOT NULL;
CREATE UNIQUE INDEX audit_places ON audit (chain, number);
CREATE TRIGGER audit_begins BEFORE INSERT ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_begins();
CREATE TRIGGER audit_goes_on BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_goes_on();
CREATE TRIGGER audit_ends AFTER INSERT ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_ends();

CREATE FUNCTION audit_chains_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RAISE EXCEPTION 'where the chains end is not for you to say' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_chains_stay BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON audit_chains
    FOR EACH STATEMENT EXECUTE FUNCTION audit_chains_stay();

CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'what is in the audit trail stays as it is' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
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
