"""`make bench`: figures beside those of a plain equivalent in the same run, on the screen and in `var/bench.json`.

`python -m bench PART …` measures some parts again and leaves the other figures as they were.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import (
    attempts,
    hooks,
    importing,
    intake,
    memory,
    planning,
    plans_over_http,
    relay,
    sending,
    sending_table,
    series,
)
from services.local import ROOT, ports
from services.local.commands import make_token
from services.local.postgres import Postgres
from services.local.stack import Stack

Figures = dict[str, float]

ON_POSTGRES: dict[str, Callable[[Postgres, Callable[[str], None]], Figures]] = {
    "plans": plans_over_http.measure,
    "attempts": attempts.measure,
    "intake": intake.measure,
    "importing": importing.measure,
    "hooks": hooks.measure,
}
PARTS = ("planning", *ON_POSTGRES, "sending", "stack")

TARGETS = {
    "relay_events_per_s": ("≥", 5000),
    "commit_to_consumed_ms_p50": ("≤", 25),
    "book_series_ms_p50": ("≤", 40),
    "booking_acts_per_s": ("≥", 500),
    "plan_from_database_ms_p50": ("≤", 60),
    "plan_from_database_ms_p99": ("≤", 120),
    "plan_ms_median": ("≤", 30),
    "plan_ms_p95": ("≤", 50),
    "plan_large_ms": ("≤", 1000),
    "sending_fascia_handed_over_in_s": ("≤", 60),
    "sending_fascia_lost_after_20_kills": ("≤", 0),
    "sending_fascia_duplicated_after_20_kills": ("≤", 0),
    "claim_rows_per_s": ("≥", 5000),
    "hook_status_ms_p95": ("≤", 200),
    "hook_reply_ms_p95": ("≤", 200),
    "hook_100_delivered_ms_p95": ("≤", 200),
    "hook_100_bounced_ms_p95": ("≤", 200),
    "hook_100_unsubscribed_ms_p95": ("≤", 200),
    "plan_messages_of_series_ms_p50": ("≤", 20),
    "fhir_bundles_per_s": ("≥", 100),
    "import_rows_per_s": ("≥", 300),
    "import_peak_mb": ("≤", 200),
    "import_more_mb_for_ten_times_the_rows": ("≤", 10),
    "largest_process_mb": ("≤", 120),
    "stack_mb": ("≤", 1200),
}


def figures(console: Console, parts: tuple[str, ...] = PARTS) -> Iterator[Figures]:
    say = console.print
    if "planning" in parts:
        yield planning.measure(say)
    with Postgres(ROOT / "var" / "bench-postgres", databases=()) as postgres:
        for name in [name for name in ON_POSTGRES if name in parts]:
            yield ON_POSTGRES[name](postgres, say)
    if "sending" in parts:
        yield from sending.measure(say)
    if "stack" in parts:
        yield from _of_a_stack(say)


def _of_a_stack(say: Callable[[str], None]) -> Iterator[Figures]:
    with Stack(ROOT / "var" / "bench", port=ports.free(1)[0], say=say) as stack:
        say("memory of the idle stack; then forty series through the door; then the relay")
        yield memory.measure(stack)
        yield series.measure(stack, make_token(stack, "admin"))
        yield relay.measure(stack.broker.add_vhost("bench-relay"), stack.postgres)


def main(path: Path = ROOT / "var" / "bench.json") -> None:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parts = tuple(parser.parse_args().parts) or PARTS
    if unknown := [name for name in parts if name not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}; choose of {', '.join(PARTS)}")
    console = Console()
    found: Figures = json.loads(path.read_text()) if path.exists() and parts != PARTS else {}
    began = time.monotonic()
    for part in figures(console, parts):
        found |= part
        for name in part:
            console.print(f"  {name}: {part[name]:,.1f}")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({name: round(value, 3) for name, value in sorted(found.items())}, indent=1) + "\n")
    console.print(_table(found))
    if "sending" in parts:
        console.print(sending_table.of(found))
    console.print(f"written to {path}, after {time.monotonic() - began:,.0f} s")


def _table(found: dict[str, float]) -> Table:
    table = Table(title="Fascia, and a plain equivalent in the same run", title_justify="left")
    for name in ("figure", "Fascia", "plain", "target", ""):
        table.add_column(name, justify="left" if name == "figure" else "right")
    for name, (sign, target) in TARGETS.items():
        if name not in found:
            continue
        value, plain = found[name], found.get(f"{name}_plain")
        good = value >= target if sign == "≥" else value <= target
        plain_text = f"{plain:,.1f}" if plain is not None else ""
        table.add_row(name, f"{value:,.1f}", plain_text, f"{sign} {target:,}", "[green]✓[/]" if good else "[red]✗[/]")
    return table


if __name__ == "__main__":
    main()
