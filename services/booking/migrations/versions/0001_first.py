"""The first tables of booking."""

from alembic import op

from services.chassis.migrations import chassis_0001

revision = "0001"
down_revision = None

PRACTICE = """
CREATE TABLE clinic (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    timezone text NOT NULL,
    phone text NOT NULL,
    email text NOT NULL,
    address text NOT NULL,
    language text NOT NULL,
    policy jsonb NOT NULL,
    version integer NOT NULL
);

CREATE TABLE resources (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CONSTRAINT resources_kind CHECK (kind IN ('therapist', 'room', 'patient')),
    key text NOT NULL,
    CONSTRAINT resources_kind_key UNIQUE (kind, key)
);

CREATE TABLE therapists (
    id bigint PRIMARY KEY REFERENCES resources,
    key text NOT NULL,
    name text NOT NULL,
    licence_state text NOT NULL,
    licence_number text NOT NULL,
    licence_valid_until date NOT NULL,
    techniques text[] NOT NULL,
    languages text[] NOT NULL,
    buffer_minutes integer NOT NULL CONSTRAINT therapists_buffer CHECK (buffer_minutes >= 0),
    active boolean NOT NULL
);

CREATE TABLE rooms (
    id bigint PRIMARY KEY REFERENCES resources,
    key text NOT NULL,
    name text NOT NULL,
    active boolean NOT NULL
);

CREATE TABLE hours (
    therapist_id bigint REFERENCES therapists,
    weekday smallint CONSTRAINT hours_weekday CHECK (weekday BETWEEN 0 AND 6),
    opens time,
    closes time NOT NULL,
    CONSTRAINT hours_order CHECK (opens < closes),
    PRIMARY KEY (therapist_id, weekday, opens)
);

CREATE TABLE closures (
    first_on date,
    last_on date,
    reason text NOT NULL,
    CONSTRAINT closures_order CHECK (first_on <= last_on),
    PRIMARY KEY (first_on, last_on)
);
"""

CARE = """
CREATE TABLE orders (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL UNIQUE,
    reference text NOT NULL,
    patient_id uuid NOT NULL,
    patient_resource_id bigint NOT NULL REFERENCES resources,
    version integer NOT NULL,
    visits integer NOT NULL,
    cadence_visits integer NOT NULL,
    cadence_days integer NOT NULL,
    session_minutes integer NOT NULL,
    issued_on date NOT NULL,
    start_by date,
    valid_until date NOT NULL,
    techniques text[] NOT NULL,
    home_visit boolean NOT NULL,
    pressure_ceiling smallint CONSTRAINT orders_ceiling CHECK (pressure_ceiling BETWEEN 1 AND 5),
    accepted_at timestamptz NOT NULL
);

CREATE TABLE series (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders,
    visits integer NOT NULL,
    version integer NOT NULL,
    booked_at timestamptz NOT NULL,
    completed_at timestamptz
);
CREATE INDEX series_order_id ON series (order_id);

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    series_id uuid NOT NULL REFERENCES series,
    number integer NOT NULL,
    status text NOT NULL CONSTRAINT sessions_status
        CHECK (status IN ('booked', 'confirmed', 'completed', 'cancelled', 'missed')),
    version integer NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    therapist_id bigint NOT NULL REFERENCES therapists,
    room_id bigint REFERENCES rooms,
    completed_at timestamptz,
    CONSTRAINT sessions_order CHECK (starts_at < ends_at),
    CONSTRAINT sessions_series_id_number UNIQUE (series_id, number)
);
CREATE INDEX sessions_starts_at ON sessions (starts_at);

CREATE TABLE session_notes (
    session_id uuid PRIMARY KEY REFERENCES sessions,
    pain_before smallint NOT NULL CONSTRAINT session_notes_before CHECK (pain_before BETWEEN 0 AND 10),
    pain_after smallint NOT NULL CONSTRAINT session_notes_after CHECK (pain_after BETWEEN 0 AND 10),
    pressure smallint NOT NULL CONSTRAINT session_notes_pressure CHECK (pressure BETWEEN 1 AND 5),
    techniques text[] NOT NULL,
    note text NOT NULL,
    written_at timestamptz NOT NULL
);

CREATE TABLE ledger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders,
    session_id uuid NOT NULL REFERENCES sessions,
    act text NOT NULL CONSTRAINT ledger_act CHECK (act IN ('reserved', 'consumed', 'returned', 'forfeited')),
    at timestamptz NOT NULL
);
CREATE INDEX ledger_order_id ON ledger (order_id);
CREATE UNIQUE INDEX ledger_reserved_once ON ledger (session_id) WHERE act = 'reserved';
CREATE UNIQUE INDEX ledger_settled_once ON ledger (session_id) WHERE act <> 'reserved';

CREATE FUNCTION only_append() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% only grows', TG_TABLE_NAME; END $$;
CREATE TRIGGER ledger_only_grows BEFORE UPDATE OR DELETE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION only_append();
"""

# A range of one number stands in for equality, so that plain GiST serves and no extension is needed.
CLAIMS = """
CREATE TABLE claims (
    session_id uuid REFERENCES sessions,
    resource_id bigint REFERENCES resources,
    during tstzrange NOT NULL CONSTRAINT claims_during CHECK (NOT isempty(during)),
    PRIMARY KEY (session_id, resource_id),
    CONSTRAINT claims_one_at_a_time
        EXCLUDE USING gist (int8range(resource_id, resource_id, '[]') WITH &&, during WITH &&)
);
CREATE INDEX claims_until ON claims (upper(during));
"""


def upgrade() -> None:
    chassis_0001.upgrade()
    op.execute(PRACTICE)
    op.execute(CARE)
    op.execute(CLAIMS)
