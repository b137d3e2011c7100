"""The chassis tables, for queries. Their making is in `migrations`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Identity, Integer, LargeBinary, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.chassis.database import metadata

chassis = metadata()
_INSTANT = DateTime(timezone=True)

outbox = Table(
    "outbox",
    chassis,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, unique=True),
    Column("exchange", Text),
    Column("routing_key", Text),
    Column("body", Text),
    Column("recorded_at", _INSTANT),
    Column("attempts", Integer),
    Column("not_before", _INSTANT),
    Column("error", Text),
)

inbox = Table(
    "inbox",
    chassis,
    Column("event_id", Uuid, primary_key=True),
    Column("type", Text),
    Column("state", Text),
    Column("attempts", Integer),
    Column("error", Text),
    Column("next_at", _INSTANT),
    Column("body", Text),
    Column("sealed_body", Text),
    Column("digest", Text),
    Column("length", Integer),
    Column("received_at", _INSTANT),
    Column("changed_at", _INSTANT),
)

audit = Table(
    "audit",
    chassis,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", _INSTANT),
    Column("actor", Text),
    Column("role", Text),
    Column("act", Text),
    Column("object_type", Text),
    Column("object_id", Text),
    Column("request_id", Text),
    Column("facts", JSONB),
    Column("chain", SmallInteger),
    Column("number", BigInteger),
    Column("hash", LargeBinary),
)

audit_chains = Table(
    "audit_chains",
    chassis,
    Column("chain", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger),
    Column("hash", LargeBinary),
)

idempotency = Table(
    "idempotency",
    chassis,
    Column("key", Text, primary_key=True),
    Column("actor", Text, primary_key=True),
    Column("fingerprint", Text),
    Column("status", Integer),
    Column("body", JSONB),
    Column("created_at", _INSTANT),
)

erased = Table(
    "erased",
    chassis,
    Column("id", Uuid, primary_key=True),
    Column("erased_at", _INSTANT),
)

key_rotations = Table(
    "key_rotations",
    chassis,
    Column("place", Text, primary_key=True),
    Column("key_id", Text),
    Column("after", JSONB),
    Column("at", _INSTANT),
)
