"""Planning for a full clinic, beside OR-Tools CP-SAT and a weekly repeat that skips conflicts.

`BENCH_CPSAT_SECONDS` limits CP-SAT (60 unless told, 0 leaves it out); it has both cores and one instance.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

from bench.instances import realistic
from bench.weekly import repeat
from services.booking.planner import Problem, plan

ROUNDS, ROUNDS_LARGE = 60, 3
LARGE = {"visits": 24, "therapists": 100, "rooms": 50, "days": 365}
ANY_GAP = {"gap_days": {"min": 1, "max": 366}, "first_by": None}
"""For the price of a series that does not keep the prescription."""
CPSAT_SECONDS = float(os.environ.get("BENCH_CPSAT_SECONDS", "60"))


def measure(say: Callable[[str], None]) -> dict[str, float]:
    say("planning 12 visits over 20 therapists, 10 rooms, 90 days; 24 over 100 and 365")
    given = [realistic(seed) for seed in range(ROUNDS)]
    problems = [Problem.from_json(each) for each in given]
    plan(problems[0])
    timed = [_timed(plan, problem) for problem in problems]
    milliseconds = sorted(ms for _, ms in timed)
    return {
        "plan_ms_median": statistics.median(milliseconds),
        "plan_ms_p95": milliseconds[int(len(milliseconds) * 0.95) - 1],
        "plan_large_ms": _large(),
        **_weekly(given),
        **_cp_sat(given[0], timed[0][0].cost, say),
    }


def _large() -> float:
    """The slowest of a few."""
    problems = [Problem.from_json(realistic(seed, **LARGE)) for seed in range(ROUNDS_LARGE)]
    return max(_timed(plan, problem)[1] for problem in problems)


def _weekly(given: list[dict[str, Any]]) -> dict[str, float]:
    """What the repeat comes to: its visits of those asked for, how often it is as prescribed, and what it costs beside
    the best series of as many visits."""
    timed = [_timed(repeat, each) for each in given]
    found = [({**each, "visits": len(visits)}, kept(visits)) for each, (visits, _) in zip(given, timed, strict=True)]
    found = [(each, stay) for each, stay in found if stay]
    lawful = [1 for each, stay in found if len(stay) == given[0]["visits"] and _cost(each, stay) is not None]
    ratios = [(_cost({**each, **ANY_GAP}, stay) or 0) / (_cost(each, {}) or 1) for each, stay in found]
    return {
        "plan_ms_median_plain": statistics.median(ms for _, ms in timed),
        "plan_visits_share_plain": sum(len(stay) for _, stay in found) / sum(each["visits"] for each in given),
        "plan_as_prescribed_share_plain": len(lawful) / len(given),
        "plan_cost_plain_to_optimum": statistics.mean(ratios),
    }


def kept(visits: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """A series as the planner takes visits that stay as they are."""
    return {str(n): {name: v[name] for name in ("date", "start", "therapist", "room")} for n, v in enumerate(visits, 1)}


def _cost(given: dict[str, Any], stay: dict[str, dict[str, Any]]) -> int | None:
    return plan(Problem.from_json({**given, "kept": stay, "alternatives": 0})).cost


def _cp_sat(given: dict[str, Any], optimum: int | None, say: Callable[[str], None]) -> dict[str, float]:
    if not CPSAT_SECONDS or not optimum:
        return {}
    # only now, because it needs memory that the stack's own figures should not show
    from tests.booking.solver import race

    say(f"the first of them by OR-Tools CP-SAT, at most {CPSAT_SECONDS:.0f} s")
    found = race(given, CPSAT_SECONDS, workers=os.cpu_count() or 1)
    said = {"plan_cpsat_s": found.seconds, "plan_cpsat_proved": float(found.proven)}
    return said if found.cost is None else {**said, "plan_cpsat_cost_to_optimum": found.cost / optimum}


def _timed(act: Any, problem: Any) -> tuple[Any, float]:
    began = time.perf_counter()
    answer = act(problem)
    return answer, (time.perf_counter() - began) * 1000
