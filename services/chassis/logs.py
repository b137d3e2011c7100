"""Logs: one JSON object a line on standard output. Exceptions are named and located, never quoted:
their messages can hold what a patient wrote."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict

_STAMPS: list[Any] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(service: str, level: int = logging.INFO) -> None:
    """Route structlog and the standard library's loggers to one JSON stream."""

    def name_service(logger: Any, method: str, event: EventDict) -> EventDict:
        return {**event, "service": service}

    to_line: list[Any] = [_locate, name_service, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*_STAMPS, *to_line],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_without_quotes, *_STAMPS],
        pass_foreign_args=True,
        processors=[remove_meta, *to_line],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _without_quotes(logger: Any, method: str, event: EventDict) -> EventDict:
    """A library's own record: its template if it has one, and where it was written, not what it quotes."""
    record = event["_record"]
    event["event"] = str(record.msg)[:100] if event.pop("positional_args") else "library"
    event["logger"] = record.name
    event["where"] = [f"{record.filename}:{record.lineno}"]
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
