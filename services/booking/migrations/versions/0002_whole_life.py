"""Everything that happens to a series: holds, moves, cancellations, absences, the waitlist, notes, feeds."""

from alembic import op

revision = "0002"
down_revision = "0001"

PLACES = """
CREATE TABLE locations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL CONSTRAINT locations_key UNIQUE,
    name text NOT NULL,
    timezone text NOT NULL,
    country text NOT NULL,
    state text,
    address text NOT NULL,
    latitude double precision,
    longitude double precision,
    active boolean NOT NULL
);
INSERT INTO locations (key, name, timezone, country, address, active)
    SELECT 'main', name, timezone, 'US', address, true FROM clinic;

ALTER TABLE rooms
    ADD location_id bigint REFERENCES locations,
    ADD equipment text[] NOT NULL DEFAULT '{}';
UPDATE rooms SET location_id = (SELECT id FROM locations);
ALTER TABLE rooms ALTER location_id SET NOT NULL, ALTER equipment DROP DEFAULT;

ALTER TABLE hours ADD location_id bigint REFERENCES locations;
UPDATE hours SET location_id = (SELECT id FROM locations);
ALTER TABLE hours ALTER location_id SET NOT NULL;

CREATE TABLE special_hours (
    therapist_id bigint REFERENCES therapists,
    on_date date,
    opens time,
    closes time NOT NULL,
    location_id bigint REFERENCES locations,
    PRIMARY KEY (therapist_id, on_date, opens)
);

ALTER TABLE closures ADD id bigint GENERATED ALWAYS AS IDENTITY, ADD location_id bigint REFERENCES locations;
ALTER TABLE closures DROP CONSTRAINT closures_pkey, ADD PRIMARY KEY (id);

CREATE TABLE licences (
    therapist_id bigint REFERENCES therapists,
    state text,
    number text,
    valid_from date,
    valid_until date NOT NULL,
    PRIMARY KEY (therapist_id, state, number)
);
INSERT INTO licences SELECT id, licence_state, licence_number, NULL, licence_valid_until FROM therapists;
ALTER TABLE therapists
    DROP licence_state, DROP licence_number, DROP licence_valid_until,
    ADD sex text CONSTRAINT therapists_sex CHECK (sex IN ('female', 'male')),
    ADD certifications text[] NOT NULL DEFAULT '{}',
    ADD experience jsonb NOT NULL DEFAULT '{}',
    ADD home_visits boolean NOT NULL DEFAULT false,
    ADD base_latitude double precision,
    ADD base_longitude double precision;
ALTER TABLE therapists ALTER certifications DROP DEFAULT, ALTER experience DROP DEFAULT, ALTER home_visits DROP DEFAULT;

CREATE TABLE absences (
    id uuid PRIMARY KEY,
    resource_id bigint NOT NULL REFERENCES resources,
    during tstzrange NOT NULL CONSTRAINT absences_during CHECK (NOT isempty(during)),
    reason text NOT NULL,
    entered_at timestamptz NOT NULL,
    withdrawn_at timestamptz
);
CREATE INDEX absences_in_force ON absences (resource_id, upper(during)) WHERE withdrawn_at IS NULL;
"""

ORDERS = """
ALTER TABLE orders
    ADD earliest_on date,
    ADD equipment text[] NOT NULL DEFAULT '{}',
    ADD care text,
    ADD terms_version integer,
    ADD condition_keys text[] NOT NULL DEFAULT '{}',
    ADD ended_at timestamptz,
    ADD ended_how text CONSTRAINT orders_ended CHECK (ended_how IN ('withdrawn', 'expired', 'closed'));
ALTER TABLE orders ALTER equipment DROP DEFAULT, ALTER condition_keys DROP DEFAULT;
UPDATE orders SET terms_version = version;
ALTER TABLE orders ALTER terms_version SET NOT NULL;
CREATE INDEX orders_condition_keys ON orders USING gin (condition_keys);
CREATE INDEX orders_patient_id ON orders (patient_id);
CREATE INDEX orders_patient_resource_id ON orders (patient_resource_id);

CREATE TABLE endings (
    referral_id uuid PRIMARY KEY,
    version integer NOT NULL,
    how text NOT NULL CONSTRAINT endings_how CHECK (how IN ('withdrawn', 'expired', 'closed')),
    ended_at timestamptz NOT NULL
);

CREATE TABLE uncovered (
    order_id uuid REFERENCES orders,
    order_version integer,
    asked_at timestamptz NOT NULL,
    PRIMARY KEY (order_id, order_version)
);

CREATE TABLE renewals (
    order_id uuid REFERENCES orders,
    reason text CONSTRAINT renewals_reason CHECK (reason IN ('few_visits', 'ends_soon')),
    order_version integer,
    advised_at timestamptz NOT NULL,
    PRIMARY KEY (order_id, reason, order_version)
);

ALTER TABLE series
    ADD location_id bigint REFERENCES locations,
    ADD held_until timestamptz,
    ADD cancelled_at timestamptz;
UPDATE series SET location_id = (SELECT id FROM locations)
  FROM orders WHERE orders.id = order_id AND NOT home_visit;
CREATE INDEX series_held ON series (held_until) WHERE held_until IS NOT NULL;
"""

SESSIONS = """
ALTER TABLE sessions
    DROP CONSTRAINT sessions_status,
    DROP CONSTRAINT sessions_series_id_number,
    ADD sequence integer NOT NULL DEFAULT 0,
    ADD confirmed_at timestamptz,
    ADD arrived_at timestamptz,
    ADD cancelled_at timestamptz,
    ADD cancelled_by text CONSTRAINT sessions_cancelled_by CHECK (cancelled_by IN ('patient', 'clinic', 'physician')),
    ADD cancel_reason text,
    ADD late boolean,
    ADD missed_at timestamptz,
    ADD CONSTRAINT sessions_status
        CHECK (status IN ('held', 'booked', 'confirmed', 'arrived', 'completed', 'cancelled', 'missed'));
ALTER TABLE sessions ALTER sequence DROP DEFAULT;
CREATE UNIQUE INDEX sessions_number ON sessions (series_id, number) WHERE status <> 'cancelled';
CREATE INDEX sessions_series_id ON sessions (series_id);
CREATE INDEX sessions_therapist_id_starts_at ON sessions (therapist_id, starts_at);
CREATE INDEX sessions_room_id_starts_at ON sessions (room_id, starts_at);
CREATE INDEX sessions_at_home ON sessions (therapist_id, starts_at) WHERE room_id IS NULL;

CREATE TABLE session_history (
    session_id uuid REFERENCES sessions,
    version integer,
    order_id uuid NOT NULL REFERENCES orders,
    event text NOT NULL,
    data jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (session_id, version)
);
CREATE INDEX session_history_order_id ON session_history (order_id);
CREATE TRIGGER session_history_only_grows BEFORE UPDATE OR DELETE ON session_history
    FOR EACH STATEMENT EXECUTE FUNCTION only_append();

DROP TRIGGER ledger_only_grows ON ledger;
ALTER TABLE ledger ADD version integer;
UPDATE ledger SET version = CASE act WHEN 'reserved' THEN 1 ELSE sessions.version END
  FROM sessions WHERE sessions.id = session_id;
ALTER TABLE ledger ALTER version SET NOT NULL, ADD CONSTRAINT ledger_once_a_version UNIQUE (session_id, version);
DROP INDEX ledger_reserved_once;
DROP INDEX ledger_settled_once;
CREATE TRIGGER ledger_only_grows BEFORE UPDATE OR DELETE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION only_append();
"""

# Until now a session was booked, could be confirmed, and was completed: every version of it is known.
HISTORY = """
INSERT INTO session_history (session_id, version, order_id, event, data, at)
SELECT session_id, version, order_id, 'session_' || status,
       jsonb_strip_nulls(to_jsonb(told) - 'order_id' - 'at'
                         || jsonb_build_object('completed_at', CASE status WHEN 'completed' THEN at END)), at
  FROM (SELECT sessions.id AS session_id, series_id, told.version, referral_id, patient_id, number,
               series.visits AS of, told.status, starts_at, ends_at, room_id IS NULL AS home_visit,
               order_id, CASE told.status WHEN 'completed' THEN sessions.completed_at ELSE booked_at END AS at
          FROM sessions
          JOIN series ON series.id = series_id
          JOIN orders ON orders.id = order_id
         CROSS JOIN LATERAL (
               SELECT version, CASE version WHEN sessions.version THEN sessions.status
                                            WHEN 1 THEN 'booked' ELSE 'confirmed' END AS status
                 FROM generate_series(1, sessions.version) AS version) AS told) AS told;
"""

NOTES = """
ALTER TABLE session_notes
    ADD areas text[] NOT NULL DEFAULT '{}',
    ADD minutes smallint CONSTRAINT session_notes_minutes CHECK (minutes BETWEEN 1 AND 240),
    ADD cpt text CONSTRAINT session_notes_cpt CHECK (cpt IN ('97124', '97140')),
    ADD units smallint,
    ADD follow_up text CONSTRAINT session_notes_follow_up
        CHECK (follow_up IN ('continue', 'modify', 're_refer', 'discharge')),
    ADD recommendation text NOT NULL DEFAULT '',
    ADD item_9 text,
    ADD version integer NOT NULL DEFAULT 1,
    ADD written_by text NOT NULL DEFAULT '';
ALTER TABLE session_notes
    ALTER areas DROP DEFAULT, ALTER recommendation DROP DEFAULT, ALTER version DROP DEFAULT,
    ALTER written_by DROP DEFAULT;

CREATE TABLE note_versions (
    session_id uuid REFERENCES sessions,
    version integer,
    note text NOT NULL,
    written_at timestamptz NOT NULL,
    written_by text NOT NULL,
    PRIMARY KEY (session_id, version)
);
CREATE TRIGGER note_versions_only_grow BEFORE UPDATE OR DELETE ON note_versions
    FOR EACH STATEMENT EXECUTE FUNCTION only_append();

CREATE TABLE measures (
    session_id uuid REFERENCES sessions,
    measure text,
    detail text,
    value numeric(6, 2) NOT NULL,
    PRIMARY KEY (session_id, measure, detail)
);

CREATE TABLE day_checks (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions,
    findings text NOT NULL,
    checked_at timestamptz NOT NULL,
    checked_by text NOT NULL
);
CREATE INDEX day_checks_session_id ON day_checks (session_id);
CREATE TRIGGER day_checks_only_grow BEFORE UPDATE OR DELETE ON day_checks
    FOR EACH STATEMENT EXECUTE FUNCTION only_append();

ALTER TABLE series
    ADD follow_up text CONSTRAINT series_follow_up
        CHECK (follow_up IN ('continue', 'modify', 're_refer', 'discharge')),
    ADD recommendation text,
    ADD signed_by text,
    ADD signed_at timestamptz;
"""

WAITLIST = """
CREATE TABLE waiting (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders,
    session_id uuid REFERENCES sessions,
    location_id bigint REFERENCES locations,
    possible jsonb,
    first_on date,
    last_on date,
    therapist_id bigint REFERENCES therapists,
    status text NOT NULL CONSTRAINT waiting_status CHECK (status IN ('waiting', 'served', 'ended')),
    version integer NOT NULL,
    since timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX waiting_order_id ON waiting (order_id);
CREATE UNIQUE INDEX waiting_once_a_session ON waiting (session_id) WHERE status = 'waiting';

CREATE TABLE freed (
    id uuid PRIMARY KEY,
    therapist_id bigint NOT NULL REFERENCES therapists,
    location_id bigint REFERENCES locations,
    during tstzrange NOT NULL,
    freed_at timestamptz NOT NULL,
    status text NOT NULL CONSTRAINT freed_status CHECK (status IN ('open', 'filled', 'given_up'))
);
CREATE INDEX freed_open ON freed (freed_at) WHERE status = 'open';

CREATE TABLE offers (
    id uuid PRIMARY KEY,
    waiting_id uuid NOT NULL REFERENCES waiting,
    freed_id uuid NOT NULL REFERENCES freed,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    therapist_id bigint NOT NULL REFERENCES therapists,
    room_id bigint REFERENCES rooms,
    gain integer NOT NULL,
    status text NOT NULL
        CONSTRAINT offers_status CHECK (status IN ('open', 'accepted', 'declined', 'lapsed', 'taken')),
    version integer NOT NULL,
    offered_at timestamptz NOT NULL,
    answer_by timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT offers_once_a_turn UNIQUE (freed_id, waiting_id)
);
CREATE UNIQUE INDEX offers_one_open_of_a_time ON offers (freed_id) WHERE status = 'open';
CREATE UNIQUE INDEX offers_one_open_of_a_patient ON offers (waiting_id) WHERE status = 'open';
"""

FEEDS = """
CREATE TABLE feeds (
    id uuid PRIMARY KEY,
    resource_id bigint NOT NULL REFERENCES resources,
    token_hash bytea NOT NULL CONSTRAINT feeds_token_hash_key UNIQUE,
    made_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX feeds_resource_id ON feeds (resource_id);
"""

# Its plan is kept by each connection, however the tables grow meanwhile: so each resource is looked up by itself.
# What a hold claims is free again when the hold is over.
PLAINLY_TAKEN = """
CREATE FUNCTION plainly_taken(asked_order uuid, starts timestamptz[], therapists bigint[], rooms bigint[])
    RETURNS boolean STABLE LANGUAGE plpgsql AS $$
DECLARE
    patient bigint;
    length interval;
BEGIN
    SELECT patient_resource_id, session_minutes * interval '1 minute' INTO patient, length
      FROM orders WHERE id = asked_order;
    RETURN (
        SELECT bool_or(EXISTS (
                   SELECT FROM claims
                    WHERE int8range(resource_id, resource_id, '[]') && int8range(resource, resource, '[]')
                      AND during && tstzrange(begins, begins + length)
                      AND NOT EXISTS (SELECT FROM sessions JOIN series ON series.id = series_id
                                       WHERE sessions.id = session_id AND held_until <= fascia_now())))
          FROM unnest(starts, therapists, rooms) AS wanted(begins, therapist, room)
         CROSS JOIN unnest(ARRAY[therapist, room, patient]) AS asked(resource)
         WHERE resource IS NOT NULL AND length IS NOT NULL);
END $$;
"""

# The locks are taken one by one, ascending, the minus keeps them apart from other locks of this database; what was
# written while they were waited for is seen by the statements after them. Claims of holds that are over go first.
CLAIM_TIMES = """
CREATE FUNCTION claim_times(sessions_ uuid[], resources_ bigint[], begins_ timestamptz[], ends_ timestamptz[])
    RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    written integer;
BEGIN
    PERFORM pg_advisory_xact_lock(-id) FROM (SELECT DISTINCT unnest(resources_) ORDER BY 1) AS wanted(id);
    DELETE FROM claims
     USING sessions JOIN series ON series.id = sessions.series_id
     WHERE held_until <= fascia_now() AND session_id = sessions.id AND resource_id = ANY(resources_);
    INSERT INTO claims (session_id, resource_id, during)
    SELECT id, resource, tstzrange(begins, ends)
      FROM unnest(sessions_, resources_, begins_, ends_) AS wanted(id, resource, begins, ends)
     WHERE NOT EXISTS (
               SELECT FROM unnest(sessions_, resources_) AS asked(id, resource)
                 JOIN sessions ON sessions.id = asked.id
                 JOIN absences ON resource_id = asked.resource AND during && tstzrange(starts_at, ends_at)
                WHERE withdrawn_at IS NULL);
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END $$;
"""


def upgrade() -> None:
    for step in (PLACES, ORDERS, SESSIONS, HISTORY, NOTES, WAITLIST, FEEDS, PLAINLY_TAKEN, CLAIM_TIMES):
        op.execute(step)
