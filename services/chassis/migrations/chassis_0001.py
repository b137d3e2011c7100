"""The tables that every service's database has, as of their first version."""

from __future__ import annotations

from alembic import op

TABLES = """
CREATE TABLE demo_clock (
    id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    ahead interval NOT NULL
);

CREATE FUNCTION fascia_now() RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT clock_timestamp() + COALESCE((SELECT ahead FROM demo_clock), interval '0') $$;

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    exchange text NOT NULL,
    routing_key text NOT NULL,
    body text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts integer NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT '-infinity',
    error text
);

CREATE FUNCTION outbox_wake() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('outbox', ''); RETURN NULL; END $$;
CREATE TRIGGER outbox_wake AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_wake();

CREATE TABLE inbox (
    event_id uuid PRIMARY KEY,
    type text,
    state text NOT NULL CHECK (state IN ('done', 'retry', 'parked')),
    attempts integer NOT NULL DEFAULT 1,
    error text,
    next_at timestamptz,
    body text,
    sealed_body text,
    digest text,
    length integer,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX inbox_due ON inbox (next_at) WHERE state = 'retry';
CREATE INDEX inbox_parked ON inbox (received_at) WHERE state = 'parked';

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT fascia_now(),
    actor text NOT NULL,
    role text NOT NULL,
    act text NOT NULL,
    object_type text NOT NULL,
    object_id text NOT NULL,
    request_id text,
    facts jsonb
);
CREATE INDEX audit_object ON audit (object_type, object_id);

CREATE TABLE idempotency (
    key text NOT NULL,
    actor text NOT NULL,
    fingerprint text NOT NULL,
    status integer,
    body jsonb,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (actor, key)
);
"""


def upgrade() -> None:
    op.execute(TABLES)
