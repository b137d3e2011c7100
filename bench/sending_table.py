"""Fascia's sending beside Celery's, on the screen."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table

SENDERS = {"fascia": "Fascia", "celery_eta": "Celery, a task with an ETA each", "celery_beat": "Celery, beat polls"}
COLUMNS = {
    "handed_over_per_s": "texts/s",
    "p99_due_to_handed_s": "p99 late, s",
    "cpu_ms_for_each": "core ms each",
    "lost": "lost",
    "duplicated": "twice",
    "lost_after_20_kills": "lost, 20 kills",
    "duplicated_after_20_kills": "twice, 20 kills",
}
CAPTION = """The same reminders, workers, concurrency, provider and machine. What Celery's tasks do not do: keep to
consent, quiet hours and caps, write an audit, seal names and numbers, find out what became of an unknown send, or
leave a reminder unsent whose visit was moved. Its ETAs are seconds ahead here: RabbitMQ closes the channel of a worker
that keeps a task, as an ETA does, unacknowledged for 30 minutes, unless told to wait longer (celery/celery#6760)."""


def of(found: Mapping[str, float]) -> Table:
    table = Table(title="Reminders, sent", title_justify="left", caption=CAPTION, caption_justify="left")
    for name in ("", *COLUMNS.values()):
        table.add_column(name, justify="right" if name else "left")
    for sender, shown in SENDERS.items():
        figures = {column: found[f"sending_{sender}_{column}"] for column in COLUMNS}
        table.add_row(shown, *(_written(column, value) for column, value in figures.items()))
    return table


def _written(column: str, value: float) -> str:
    return f"{value:,.0f}" if column.startswith(("lost", "duplicated", "handed")) else f"{value:,.1f}"
