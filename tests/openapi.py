"""Sending a service everything that its own description allows, and what it does not allow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode
from sqlalchemy import Engine, text

NOT_FUZZED = ("/clock",)
"""What would change how everything after it behaves."""


Token = Callable[[], str]
"""A fresh one for each request: they hold a minute."""


def operations(app: Flask, path: str) -> Iterator[Any]:
    """Each operation of the document at `path`, as Schemathesis knows it."""
    schema = schemathesis.openapi.from_wsgi(path, app)
    found = sorted((one.ok() for one in schema.get_all_operations()), key=lambda one: (one.path, one.method))
    return (one for one in found if not one.path.endswith(NOT_FUZZED))


def counted(engine: Engine) -> dict[str, int]:
    """The rows of every table."""
    with engine.connect() as connection:
        tables = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        together = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM \"{table}\"" for table in tables)
        return {row[0]: row[1] for row in connection.execute(text(together))}


def assail(operation: Any, engine: Engine, token: Token, ids: Mapping[str, Sequence[str]], examples: int) -> set[int]:
    """Send so many requests, some of them sound; the statuses that came back.

    `ids`: name of a path's parameter → what exists. Nothing is a failure of ours, and what is refused writes nothing.
    """
    sound = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    spoiled = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    seen: set[int] = set()
    quick = settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip

    @seed(20261122)
    @quick
    @given(sound | spoiled, st.data())
    def attack(case: Any, data: Any) -> None:
        for name in set(case.path_parameters or {}) & set(ids):
            if data.draw(st.booleans()):
                case.path_parameters[name] = data.draw(st.sampled_from(ids[name]))
        seen.add(_answered(case, engine, token))

    attack()
    return seen


def _answered(case: Any, engine: Engine, token: Token) -> int:
    before = counted(engine)
    case.headers = {name: value for name, value in (case.headers or {}).items() if name.lower() != "authorization"}
    status: int = case.call(headers={"Authorization": f"Bearer {token()}"}).status_code
    told = f"{case.method} {case.formatted_path} {case.query!r} {case.body!r} -> {status}"
    assert status < 500, told
    assert status != 401, told
    if status >= 400:
        assert counted(engine) == before, told
    return status


def failures(found: Iterator[Any], send: Callable[[Any], object]) -> list[str]:
    """What went wrong, one for each operation: all of it is told, not the first alone."""
    wrong = []
    for operation in found:
        try:
            send(operation)
        except AssertionError as error:
            wrong.append(f"{operation.label}: {str(error)[:600]}")
    return wrong
