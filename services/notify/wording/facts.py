"""What a message tells: one query for a batch of them, then the facts of each in its reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, case, exists, func, literal_column, select
from sqlalchemy.orm import Session, defer

from services.notify.models import Choice, Clinic, Contact, Message, Offer, Referral, Renewal, Series, Visit, VisitAct
from services.notify.wording import words
from services.notify.wording.locales import day, time

STILL = ("booked", "confirmed", "arrived")


@dataclass(frozen=True, slots=True)
class House:
    """The clinic, and now."""

    name: str
    email: str
    phone: str
    address: str
    language: str
    timezone: str
    full_content: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Known:
    message: Message
    phone: str | None
    """Sealed, as `email`."""
    email: str | None
    language: str
    reference: str | None
    visits: int | None
    first_at: datetime | None
    last_at: datetime | None
    number: int | None
    of: int | None
    status: str | None
    visit_zone: str | None
    offer_zone: str | None
    answer_by: datetime | None
    place: str | None
    """Where the visit is, if its last act says so."""
    to_come: bool | None
    """Whether any visit of the series is; asked only where it matters."""
    choices: list[datetime] | None
    all_confirmed: bool | None
    """Every visit that it covers."""
    limits: list[str] | None = None
    """Of a renewal: `few_visits`, `ends_soon`, or both."""


def house(session: Session) -> House:
    names = (Clinic.name, Clinic.email, Clinic.phone, Clinic.address, Clinic.language, Clinic.timezone)
    one = session.execute(select(*names, Clinic.messages, func.fascia_now().label("now")).limit(1)).one()
    told = {name: getattr(one, name) for name in House.__dataclass_fields__ if name != "full_content"}
    return House(**told, full_content=bool((one.messages or {}).get("full_content")))


def known(session: Session, ids: Sequence[UUID]) -> list[Known]:
    acts = select(VisitAct.place).where(VisitAct.visit_id == Message.session_id)
    place = acts.order_by(VisitAct.version.desc()).limit(1).scalar_subquery()
    to_come = exists().where(Visit.series_id == Message.series_id, Visit.status.in_(STILL)).correlate(Message)
    found = select(Choice.times).where(Choice.visit_id == Message.session_id, Choice.asked_at == Message.happened_at)
    advised = (Renewal.order_id == Message.subject_id, Renewal.advised_at == Message.happened_at)
    limits = select(func.array_agg(Renewal.reason)).where(*advised).correlate(Message)
    rows: Any = session.execute(
        select(
            Message, Contact.phone, Contact.email, Contact.language, Referral.reference,
            Series.visits, Series.first_at, Series.last_at,
            Visit.number, Visit.of_visits, Visit.status, Visit.timezone, Offer.timezone, Offer.answer_by, place,
            case((Message.kind == "visits_changed", to_come)),
            case((Message.kind.in_(("other_times", "time_gone")), found.scalar_subquery())),
            case((func.jsonb_typeof(Message.covers) == "array", _ALL_CONFIRMED)),
            case((Message.kind == "renewal_request", limits.scalar_subquery())),
        )
        .join(Contact, Contact.id == Message.recipient)
        .outerjoin(Referral, Referral.id == Message.referral_id)
        .outerjoin(Series, Series.id == Message.series_id)
        .outerjoin(Visit, Visit.id == Message.session_id)
        .outerjoin(Offer, Offer.id == Message.subject_id)
        .where(Message.id.in_(ids))
        .options(defer(Message.trail))
        .execution_options(populate_existing=True)
    )  # fmt: skip
    return [Known(*row) for row in rows]


_ALL_CONFIRMED = literal_column(
    "(SELECT bool_and(status <> 'booked') FROM visits AS covered WHERE covered.id IN"
    " (SELECT CAST(one ->> 'session_id' AS uuid) FROM jsonb_array_elements(messages.covers) AS one))",
    Boolean,
)


def facts(one: Known, clinic: House, language: str) -> dict[str, Any]:
    """By the names that templates use; an e-mail has room for whole names of days."""
    message = one.message
    zone = ZoneInfo(one.visit_zone or one.offer_zone or clinic.timezone)
    length: Any = "short" if message.channel == "text" else "full"
    told: dict[str, Any] = {
        "clinic": clinic.name, "clinic_address": clinic.address, "phone": words.phone(clinic.phone),
        "by": message.by, "to_come": one.to_come, "reference": one.reference,
        "home": one.place == "home", "address": None if one.place == "home" else one.place,
        "number": one.number, "of": one.of, "visits": one.visits, "report": None, "calendar": False,
        **{limit: limit in (one.limits or ()) for limit in ("few_visits", "ends_soon")},
    }  # fmt: skip

    def tell(name: str, at: datetime | None) -> None:
        if at:
            told[f"{name}day"], told[f"{name}time"] = day(at, zone, language, length), time(at, zone, language)

    covered = sorted(datetime.fromisoformat(visit["starts_at"]) for visit in message.covers or ())
    starts_at = covered[0] if covered else message.starts_at or one.first_at
    tell("", starts_at)
    tell("was_", message.was_at)
    tell("last_", one.last_at)
    tell("by_", one.answer_by)
    told["times"] = [time(at, zone, language) for at in covered or filter(None, [starts_at])]
    told["confirmed"] = one.all_confirmed if covered else one.status == "confirmed"
    told["choices"] = [_choice(at, zone, language, message.channel) for at in one.choices or ()]
    return told


def _choice(at: datetime, zone: ZoneInfo, language: str, channel: str) -> str:
    if channel == "text":
        return f"{day(at, zone, language, 'tiny')} {time(at, zone, language)}"
    return f"{day(at, zone, language, 'full')}, {time(at, zone, language)}"
