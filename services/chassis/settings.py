"""Settings, read once from the environment into a frozen dataclass.

`NAME` is read first, then `NAME_FILE` (a path whose content is the value, for secrets). Every
mistake is named at once. Values stay text until a field's own parser reads them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class SettingsError(Exception):
    """Names every missing or malformed setting."""


def setting(name: str, *, default: Any = dataclasses.MISSING, parse: Callable[[str], Any] = str) -> Any:
    """Declare a field read from `name`; `{SERVICE}` in it stands for the service's name."""
    return dataclasses.field(default=default, metadata={"name": name, "parse": parse})


def flag(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in words:
        raise ValueError("say true or false")
    return words[text.lower()]


def words(text: str) -> tuple[str, ...]:
    """A comma-separated list."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def load(cls: type[T], environ: Mapping[str, str], service: str) -> T:
    """Read `cls` for one service. Raises `SettingsError`, naming every mistake."""
    mistakes: list[str] = []
    values: dict[str, Any] = {}
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        name = field.metadata["name"].replace("{SERVICE}", service.upper())
        try:
            text = _text(name, environ)
            if text is not None:
                values[field.name] = field.metadata["parse"](text)
            elif field.default is dataclasses.MISSING:
                mistakes.append(f"{name} is not set")
        except (ValueError, OSError) as error:
            mistakes.append(f"{name}: {error}")
    if mistakes:
        raise SettingsError("; ".join(mistakes))
    return cls(**values)


def _text(name: str, environ: Mapping[str, str]) -> str | None:
    if name in environ:
        return environ[name]
    path = environ.get(f"{name}_FILE")
    return Path(path).read_text().strip() if path else None


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """What every service needs; a service adds its own fields."""

    database_url: str = setting("{SERVICE}_DATABASE_URL")
    database_pool: int = setting("{SERVICE}_DATABASE_POOL", default=10, parse=int)
    amqp_url: str = setting("AMQP_URL")
    identity_public_key: str = setting("IDENTITY_PUBLIC_KEY")
    seal_keys: tuple[str, ...] = setting("SEAL_KEYS", parse=words)
    public_url: str = setting("PUBLIC_URL", default="http://127.0.0.1:8080")
    clock_movable: bool = setting("CLOCK_MOVABLE", default=False, parse=flag)
    prefetch: int = setting("{SERVICE}_PREFETCH", default=8, parse=int)
