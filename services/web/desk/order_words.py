"""What is said of an order: how it stands, why a visit is not covered, what would let more visits fit. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.web.wording import day, words

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
OVER = frozenset({"ended", "expired"})
"""Flags of orders under which nothing is booked any more."""
_FLAGS = {
    "expired": "Its last day is over.",
    "few_visits": "Few visits are left. If the patient needs more, the physician has to renew it.",
    "ends_soon": "It ends soon.",
}
_ENDED = {
    "withdrawn": "The physician withdrew it.",
    "expired": "Its last day is over.",
    "closed": "The practice is done with it.",
}
WHY = {
    "order_ended": "the order is over",
    "too_many": "it is one more than the order has",
    "too_early": "it is before the order begins",
    "too_late": "it is after the order's last day",
    "starts_late": "the physician wants the first visit sooner",
    "length": "it is not as long as the order says",
    "place": "it is not where the order says: at home, or at the practice",
}


def flags(order: Mapping[str, Any]) -> list[str]:
    """What to know before planning; how it ended says more than that it did."""
    ended = [_ENDED.get(order["ended_how"], "It is over.")] if order["ended_how"] else []
    known = [one for one in order["flags"] if one in _FLAGS and not (ended and one == "expired")]
    return [*ended, *(_FLAGS[one] for one in known)]


def can_be_booked(order: Mapping[str, Any]) -> bool:
    return order["remaining"] > 0 and OVER.isdisjoint(order["flags"])


def often(terms: Mapping[str, Any]) -> str:
    """`6 visits of 30 minutes, 2 in 7 days, until Feb 15, 2027`"""
    visits = terms["visits"]
    every = f"{terms['cadence_visits']} in {terms['cadence_days']} days"
    where = ", at the patient's home" if terms["home_visit"] else ""
    by = f", the first by {day(terms['start_by'])}" if terms["start_by"] else ""
    return (
        f"{visits} visit{'' if visits == 1 else 's'} of {terms['session_minutes']} minutes, {every}"
        f"{where}{by}, until {day(terms['valid_until'])}"
    )


def fits(forecast: Mapping[str, Any]) -> str:
    """Whether what is left can still be had in the order's rhythm."""
    left, fitting = forecast["ledger"]["remaining"], forecast["fits"]
    if not left:
        return "No visit is left to book."
    if fitting >= left:
        last = f", the last on {day(forecast['last_on'])} when all goes well" if forecast["last_on"] else ""
        return f"All {left} that are left still fit before its end{last}." if left > 1 else f"The last one fits{last}."
    return f"Only {fitting} of the {left} that are left still fit before its end."


@dataclass(frozen=True, slots=True)
class Way:
    """`visits` fit when `what` is allowed; `wish` asks for it, None where it is the physician who would have to."""

    visits: int
    what: str
    wish: dict[str, Any] | None


def ways(relaxations: list[dict[str, Any]]) -> list[Way]:
    return [Way(one["visits"], *told) for one in relaxations for told in _way(one["change"], one.get("within_order"))]


def _way(change: Mapping[str, Any], within: Any) -> Iterator[tuple[str, dict[str, Any] | None]]:
    ask = "" if within else ", if the physician amends the order"
    if latest := change.get("latest"):
        yield f"visits until {day(latest)}{ask}", {"latest": latest} if within else None
    if first_by := change.get("first_by"):
        yield f"a first visit by {day(first_by)}{ask}", None
    if gap := change.get("gap_days"):
        yield f"up to {gap['max']} days between two visits{ask}", None
    if minutes := change.get("session_minutes"):
        yield f"visits of {minutes} minutes{ask}", None
    if "patient" in change:
        yield _possible(change["patient"]["possible"])


def _possible(windows: list[dict[str, Any]] | None) -> tuple[str, dict[str, Any] | None]:
    if windows is None:
        return "any day and any time", {"weekdays": [], "begins": "", "ends": ""}
    said = "; ".join(f"{' '.join(WEEKDAYS[one] for one in each['weekdays'])} {_hours(each)}" for each in windows)
    if len(windows) != 1:
        return said, None
    [one] = windows
    return said, {"weekdays": one["weekdays"], "begins": one["from"], "ends": one["to"]}


def _hours(window: Mapping[str, Any]) -> str:
    return f"{window['from']}–{window['to']}"


def reasons(found: list[dict[str, Any]]) -> str:
    """Why somebody may treat, or may not: `licensed, experienced`."""
    return ", ".join(words(one["code"]) for one in found)
