"""Planning twelve visits over twenty therapists and ninety days, beside a weekly repeat that skips conflicts."""

from __future__ import annotations

import statistics
import time
from typing import Any

from bench.instances import realistic
from bench.weekly import repeat
from services.booking.planner import Problem, plan

ROUNDS = 20


def measure() -> dict[str, float]:
    problems = [Problem.from_json(realistic(seed)) for seed in range(ROUNDS)]
    timed = [_timed(plan, problem) for problem in problems]
    plain = [_timed(repeat, realistic(seed)) for seed in range(ROUNDS)]
    milliseconds = sorted(ms for _, ms in timed)
    ratios = [_to_optimum(seed, plain[seed][0], timed[seed][0].cost) for seed in range(ROUNDS)]
    kept_rules = [ratio for ratio in ratios if ratio]
    cost = {"plan_cost_plain_to_optimum": statistics.mean(kept_rules)} if kept_rules else {}
    return {
        **cost,
        "plan_ms_median": statistics.median(milliseconds),
        "plan_ms_p95": milliseconds[int(len(milliseconds) * 0.95) - 1],
        "plan_ms_median_plain": statistics.median(ms for _, ms in plain),
        "plan_share_of_plain_series_against_the_rules": 1 - len(kept_rules) / ROUNDS,
    }


def _to_optimum(seed: int, visits: list[dict[str, Any]], optimum: int | None) -> float | None:
    """How many times the optimum's cost a plain series has; None when it is too short or breaks the prescription."""
    if not visits or not optimum:
        return None
    kept = {str(n): {name: v[name] for name in ("date", "start", "therapist", "room")} for n, v in enumerate(visits, 1)}
    cost = plan(Problem.from_json({**realistic(seed), "kept": kept})).cost
    return cost / optimum if cost is not None else None


def _timed(act: Any, problem: Any) -> tuple[Any, float]:
    began = time.perf_counter()
    answer = act(problem)
    return answer, (time.perf_counter() - began) * 1000
