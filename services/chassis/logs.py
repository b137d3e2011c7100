"""Logs: one JSON object a line on standard output. Exceptions are named and located, never quoted:
their messages can hold what a patient wrote."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(service: str, level: int = logging.INFO) -> None:
    """Route structlog and the standard library's loggers to one JSON stream."""
    structlog.configure(
        processors=[*_SHARED, _locate, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_quotes,
                _locate,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _without_quotes(logger: Any, method: str, event: EventDict) -> EventDict:
    """A library's own record: where it was written, not what it quotes."""
    record = event.pop("_record", None)
    if record is not None:
        event["event"] = str(record.msg).split("%", 1)[0][:80]
        event["logger"] = record.name
    return event


def _locate(logger: Any, method: str, event: EventDict) -> EventDict:
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if info and info[0]:
        event["error"] = info[0].__name__
        event["where"] = [f"{f.filename.rsplit('/', 1)[-1]}:{f.lineno}" for f in traceback.extract_tb(info[2])[-6:]]
    return event
