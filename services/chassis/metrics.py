"""Prometheus metrics: request counts and durations, and what waits in the database, read when asked."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, text

_WAITING = {
    "fascia_outbox_events": ("Events waiting to be published.", "SELECT 'all', count(*) FROM outbox"),
    "fascia_inbox_events": (
        "Events waiting for another attempt, or for a person.",
        "SELECT state, count(*) FROM inbox WHERE state <> 'done' GROUP BY state",
    ),
}

Counts = dict[str, tuple[str, str]]
"""Metric name → (help, query of (label, count) rows)."""


class DatabaseCounts(Collector):
    """Gauges that are counted at scrape time, so that every replica tells the same."""

    def __init__(self, engine: Engine, more: Counts) -> None:
        self._engine = engine
        self._queries = {**_WAITING, **more}

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        with self._engine.connect() as connection:
            for name, (help_text, query) in self._queries.items():
                gauge = GaugeMetricFamily(name, help_text, labels=["state"])
                for row in connection.execute(text(query)):
                    gauge.add_metric([row[0]], row[1])
                yield gauge


class RequestMetrics:
    """Counts by endpoint, method and status; never by path, which holds ids."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ["endpoint", "method", "status"]
        self._count = Counter("fascia_requests", "HTTP requests.", labels, registry=registry)
        self._seconds = Histogram("fascia_request_seconds", "HTTP request durations.", ["endpoint"], registry=registry)

    def observe(self, endpoint: str, method: str, status: int, seconds: float) -> None:
        self._count.labels(endpoint, method, str(status)).inc()
        self._seconds.labels(endpoint).observe(seconds)


def registry(engine: Engine, more: Counts) -> tuple[CollectorRegistry, RequestMetrics]:
    made = CollectorRegistry()
    made.register(DatabaseCounts(engine, more))
    return made, RequestMetrics(made)
