"""The safety gate: contraindications × pressure ceilings × what the therapist is certified for.

It is asked at the review, at booking and on the day. Whoever looks may add to what is known, never take away:
of several limits the strictest holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from services.care.certifications import certifications_needed
from services.care.contraindications import Contraindication, Table

Source = Literal["order", "review", "diagnosis", "today"]
"""Who says so: the referral, the therapist's review, a diagnosis that implies it, the look on the day."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`kind` is the class of the table, or `unknown` for a code that the table no longer has."""

    code: str
    kind: Literal["absolute", "local", "modify", "unknown"]
    sentence: str
    source: Source
    scope: str | None = None
    max_pressure: int | None = None
    position: str | None = None
    max_minutes: int | None = None
    certification: str | None = None
    provenance: tuple[str, ...] = ()
    disagree: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "class": self.kind,
            "sentence": self.sentence,
            "source": self.source,
            "scope": self.scope,
            "max_pressure": self.max_pressure,
            "position": self.position,
            "max_minutes": self.max_minutes,
            "certification": self.certification,
            "provenance": list(self.provenance),
            "disagree": self.disagree,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the gate says. `blocked`: stop, contact the physician. Pressure is 1 to 5 (Walton)."""

    table_version: int
    blocked: tuple[Finding, ...] = ()
    constraints: tuple[Finding, ...] = ()
    pressure_ceiling: int | None = None
    max_minutes: int | None = None
    certifications: frozenset[str] = frozenset()
    """All that a therapist needs."""
    lacking: frozenset[str] = frozenset()
    """Of those, what the therapist at hand does not hold; empty when no therapist was named."""

    @property
    def passes(self) -> bool:
        return not self.blocked and not self.lacking

    @property
    def avoid(self) -> tuple[str, ...]:
        """Sites to leave out."""
        return tuple(one.scope for one in self.constraints if one.kind == "local" and one.scope)

    @property
    def positions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.position for one in self.constraints if one.position))

    def shorter_than(self, minutes: int) -> tuple[Finding, ...]:
        """What allows no session as long as that."""
        return tuple(one for one in self.constraints if one.max_minutes is not None and one.max_minutes < minutes)

    def to_json(self) -> dict[str, Any]:
        return {
            "version": self.table_version,
            "blocked": [one.to_json() for one in self.blocked],
            "constraints": [one.to_json() for one in self.constraints],
            "pressure_ceiling": self.pressure_ceiling,
            "max_minutes": self.max_minutes,
            "avoid": list(self.avoid),
            "positions": list(self.positions),
            "certifications_needed": sorted(self.certifications),
            "certifications_lacking": sorted(self.lacking),
        }


def judge(
    table: Table,
    said: Iterable[tuple[str, Source]],
    *,
    ceilings: Iterable[int | None] = (),
    conditions: Collection[str] = (),
    certifications: Collection[str] | None = None,
) -> Findings:
    """What holds for a patient.

    `said` are codes with who says so, the first to say it counts; `ceilings` are the pressures that physician and
    therapist allow; `conditions` are ICD-10-CM codes or categories; `certifications` are those that the therapist
    holds, None while no therapist is named.
    """
    sources: dict[str, Source] = {}
    for code, source in said:
        sources.setdefault(code, source)
    findings = [_finding(table.get(code), code, source) for code, source in sources.items()]
    needed = certifications_needed(conditions, sources.keys(), table)
    return Findings(
        table_version=table.version,
        blocked=tuple(one for one in findings if one.kind == "absolute"),
        constraints=tuple(one for one in findings if one.kind != "absolute"),
        pressure_ceiling=_strictest([*ceilings, *(one.max_pressure for one in findings)]),
        max_minutes=_strictest(one.max_minutes for one in findings),
        certifications=needed,
        lacking=frozenset() if certifications is None else needed - frozenset(certifications),
    )


def _finding(entry: Contraindication | None, code: str, source: Source) -> Finding:
    if entry is None:
        return Finding(code, "unknown", "The clinic's table no longer lists this. The therapist decides.", source)
    return Finding(
        code,
        entry.kind,
        f"{entry.says} {_ADVICE[entry.kind]}".strip(),
        source,
        entry.scope,
        entry.max_pressure,
        entry.position,
        entry.max_minutes,
        entry.certification,
        entry.sources,
        entry.disagree,
    )


_ADVICE = {"absolute": "Stop, and contact the physician.", "local": "Avoid the site.", "modify": ""}


def _strictest(limits: Iterable[int | None]) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)
