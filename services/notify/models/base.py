"""What every table of notify starts from."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, LargeBinary, Text, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

from services.chassis import database
from services.chassis.ids import new_id


class Base(DeclarativeBase):
    metadata = database.metadata()
    type_annotation_map = {  # noqa: RUF012
        str: Text,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
        UUID: Uuid,
        list[int]: ARRAY(Integer),
        list[datetime]: ARRAY(DateTime(timezone=True)),
        list[dict[str, Any]]: JSONB,
        dict[str, Any]: JSONB,
    }


def id_() -> Any:
    return mapped_column(primary_key=True, default=new_id)


def now_() -> Any:
    return mapped_column(server_default=func.fascia_now())
