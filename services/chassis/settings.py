"""Settings, read once from the environment into a frozen dataclass.

`NAME` is read first, then `NAME_FILE` (a path whose content is the value, for secrets); empty is
the same as not set. Every mistake is named at once. Values stay text until a field's own parser reads them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from services.chassis import seal

T = TypeVar("T")


class SettingsError(Exception):
    """Names every missing or malformed setting."""


def setting(name: str, *, default: Any = dataclasses.MISSING, parse: Callable[[str], Any] = str) -> Any:
    """Declare a field read from `name`; `{SERVICE}` in it stands for the service's name."""
    return dataclasses.field(default=default, metadata={"name": name, "parse": parse})


def flag(text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off"):
        return False
    raise ValueError("say true or false")


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
            text = read(name, environ)
            if text is not None:
                values[field.name] = field.metadata["parse"](text)
            elif field.default is dataclasses.MISSING:
                mistakes.append(f"{name} is not set")
        except (ValueError, OSError) as error:
            mistakes.append(f"{name}: {error}")
    if mistakes:
        raise SettingsError("; ".join(mistakes))
    return cls(**values)


def read(name: str, environ: Mapping[str, str]) -> str | None:
    """The text of `name`, or else of the file that `name_FILE` names; None when neither says anything."""
    path = environ.get(f"{name}_FILE")
    text = environ.get(name) or (Path(path).read_text().strip() if path else "")
    return text or None


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """What every service needs; a service adds its own fields."""

    database_url: str = setting("{SERVICE}_DATABASE_URL")
    database_pool: int = setting("{SERVICE}_DATABASE_POOL", default=10, parse=int)
    amqp_url: str = setting("AMQP_URL")
    identity_public_key: str = setting("IDENTITY_PUBLIC_KEY")
    peer_public_key: str | None = setting("PEER_PUBLIC_KEY", default=None)
    """Of notify, which asks the others by itself."""
    seal_keys: tuple[str, ...] = setting("SEAL_KEYS", parse=seal.keys)
    public_url: str = setting("PUBLIC_URL", default="http://127.0.0.1:8080")
    clock_movable: bool = setting("CLOCK_MOVABLE", default=False, parse=flag)
    prefetch: int = setting("{SERVICE}_PREFETCH", default=8, parse=int)
