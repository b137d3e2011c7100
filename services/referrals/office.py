"""What every door needs: the body as JSON, today at the practice, the vault, the answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, jsonify, request
from flask_smorest import Blueprint
from marshmallow import Schema, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.care.contraindications import Table
from services.chassis import versions
from services.chassis.api import runtime
from services.chassis.refusals import Invalid, Refusal
from services.chassis.vault import Vault
from services.referrals.intake.rules import Calendar
from services.referrals.models import Referral
from services.referrals.settings import Settings
from services.referrals.settings import vault as vault_of
from services.referrals.view import detailed
from services.referrals.whose import own


class NotJson(Refusal):
    status = 400
    message = "The body is not JSON."


def settings() -> Settings:
    return cast(Settings, runtime().settings)


def vault() -> Vault:
    return vault_of(runtime())


def calendar(now: datetime) -> Calendar:
    return Calendar.at(now, ZoneInfo(settings().timezone), settings().valid_days)


def table() -> Table:
    """The clinic's, of contraindications."""
    return settings().contraindications


@contextmanager
def acting_on(referral_id: UUID) -> Iterator[Session]:
    """A transaction for an act on one referral, which heeds If-Match. Raises `StaleVersion`."""
    seen = versions.expected()
    with runtime().sessions.begin() as session:
        if seen is not None:
            standing = select(Referral.version).where(Referral.id == referral_id, own())
            version = session.scalar(standing.with_for_update(key_share=True))
            versions.heed(seen, seen if version is None else version)
        yield session


def answer(referral: Referral, status: int = 200) -> Response:
    """The whole referral, opened."""
    response = jsonify(detailed(referral, vault(), table()))
    response.status_code = status
    response.headers["ETag"] = versions.tag(referral.version)
    if status == 201:
        response.headers["Location"] = address(referral)
    return response


def address(referral: Referral) -> str:
    return f"/api/referrals/{referral.id}"


def json_body() -> Any:
    """The request's body. Raises `NotJson`, also for what is nested too deeply, or has NaN in it."""
    try:
        return json.loads(request.get_data(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise NotJson from None


def json_object() -> dict[str, Any]:
    """The request's body, an object. Raises `NotJson`, `Invalid`."""
    document = json_body()
    if not isinstance(document, dict):
        raise Invalid(_schema=["Invalid input type."])
    return document


def _no_number(text: str) -> NoReturn:
    raise ValueError("not a number of JSON")


def takes(blueprint: Blueprint, schema: Any, *, required: bool = True) -> Any:
    """What the view reads from the body by itself, for the description of the interface."""
    return blueprint.doc(requestBody={"required": required, "content": {"application/json": {"schema": schema}}})


def load(schema: Schema, document: Any) -> dict[str, Any]:
    """Raises `Invalid` with the errors by field."""
    try:
        loaded: dict[str, Any] = schema.load(document)
    except ValidationError as error:
        raise Invalid(**error.messages_dict) from None
    return loaded
